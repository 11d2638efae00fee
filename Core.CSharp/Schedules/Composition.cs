using System.Text.Json.Nodes;

namespace Research.Schedules;

/// <summary>A linear rise before another schedule; see <see cref="Schedule.Warmup"/>.</summary>
public sealed record WarmupSchedule : Schedule
{
    internal WarmupSchedule(double fraction, Schedule after)
    {
        ArgumentNullException.ThrowIfNull(after);
        (Fraction, After) = (fraction, after);
        RequireFinite(fraction);
        if (!(fraction >= 0 && fraction < 1))
            throw new ArgumentException(
                $"warm_up takes the fraction {Number(fraction)} of training; allowed is [0, 1)"
            );
    }

    /// <summary>The fraction of progress that the rise takes.</summary>
    public double Fraction { get; }

    /// <summary>What follows the rise.</summary>
    public Schedule After { get; }

    private protected override double Value(double progress) =>
        progress < Fraction
            ? After.Inner(0) * progress / Fraction
            : After.Inner((progress - Fraction) / (1 - Fraction));

    /// <inheritdoc/>
    public override string Label => $"warm-up {Number(Fraction)}, {After.Label}";

    /// <inheritdoc/>
    public override (double Least, double Most) Range
    {
        get
        {
            var (least, most) = After.Range;
            return Fraction == 0 ? (least, most) : (Math.Min(0, least), Math.Max(0, most));
        }
    }

    /// <inheritdoc/>
    public override Schedule Times(double factor) => Warmup(Fraction, After.Times(factor));

    /// <inheritdoc/>
    public override JsonObject ToJson() => Json("warm_up", ("fraction", Fraction), ("after", After.ToJson()));
}

/// <summary>Schedules one after the other; see <see cref="Schedule.Sequence"/>.</summary>
public sealed record SequenceSchedule : Schedule
{
    internal SequenceSchedule((double Until, Schedule Schedule)[] parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Length == 0)
            throw new ArgumentException("sequence needs at least one (until, schedule)");
        foreach (var (_, schedule) in parts)
            ArgumentNullException.ThrowIfNull(schedule, nameof(parts));
        Parts = new(parts);
        RequireFinite([.. parts.Select(p => p.Until)]);
        var before = 0.0;
        foreach (var (until, _) in parts)
        {
            if (!(until > before && until <= 1))
                throw new ArgumentException(
                    $"sequence goes from progress {Number(before)} to {Number(until)}, but the ends of its parts rise within (0, 1]"
                );
            before = until;
        }
        if (before != 1)
            throw new ArgumentException($"sequence ends at progress {Number(before)}, but its last part ends at 1");
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

    /// <inheritdoc/>
    public override string Label =>
        string.Join(
            ", then ",
            Parts.Select(p => p.Until == 1 ? Part(p.Schedule) : $"{Part(p.Schedule)} until {Number(p.Until)}")
        );

    /// <inheritdoc/>
    public override (double Least, double Most) Range =>
        (Parts.Min(p => p.Schedule.Range.Least), Parts.Max(p => p.Schedule.Range.Most));

    /// <inheritdoc/>
    public override Schedule Times(double factor) =>
        Sequence([.. Parts.Select(p => (p.Until, p.Schedule.Times(factor)))]);

    /// <inheritdoc/>
    public override JsonObject ToJson() =>
        Json(
            "sequence",
            (
                "parts",
                new JsonArray([
                    .. Parts.Select(p => new JsonObject { ["until"] = p.Until, ["schedule"] = p.Schedule.ToJson() }),
                ])
            )
        );
}

/// <summary>A product; see <see cref="Schedule.Product"/>.</summary>
public sealed record ProductSchedule : Schedule
{
    internal ProductSchedule(Schedule first, Schedule second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        (First, Second) = (first, second);
    }

    /// <summary>The first factor.</summary>
    public Schedule First { get; }

    /// <summary>The second factor.</summary>
    public Schedule Second { get; }

    private protected override double Value(double progress) => First.Inner(progress) * Second.Inner(progress);

    /// <inheritdoc/>
    public override string Label => $"{Part(First)} times {Part(Second)}";

    /// <summary>The smallest and the largest of the values at 1,001 points of progress.</summary>
    public override (double Least, double Most) Range
    {
        get
        {
            double[] values = [.. Enumerable.Range(0, 1001).Select(i => Value(i / 1000.0))];
            return (values.Min(), values.Max());
        }
    }

    /// <inheritdoc/>
    public override Schedule Times(double factor) => Product(First.Times(factor), Second);

    /// <inheritdoc/>
    public override JsonObject ToJson() => Json("product", ("factors", new JsonArray(First.ToJson(), Second.ToJson())));
}
