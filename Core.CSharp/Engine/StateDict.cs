using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>A module's weights by name; nothing is left out or overwritten silently.</summary>
public static class StateDict
{
    /// <summary>
    /// The parameters and persistent buffers by full name. The tensors are the module's own, not copies: training changes them, and
    /// callers do not dispose them.
    /// </summary>
    /// <exception cref="InvalidOperationException">A parameter or buffer has been disposed; the message names it.</exception>
    public static Dictionary<string, Tensor> Weights(this nn.Module module)
    {
        var weights = module.state_dict();
        var lost = (module as OwningModule)?.Keys.Where(k => !weights.ContainsKey(k) || weights[k].IsInvalid).ToList();
        return lost is null or []
            ? weights
            : throw new InvalidOperationException(
                $"{module.GetName()}: the module has lost {Listed(lost)}: disposed since they were registered, with a dispose scope "
                    + "or by hand."
            );
    }

    /// <summary>
    /// Copies values into the parameters and persistent buffers, converting type and device. Nothing is changed unless everything fits.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="source">Values by full name.</param>
    /// <param name="strict">True (the default) rejects missing and unexpected names; false returns them.</param>
    /// <returns>The names that the source lacks, and those that this module does not have.</returns>
    /// <exception cref="ArgumentException">
    /// A shape differs, or <paramref name="strict"/> is true and names are missing or unexpected; the message lists them all.
    /// </exception>
    public static (IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected) LoadWeights(
        this nn.Module module,
        IReadOnlyDictionary<string, Tensor> source,
        bool strict = true
    )
    {
        ArgumentNullException.ThrowIfNull(source);
        var own = module.Weights();
        var missing = own.Keys.Where(k => !source.ContainsKey(k)).ToList();
        var unexpected = source.Keys.Where(k => !own.ContainsKey(k)).ToList();
        var problems = new List<string>();
        if (strict && missing.Count > 0)
            problems.Add($"missing: {Listed(missing)}");
        if (strict && unexpected.Count > 0)
            problems.Add($"unexpected: {Listed(unexpected)}");
        var mismatched = own.Where(p => source.TryGetValue(p.Key, out var s) && !s.shape.SequenceEqual(p.Value.shape))
            .Select(p => $"{p.Key} is {Shape(source[p.Key])} but the module needs {Shape(p.Value)}")
            .ToList();
        if (mismatched.Count > 0)
            problems.Add($"wrong shape: {Listed(mismatched)}");
        if (problems.Count > 0)
            throw new ArgumentException(
                $"{module.GetName()}: the state dict does not fit. {string.Join(". ", problems)}. "
                    + "Was it saved from a model of another configuration?"
            );
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (var (name, tensor) in own)
            if (source.TryGetValue(name, out var value))
                tensor.copy_(value);
        return (missing, unexpected);
    }

    static string Listed(List<string> items) =>
        string.Join(", ", items.Take(20)) + (items.Count > 20 ? $" and {items.Count - 20} more" : "");

    static string Shape(Tensor t) => $"[{string.Join(", ", t.shape)}]";
}
