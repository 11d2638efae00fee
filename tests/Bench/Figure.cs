using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Research.Bench;

/// <summary>A measured number and its goal.</summary>
/// <param name="Name">What was measured, dotted: "step.base.time_ratio".</param>
/// <param name="Value">The number.</param>
/// <param name="Unit">Its unit; "x" for a ratio.</param>
/// <param name="Relation">"&lt;=" or "&gt;=".</param>
/// <param name="Goal">The largest or smallest value allowed.</param>
/// <param name="Detail">How it was measured: the numbers behind it and the setting.</param>
sealed record Figure(
    string Name,
    double Value,
    string Unit,
    string Relation,
    double Goal,
    IReadOnlyDictionary<string, object> Detail
)
{
    static readonly JsonSerializerOptions json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A number that must not exceed its goal.</summary>
    public static Figure AtMost(
        string name,
        double value,
        string unit,
        double goal,
        Dictionary<string, object> detail
    ) => new(name, value, unit, "<=", goal, detail);

    /// <summary>A number that must reach its goal.</summary>
    public static Figure AtLeast(
        string name,
        double value,
        string unit,
        double goal,
        Dictionary<string, object> detail
    ) => new(name, value, unit, ">=", goal, detail);

    /// <summary>Whether the goal is met; a number that is not finite never meets it.</summary>
    public bool Holds => double.IsFinite(Value) && (Relation == "<=" ? Value <= Goal : Value >= Goal);

    /// <summary>"step.base.time_ratio = 0.94 x (goal: &lt;= 1) holds".</summary>
    public override string ToString() =>
        $"{Name} = {Text(Value)} {Unit} (goal: {Relation} {Text(Goal)}) {(Holds ? "holds" : "falls short")}";

    /// <summary>Prints the figures and, with --json, writes them with the machine's description.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(IReadOnlyList<Figure> figures, Options options)
    {
        foreach (var figure in figures)
            Console.WriteLine(figure);
        if (options.Json is null)
            return;
        var machine = Machine.Describe();
        var rows = figures.Select(f => new Dictionary<string, object>
        {
            ["figure"] = f.Name,
            ["value"] = f.Value,
            ["unit"] = f.Unit,
            ["goal"] = $"{f.Relation} {Text(f.Goal)}",
            ["holds"] = f.Holds,
            ["detail"] = new Dictionary<string, object>(f.Detail) { ["machine"] = machine },
        });
        if (Path.GetDirectoryName(Path.GetFullPath(options.Json)) is { } folder)
            Directory.CreateDirectory(folder);
        File.WriteAllText(options.Json, JsonSerializer.Serialize(rows, json) + "\n");
    }

    static string Text(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
