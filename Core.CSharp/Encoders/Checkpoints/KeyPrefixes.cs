namespace Research.Encoders;

/// <summary>What programs put before every name of a model's weights.</summary>
static class KeyPrefixes
{
    /// <summary>A run's checkpoint: beside the model it has the optimizer's state.</summary>
    const string Run = "model.";

    /// <summary>DistributedDataParallel's and torch.compile's.</summary>
    static readonly string[] wrappers = ["module.", "_orig_mod."];

    /// <summary>The weights' names in the file by their names without prefix.</summary>
    public static Dictionary<string, string> Without(IEnumerable<string> names)
    {
        var result = names.ToDictionary(n => n, n => n, StringComparer.Ordinal);
        if (result.Keys.Any(n => n.StartsWith(Run, StringComparison.Ordinal)))
            result = Cut(result, Run);
        for (var again = true; again; )
        {
            again = false;
            foreach (var prefix in wrappers)
                if (
                    result.Count > 0
                    && result.Keys.All(n => n.Length > prefix.Length && n.StartsWith(prefix, StringComparison.Ordinal))
                )
                    (result, again) = (Cut(result, prefix), true);
        }
        return result;
    }

    static Dictionary<string, string> Cut(Dictionary<string, string> names, string prefix) =>
        names
            .Where(n => n.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(n => n.Key[prefix.Length..], n => n.Value, StringComparer.Ordinal);
}
