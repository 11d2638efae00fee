namespace Research.Encoders;

/// <summary>Checks that the configurations share; each failure names the record and the field.</summary>
static class Require
{
    public static void Positive(string record, string field, long value)
    {
        if (value <= 0)
            throw new ArgumentException($"{record}.{field} = {value} must be positive.");
    }

    public static void Multiple(string record, string field, int value, string divisor, int by)
    {
        if (value % by != 0)
            throw new ArgumentException($"{record}.{field} = {value} must be a multiple of {record}.{divisor} = {by}.");
    }

    public static void Defined<T>(string record, string field, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw new ArgumentException(
                $"{record}.{field} = {value} is unknown; known are {string.Join(", ", Enum.GetNames<T>())}."
            );
    }

    public static void Epsilon(string record, double value)
    {
        if (!(value > 0 && double.IsFinite(value)))
            throw new ArgumentException($"{record}.LayerNormEpsilon = {value} must be positive and finite.");
    }

    public static void Transformer(string record, int width, int layers, int heads, double mlpRatio, double dropout)
    {
        Positive(record, "Width", width);
        Positive(record, "Layers", layers);
        Positive(record, "Heads", heads);
        Multiple(record, "Width", width, "Heads", heads);
        if (!(mlpRatio > 0 && mlpRatio <= 64) || (int)(width * mlpRatio) < 1)
            throw new ArgumentException(
                $"{record}.MlpRatio = {mlpRatio} must be in (0, 64] and leave at least one unit."
            );
        if (!(dropout >= 0 && dropout < 1))
            throw new ArgumentException($"{record}.Dropout = {dropout} must be in [0, 1).");
    }
}
