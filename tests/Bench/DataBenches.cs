namespace Research.Bench;

/// <summary>The parts of `bench data` and `bench fuzz`.</summary>
static class DataBenches
{
    static readonly (string Name, Func<Options, IReadOnlyList<Figure>> Run)[] Parts =
    [
        ("tokenizer", TokenizerBench.Run),
        ("photo", PhotoBench.Run),
        ("loader", DataBench.Run),
        ("stream", StreamBench.Run),
        ("svg", SvgBench.Run),
    ];

    static readonly (string Name, Func<Options, IReadOnlyList<Figure>> Run)[] FuzzParts =
    [
        ("pictures", FuzzBench.RunDecoders),
        ("svg", SvgFuzz.Run),
    ];

    /// <summary>All parts of `bench data`, or only --part.</summary>
    /// <exception cref="ArgumentException">There is no such part.</exception>
    public static IReadOnlyList<Figure> Run(Options options) => Run("data", Parts, options);

    /// <summary>All parts of `bench fuzz`, or only --part.</summary>
    /// <exception cref="ArgumentException">There is no such part.</exception>
    public static IReadOnlyList<Figure> Fuzz(Options options) => Run("fuzz", FuzzParts, options);

    static IReadOnlyList<Figure> Run(
        string bench,
        (string Name, Func<Options, IReadOnlyList<Figure>> Run)[] parts,
        Options options
    )
    {
        var chosen = parts.Where(p => options.Part is null || p.Name == options.Part).ToArray();
        if (chosen.Length == 0)
            throw new ArgumentException(
                $"bench {bench} has no part '{options.Part}'; the parts are {string.Join(", ", parts.Select(p => p.Name))}"
            );
        return [.. chosen.SelectMany(p => p.Run(options))];
    }
}
