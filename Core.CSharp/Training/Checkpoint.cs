using System.Text.Json;
using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>All that a run needs to go on as if it had not stopped. Random draws need no state: each derives from the run's seed and the step.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Settings">What changes the numbers, by name: a run may only go on with the settings it began with.</param>
/// <param name="RecentLosses">The losses that the running mean is taken over.</param>
/// <param name="Tensors">
/// Weights and buffers ("model."), optimizer state ("optimizer."), the objective's own parameters ("objective.") and the EMA teacher's
/// weights ("teacher."), by full name.
/// </param>
sealed record Checkpoint(
    long Step,
    IReadOnlyDictionary<string, string> Settings,
    IReadOnlyList<double> RecentLosses,
    IReadOnlyDictionary<string, Tensor> Tensors
)
{
    const int Format = 1;
    const string HeadFile = "state.json";
    const string TensorFile = "state.safetensors";

    /// <summary>The names of a checkpoint's files.</summary>
    public static IReadOnlyList<string> Files { get; } = [HeadFile, TensorFile];

    /// <summary>The tensors of one part, without its prefix.</summary>
    public Dictionary<string, Tensor> Part(string prefix) =>
        Tensors
            .Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(t => t.Key[prefix.Length..], t => t.Value);

    /// <summary>Writes the two files of a checkpoint into an existing folder.</summary>
    public void Write(string folder)
    {
        Safetensors.Save(Path.Combine(folder, TensorFile), Tensors);
        var head = new Head(Format, Step, Settings, RecentLosses);
        File.WriteAllText(Path.Combine(folder, HeadFile), JsonSerializer.Serialize(head, Json));
    }

    /// <summary>Reads what <see cref="Write"/> wrote. The tensors belong to the current dispose scope.</summary>
    /// <exception cref="InvalidDataException">A file is not what it should be.</exception>
    public static Checkpoint Read(string folder)
    {
        var path = Path.Combine(folder, HeadFile);
        Head? head;
        try
        {
            head = JsonSerializer.Deserialize<Head>(File.ReadAllText(path), Json);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
        if (head is null || head.Format != Format || head.Settings is null || head.RecentLosses is null)
            throw new InvalidDataException($"{path}: format {head?.Format}, but this version reads format {Format}");
        return new(head.Step, head.Settings, head.RecentLosses, Safetensors.Load(Path.Combine(folder, TensorFile)));
    }

    sealed record Head(
        int Format,
        long Step,
        IReadOnlyDictionary<string, string> Settings,
        IReadOnlyList<double> RecentLosses
    );

    static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };
}
