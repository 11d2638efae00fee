namespace Research.Schedules;

/// <summary>The same value throughout; see <see cref="Schedule.Constant"/>.</summary>
public sealed record ConstantSchedule : Schedule
{
    internal ConstantSchedule(double value) => Level = Finite(value, nameof(value));

    /// <summary>The value.</summary>
    public double Level { get; }

    private protected override double Value(double progress) => Level;
}

/// <summary>A straight line; see <see cref="Schedule.Linear"/>.</summary>
public sealed record LinearSchedule : Schedule
{
    internal LinearSchedule(double from, double to) => (From, To) = (Finite(from), Finite(to));

    /// <summary>The value at progress 0.</summary>
    public double From { get; }

    /// <summary>The value at progress 1.</summary>
    public double To { get; }

    private protected override double Value(double progress) => Between(From, To, progress);

    internal static double Between(double from, double to, double part) => from * (1 - part) + to * part; // exact at both ends
}

/// <summary>Half a cosine; see <see cref="Schedule.Cosine"/>.</summary>
public sealed record CosineSchedule : Schedule
{
    internal CosineSchedule(double from, double to) => (From, To) = (Finite(from), Finite(to));

    /// <summary>The value at progress 0.</summary>
    public double From { get; }

    /// <summary>The value at progress 1.</summary>
    public double To { get; }

    private protected override double Value(double progress) =>
        LinearSchedule.Between(From, To, (1 - Math.Cos(Math.PI * progress)) / 2);
}

/// <summary>A function of the caller's; see <see cref="Schedule.Function"/>.</summary>
public sealed record FunctionSchedule : Schedule
{
    readonly Func<double, double> function;

    internal FunctionSchedule(Func<double, double> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        this.function = function;
    }

    private protected override double Value(double progress)
    {
        var value = function(progress);
        return double.IsFinite(value)
            ? value
            : throw new InvalidOperationException($"The schedule's function returned {value} at progress {progress}.");
    }
}
