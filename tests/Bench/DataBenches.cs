namespace Research.Bench;

/// <summary>The parts of `bench data`.</summary>
static class DataBenches
{
    static readonly (string Name, Func<Options, IReadOnlyList<Figure>> Run)[] Parts =
    [
        ("tokenizer", TokenizerBench.Run),
        ("photo", PhotoBench.Run),
        ("loader", DataBench.Run),
        ("stream", StreamBench.Run),
    ];

    /// <summary>All parts, or the one that --part names.</summary>
    /// <exception cref="ArgumentException">There is no such part.</exception>
    public static IReadOnlyList<Figure> Run(Options options)
    {
        var chosen = Parts.Where(p => options.Part is null || p.Name == options.Part).ToArray();
        if (chosen.Length == 0)
            throw new ArgumentException(
                $"bench data has no part '{options.Part}'; the parts are {string.Join(", ", Parts.Select(p => p.Name))}"
            );
        return [.. chosen.SelectMany(p => p.Run(options))];
    }
}
