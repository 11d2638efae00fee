using System.Text.Json.Nodes;

namespace Research.Schedules;

/// <summary>A staircase; see <see cref="Schedule.Step"/>.</summary>
public sealed record StepSchedule : Schedule
{
    internal StepSchedule((double At, double Value)[] steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        Steps = new(steps);
        RequireFinite([.. steps.SelectMany(s => new[] { s.At, s.Value })]);
        Knots.Check("step", steps);
    }

    /// <summary>Where each step begins and its value, in order.</summary>
    public ValueList<(double At, double Value)> Steps { get; }

    private protected override double Value(double progress)
    {
        var value = Steps[0].Value;
        foreach (var step in Steps)
            if (step.At <= progress)
                value = step.Value;
        return value;
    }

    /// <inheritdoc/>
    public override string Label => $"step {Knots.Label(Steps)}";

    /// <inheritdoc/>
    public override (double Least, double Most) Range => Knots.Range(Steps);

    /// <inheritdoc/>
    public override Schedule Times(double factor) => Step(Knots.Times(Steps, factor));

    /// <inheritdoc/>
    public override JsonObject ToJson() => Json("step", ("points", Knots.Json(Steps)));
}

/// <summary>Straight lines between knots; see <see cref="Schedule.Piecewise"/>.</summary>
public sealed record PiecewiseSchedule : Schedule
{
    internal PiecewiseSchedule((double At, double Value)[] points)
    {
        ArgumentNullException.ThrowIfNull(points);
        Points = new(points);
        RequireFinite([.. points.SelectMany(p => new[] { p.At, p.Value })]);
        Knots.Check("piecewise", points);
        if (points.Length < 2 || points[^1].At != 1)
            throw new ArgumentException(
                $"piecewise ends at progress {Number(points[^1].At)}, but its last of two or more points lies at 1"
            );
    }

    /// <summary>The knots, in order of progress.</summary>
    public ValueList<(double At, double Value)> Points { get; }

    private protected override double Value(double progress)
    {
        var i = 1;
        while (Points[i].At < progress)
            i++;
        var (left, right) = (Points[i - 1], Points[i]);
        return LinearSchedule.Between(left.Value, right.Value, (progress - left.At) / (right.At - left.At));
    }

    /// <inheritdoc/>
    public override string Label => $"piecewise {Knots.Label(Points)}";

    /// <inheritdoc/>
    public override (double Least, double Most) Range => Knots.Range(Points);

    /// <inheritdoc/>
    public override Schedule Times(double factor) => Piecewise(Knots.Times(Points, factor));

    /// <inheritdoc/>
    public override JsonObject ToJson() => Json("piecewise", ("points", Knots.Json(Points)));
}

/// <summary>What staircases and piecewise lines share.</summary>
static class Knots
{
    public static void Check(string keyword, (double At, double Value)[] points)
    {
        if (points.Length == 0)
            throw new ArgumentException($"{keyword} needs at least one (progress, value)");
        if (points[0].At != 0)
            throw new ArgumentException(
                $"{keyword} starts at progress {Schedule.Number(points[0].At)}, but the first point lies at 0"
            );
        foreach (var (left, right) in points.Zip(points.Skip(1)))
            if (!(left.At < right.At && right.At <= 1))
                throw new ArgumentException(
                    $"{keyword} goes from progress {Schedule.Number(left.At)} to {Schedule.Number(right.At)}, but positions rise within [0, 1]"
                );
    }

    public static string Label(IEnumerable<(double At, double Value)> points) =>
        string.Join(", ", points.Select(p => $"{Schedule.Number(p.Value)} at {Schedule.Number(p.At)}"));

    public static (double Least, double Most) Range(IEnumerable<(double At, double Value)> points) =>
        (points.Min(p => p.Value), points.Max(p => p.Value));

    public static (double At, double Value)[] Times(IEnumerable<(double At, double Value)> points, double factor) =>
        [.. points.Select(p => (p.At, factor * p.Value))];

    public static JsonArray Json(IEnumerable<(double At, double Value)> points) =>
        new([.. points.Select(p => (JsonNode)new JsonArray(p.At, p.Value))]);
}
