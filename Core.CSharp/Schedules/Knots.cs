namespace Research.Schedules;

/// <summary>A staircase; see <see cref="Schedule.Step"/>.</summary>
public sealed record StepSchedule : Schedule
{
    internal StepSchedule((double At, double Value)[] steps)
    {
        Knots.Check(steps, nameof(steps));
        Steps = new(steps);
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
}

/// <summary>Straight lines between knots; see <see cref="Schedule.Piecewise"/>.</summary>
public sealed record PiecewiseSchedule : Schedule
{
    internal PiecewiseSchedule((double At, double Value)[] knots)
    {
        Research.Schedules.Knots.Check(knots, nameof(knots));
        if (knots.Length < 2 || knots[^1].At != 1)
            throw new ArgumentException(
                $"The last of at least two knots lies at progress 1, but the last of {knots.Length} lies at {knots[^1].At}.",
                nameof(knots)
            );
        Knots = new(knots);
    }

    /// <summary>The knots, in order of progress.</summary>
    public ValueList<(double At, double Value)> Knots { get; }

    private protected override double Value(double progress)
    {
        var i = 1;
        while (Knots[i].At < progress)
            i++;
        var (left, right) = (Knots[i - 1], Knots[i]);
        return LinearSchedule.Between(left.Value, right.Value, (progress - left.At) / (right.At - left.At));
    }
}

static class Knots
{
    public static void Check((double At, double Value)[] knots, string name)
    {
        ArgumentNullException.ThrowIfNull(knots, name);
        if (knots.Length == 0 || knots[0].At != 0)
            throw new ArgumentException("The first one is needed and lies at progress 0.", name);
        for (var i = 0; i < knots.Length; i++)
        {
            Schedule.Finite(knots[i].Value, name);
            var previous = i == 0 ? -1 : knots[i - 1].At;
            if (!(knots[i].At > previous && knots[i].At <= 1))
                throw new ArgumentException(
                    $"Number {i + 1} lies at progress {knots[i].At}: positions rise, each once, within [0, 1].",
                    name
                );
        }
    }
}
