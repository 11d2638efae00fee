using System.Globalization;
using System.Text.Json.Nodes;

namespace Research.Schedules;

/// <summary>
/// A scalar as a function of training progress in [0, 1]: the soft fraction of progressive self-distillation, a factor on the
/// learning rate, a hard-negative weight. Schedules are immutable values: two of the same kind and numbers are equal, have the same label
/// and the same JSON. Constructors refuse invalid schedules with a one-line <see cref="ArgumentException"/> that names the
/// keyword and the value.
/// </summary>
public abstract record Schedule
{
    private protected Schedule() { }

    /// <summary>The value at <paramref name="progress"/>.</summary>
    /// <param name="progress">The fraction of training done: 0 at the first step, 1 at the last.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="progress"/> is NaN or outside [0, 1].</exception>
    public double At(double progress)
    {
        if (!(progress >= 0 && progress <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(progress),
                progress,
                "Progress is the fraction of training done, in [0, 1]."
            );
        return Value(progress);
    }

    private protected abstract double Value(double progress);

    internal double Inner(double progress) => Value(Math.Clamp(progress, 0, 1)); // only against the rounding of rescaled progress

    /// <summary>The schedule as an axis shows it, such as "cosine 0 -> 0.8"; different schedules have different labels.</summary>
    public abstract string Label { get; }

    /// <summary>The smallest and the largest value over training.</summary>
    public abstract (double Least, double Most) Range { get; }

    /// <summary>The schedule with every value times a finite factor.</summary>
    public abstract Schedule Times(double factor);

    /// <summary>
    /// Its form in configurations: an object whose "kind" is the keyword and whose other fields are that kind's numbers;
    /// <see cref="FromJson"/> reads it back to an equal schedule.
    /// </summary>
    public abstract JsonObject ToJson();

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is not a schedule; the message names the field, its value and what is allowed.</exception>
    public static Schedule FromJson(JsonNode? node) => ScheduleJson.Read(node);

    /// <summary>What is wrong, in one line, when the values must lie in [low, high]; null when nothing is.</summary>
    /// <param name="keyword">What the schedule controls; the line begins with it.</param>
    /// <param name="low">The smallest value allowed.</param>
    /// <param name="high">The largest value allowed.</param>
    public string? Outside(string keyword, double low, double high)
    {
        var (least, most) = Range;
        return least >= low && most <= high
            ? null
            : $"{keyword} ({Label}) reaches {Number(least < low ? least : most)}; allowed are values in [{Number(low)}, {Number(high)}]";
    }

    /// <summary>Refuses a schedule that leaves [low, high], so that a mistake shows before training and not at the step that reaches it.</summary>
    /// <exception cref="ArgumentException">A value lies outside; <see cref="Outside"/> gives the message.</exception>
    public void RequireWithin(string keyword, double low, double high)
    {
        if (Outside(keyword, low, high) is { } wrong)
            throw new ArgumentException(wrong);
    }

    /// <summary>The label.</summary>
    public sealed override string ToString() => Label;

    /// <summary>The same value throughout.</summary>
    /// <exception cref="ArgumentException">The value is not finite.</exception>
    public static Schedule Constant(double value) => new ConstantSchedule(value);

    /// <summary>A straight line from <paramref name="from"/> at progress 0 to <paramref name="to"/> at progress 1.</summary>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public static Schedule Linear(double from, double to) => new LinearSchedule(from, to);

    /// <summary>Half a cosine: flat at both ends, <paramref name="from"/> at progress 0, <paramref name="to"/> at progress 1.</summary>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public static Schedule Cosine(double from, double to) => new CosineSchedule(from, to);

    /// <summary>
    /// A staircase: from each step's <c>At</c> on, its <c>Value</c>. The first step is at progress 0, the others follow in order.
    /// </summary>
    /// <exception cref="ArgumentException">There is no step, the first is not at 0, steps are out of order, or a value is not finite.</exception>
    public static Schedule Step(params (double At, double Value)[] steps) => new StepSchedule(steps);

    /// <summary>Straight lines through the given knots, which start at progress 0, end at 1 and follow in order.</summary>
    /// <exception cref="ArgumentException">The knots do not start at 0, end at 1 and follow in order, or a value is not finite.</exception>
    public static Schedule Piecewise(params (double At, double Value)[] knots) => new PiecewiseSchedule(knots);

    /// <summary>
    /// The caller's own function, under a name. It is evaluated once, at the 101 points of progress 0, 0.01, ..., 1, and is linear between
    /// them, so that training uses exactly what is compared, written and hashed. Use <see cref="Step"/> for a jump.
    /// </summary>
    /// <param name="name">Its label, on one line.</param>
    /// <param name="function">The value at progress in [0, 1].</param>
    /// <exception cref="ArgumentException">The name is blank or has several lines, or a value is not finite.</exception>
    public static Schedule Of(string name, Func<double, double> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new FunctionSchedule(
            name,
            [.. Enumerable.Range(0, FunctionSchedule.Points).Select(i => function(FunctionSchedule.Progress(i)))]
        );
    }

    /// <summary>
    /// Rises linearly from 0 to the start of <paramref name="after"/> during the first <paramref name="fraction"/> of progress, then
    /// runs <paramref name="after"/>, from its start to its end, over the rest.
    /// </summary>
    /// <param name="fraction">Length of the rise, in [0, 1); 0 leaves <paramref name="after"/> as it is.</param>
    /// <param name="after">What follows the rise.</param>
    /// <exception cref="ArgumentException"><paramref name="fraction"/> is outside [0, 1).</exception>
    public static Schedule Warmup(double fraction, Schedule after) => new WarmupSchedule(fraction, after);

    /// <summary>
    /// Schedules in sequence, each run from its own start to its own end until its <c>Until</c>; the last <c>Until</c> is 1.
    /// </summary>
    /// <exception cref="ArgumentException">There is no part, the last one does not end at 1, or the ends do not rise.</exception>
    public static Schedule Sequence(params (double Until, Schedule Schedule)[] parts) => new SequenceSchedule(parts);

    /// <summary>The product of two schedules, such as a soft fraction and a warm-up from 0 to 1.</summary>
    public static Schedule Product(Schedule first, Schedule second) => new ProductSchedule(first, second);

    internal static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Refuses values that are not finite; the label must be complete by then.</summary>
    private protected void RequireFinite(params ReadOnlySpan<double> values)
    {
        foreach (var value in values)
            if (!double.IsFinite(value))
                throw new ArgumentException($"{Label} holds a value that is not finite");
    }

    /// <summary>The label inside another's: in brackets when it has parts itself.</summary>
    private protected static string Part(Schedule schedule) =>
        schedule is WarmupSchedule or SequenceSchedule or ProductSchedule ? $"({schedule.Label})" : schedule.Label;

    private protected static JsonObject Json(string kind, params ReadOnlySpan<(string Name, JsonNode Value)> fields)
    {
        var json = new JsonObject { ["kind"] = kind };
        foreach (var (name, value) in fields)
            json.Add(name, value);
        return json;
    }
}
