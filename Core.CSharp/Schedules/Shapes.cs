using System.Text.Json.Nodes;

namespace Research.Schedules;

/// <summary>The same value throughout; see <see cref="Schedule.Constant"/>.</summary>
public sealed record ConstantSchedule : Schedule
{
    internal ConstantSchedule(double value)
    {
        Level = value;
        RequireFinite(value);
    }

    /// <summary>The value.</summary>
    public double Level { get; }

    private protected override double Value(double progress) => Level;

    /// <inheritdoc/>
    public override string Label => $"constant {Number(Level)}";

    /// <inheritdoc/>
    public override (double Least, double Most) Range => (Level, Level);

    /// <inheritdoc/>
    public override Schedule Times(double factor) => Constant(factor * Level);

    /// <inheritdoc/>
    public override JsonObject ToJson() => Json("constant", ("value", Level));
}

/// <summary>A straight line; see <see cref="Schedule.Linear"/>.</summary>
public sealed record LinearSchedule : Schedule
{
    internal LinearSchedule(double from, double to)
    {
        (From, To) = (from, to);
        RequireFinite(from, to);
    }

    /// <summary>The value at progress 0.</summary>
    public double From { get; }

    /// <summary>The value at progress 1.</summary>
    public double To { get; }

    private protected override double Value(double progress) => Between(From, To, progress);

    internal static double Between(double from, double to, double part) => from * (1 - part) + to * part; // exact at both ends

    /// <inheritdoc/>
    public override string Label => $"linear {Number(From)} -> {Number(To)}";

    /// <inheritdoc/>
    public override (double Least, double Most) Range => (Math.Min(From, To), Math.Max(From, To));

    /// <inheritdoc/>
    public override Schedule Times(double factor) => Linear(factor * From, factor * To);

    /// <inheritdoc/>
    public override JsonObject ToJson() => Json("linear", ("from", From), ("to", To));
}

/// <summary>Half a cosine; see <see cref="Schedule.Cosine"/>.</summary>
public sealed record CosineSchedule : Schedule
{
    internal CosineSchedule(double from, double to)
    {
        (From, To) = (from, to);
        RequireFinite(from, to);
    }

    /// <summary>The value at progress 0.</summary>
    public double From { get; }

    /// <summary>The value at progress 1.</summary>
    public double To { get; }

    private protected override double Value(double progress) =>
        LinearSchedule.Between(From, To, (1 - Math.Cos(Math.PI * progress)) / 2);

    /// <inheritdoc/>
    public override string Label => $"cosine {Number(From)} -> {Number(To)}";

    /// <inheritdoc/>
    public override (double Least, double Most) Range => (Math.Min(From, To), Math.Max(From, To));

    /// <inheritdoc/>
    public override Schedule Times(double factor) => Cosine(factor * From, factor * To);

    /// <inheritdoc/>
    public override JsonObject ToJson() => Json("cosine", ("from", From), ("to", To));
}

/// <summary>The caller's own function, kept as its values; see <see cref="Schedule.Of"/>.</summary>
public sealed record FunctionSchedule : Schedule
{
    internal const int Points = 101;

    internal FunctionSchedule(string name, double[] values)
    {
        if (string.IsNullOrWhiteSpace(name) || name.AsSpan().IndexOfAny('\n', '\r') >= 0)
            throw new ArgumentException("a schedule that is a function needs a name of one line: it stands on axes");
        Name = name;
        for (var i = 0; i < values.Length; i++)
            if (!double.IsFinite(values[i]))
                throw new ArgumentException(
                    $"{name} is {Number(values[i])} at progress {Number(Progress(i))}, but a schedule's values are finite numbers"
                );
        Values = new(values);
    }

    internal static double Progress(int point) => point / (Points - 1.0);

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>Its values at progress 0, 0.01, ..., 1.</summary>
    public ValueList<double> Values { get; }

    private protected override double Value(double progress)
    {
        var place = progress * (Points - 1);
        var left = Math.Min((int)place, Points - 2);
        return LinearSchedule.Between(Values[left], Values[left + 1], place - left);
    }

    /// <inheritdoc/>
    public override string Label => Name;

    /// <inheritdoc/>
    public override (double Least, double Most) Range => (Values.Min(), Values.Max());

    /// <inheritdoc/>
    public override Schedule Times(double factor) =>
        new FunctionSchedule($"{Number(factor)} {Name}", [.. Values.Select(v => factor * v)]);

    /// <inheritdoc/>
    public override JsonObject ToJson() =>
        Json("function", ("name", Name), ("values", new JsonArray([.. Values.Select(v => (JsonNode)v)])));
}
