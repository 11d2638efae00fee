using System.Runtime.CompilerServices;

namespace Research.Schedules;

/// <summary>
/// A scalar as a function of training progress in [0, 1]: the soft fraction of progressive self-distillation, a factor on the
/// learning rate, a hard-negative weight. Schedules are values: two of the same kind and numbers are equal.
/// </summary>
public abstract record Schedule
{
    private protected Schedule() { }

    /// <summary>The value at <paramref name="progress"/>.</summary>
    /// <param name="progress">The part of training that is done: 0 at the first step, 1 at the last.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="progress"/> is NaN or outside [0, 1].</exception>
    public double At(double progress)
    {
        if (!(progress >= 0 && progress <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(progress),
                progress,
                "Progress is the part of training that is done and lies in [0, 1]."
            );
        return Value(progress);
    }

    private protected abstract double Value(double progress);

    internal double Inner(double progress) => Value(Math.Clamp(progress, 0, 1)); // rounding of a rescaled progress only

    /// <summary>The same value throughout.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not finite.</exception>
    public static Schedule Constant(double value) => new ConstantSchedule(value);

    /// <summary>A straight line from <paramref name="from"/> at progress 0 to <paramref name="to"/> at progress 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is not finite.</exception>
    public static Schedule Linear(double from, double to) => new LinearSchedule(from, to);

    /// <summary>Half a cosine: flat at both ends, <paramref name="from"/> at progress 0, <paramref name="to"/> at progress 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is not finite.</exception>
    public static Schedule Cosine(double from, double to) => new CosineSchedule(from, to);

    /// <summary>
    /// A staircase: from each step's <c>At</c> on, its <c>Value</c>. The first step is at progress 0, the others follow in order.
    /// </summary>
    /// <exception cref="ArgumentException">No step, the first one elsewhere than at 0, steps out of order, or a value that is not finite.</exception>
    public static Schedule Step(params (double At, double Value)[] steps) => new StepSchedule(steps);

    /// <summary>Straight lines through the given knots, which start at progress 0, end at 1 and follow in order.</summary>
    /// <exception cref="ArgumentException">The knots do not start at 0, end at 1 and follow in order, or a value is not finite.</exception>
    public static Schedule Piecewise(params (double At, double Value)[] knots) => new PiecewiseSchedule(knots);

    /// <summary>
    /// Rises linearly from 0 to the start of <paramref name="inner"/> during the first <paramref name="fraction"/> of progress, then
    /// runs <paramref name="inner"/>, from its start to its end, over the rest.
    /// </summary>
    /// <param name="fraction">Length of the rise, in [0, 1); 0 leaves <paramref name="inner"/> as it is.</param>
    /// <param name="inner">What follows the rise.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fraction"/> is outside [0, 1).</exception>
    public static Schedule Warmup(double fraction, Schedule inner) => new WarmupSchedule(fraction, inner);

    /// <summary>
    /// Schedules one after the other, each run from its own start to its own end until its <c>Until</c>; the last one's is 1.
    /// </summary>
    /// <exception cref="ArgumentException">There is no part, the last one does not end at 1, or the ends do not rise.</exception>
    public static Schedule Composed(params (double Until, Schedule Schedule)[] parts) => new ComposedSchedule(parts);

    /// <summary>Any function of progress. It must be finite on [0, 1]; a value that is not raises an error when it is asked for.</summary>
    public static Schedule Function(Func<double, double> function) => new FunctionSchedule(function);

    internal static double Finite(double value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, "A schedule's value must be a finite number.");
}
