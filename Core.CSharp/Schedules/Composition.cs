namespace Research.Schedules;

/// <summary>A linear rise before another schedule; see <see cref="Schedule.Warmup"/>.</summary>
public sealed record WarmupSchedule : Schedule
{
    internal WarmupSchedule(double fraction, Schedule inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        if (!(fraction >= 0 && fraction < 1))
            throw new ArgumentOutOfRangeException(
                nameof(fraction),
                fraction,
                "The warm-up is a part of training in [0, 1)."
            );
        (Fraction, After) = (fraction, inner);
    }

    /// <summary>The part of progress that the rise takes.</summary>
    public double Fraction { get; }

    /// <summary>What follows the rise.</summary>
    public Schedule After { get; }

    private protected override double Value(double progress) =>
        progress < Fraction
            ? After.Inner(0) * progress / Fraction
            : After.Inner((progress - Fraction) / (1 - Fraction));
}

/// <summary>Schedules one after the other; see <see cref="Schedule.Composed"/>.</summary>
public sealed record ComposedSchedule : Schedule
{
    internal ComposedSchedule((double Until, Schedule Schedule)[] parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Length == 0 || parts[^1].Until != 1)
            throw new ArgumentException("The last part is needed and ends at progress 1.", nameof(parts));
        for (var i = 0; i < parts.Length; i++)
        {
            ArgumentNullException.ThrowIfNull(parts[i].Schedule, nameof(parts));
            if (!(parts[i].Until > (i == 0 ? 0 : parts[i - 1].Until)))
                throw new ArgumentException(
                    $"Part {i + 1} ends at progress {parts[i].Until}: ends rise, each once, within (0, 1].",
                    nameof(parts)
                );
        }
        Parts = new(parts);
    }

    /// <summary>The parts in order, each with the progress at which it ends.</summary>
    public ValueList<(double Until, Schedule Schedule)> Parts { get; }

    private protected override double Value(double progress)
    {
        var start = 0.0;
        foreach (var (until, schedule) in Parts)
        {
            if (progress < until || until == 1)
                return schedule.Inner((progress - start) / (until - start));
            start = until;
        }
        throw new InvalidOperationException("unreachable: the last part ends at 1");
    }
}
