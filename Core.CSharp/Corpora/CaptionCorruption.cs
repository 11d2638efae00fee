using Research.Randomness;

namespace Research.Corpora;

/// <summary>What was done to a pair's caption.</summary>
public enum CaptionFault
{
    /// <summary>Nothing: it is the pair's own.</summary>
    None,

    /// <summary>It is some other pair's.</summary>
    Shuffled,

    /// <summary>It is that of another pair of the same group: wrong in the particular, right in the general.</summary>
    Swapped,

    /// <summary>It is words that say nothing of the picture.</summary>
    Boilerplate,

    /// <summary>It is empty.</summary>
    Dropped,
}

/// <summary>
/// Which part of the captions of a study goes wrong, and how. Kinds fall on different pairs, so the shares add up. All shares are 0 by default.
/// </summary>
public sealed record CaptionCorruption
{
    /// <summary>The share of pairs that get each other's captions.</summary>
    public double Shuffled { get; init; }

    /// <summary>The share of pairs that get captions from within their group.</summary>
    public double Swapped { get; init; }

    /// <summary>The share of pairs that get boiler-plate.</summary>
    public double Boilerplate { get; init; }

    /// <summary>The share of pairs that lose their captions.</summary>
    public double Dropped { get; init; }

    /// <summary>Corrupts the captions of some pairs; the pairs themselves stay as they are, so the clean pairing is known.</summary>
    /// <param name="entries">The pairs.</param>
    /// <param name="group">What swapped captions keep, e.g. the subgroup; a pair without another of its group is left as it is.</param>
    /// <param name="seed">The seed; the result is a pure function of the arguments.</param>
    /// <exception cref="ArgumentException">A share is outside [0, 1], or together they exceed 1.</exception>
    public CorruptedCaptions Of(IReadOnlyList<CorpusEntry> entries, Func<CorpusEntry, string> group, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(group);
        foreach (var share in new[] { Shuffled, Swapped, Boilerplate, Dropped })
            if (!(share >= 0 && share <= 1))
                throw new ArgumentException($"A share of {share} wrong captions is outside [0, 1].", nameof(entries));
        var all = Shuffled + Swapped + Boilerplate + Dropped;
        if (all > 1 + 1e-9)
            throw new ArgumentException($"The shares of wrong captions add up to {all}, more than 1.", nameof(entries));
        var order = new SeededRandom(Seed.Derive(seed, "caption corruption")).Permutation(entries.Count);
        var (faults, from, texts) = (
            new CaptionFault[entries.Count],
            Enumerable.Range(0, entries.Count).ToArray(),
            new string?[entries.Count]
        );
        var taken = 0;
        int[] Part(double share)
        {
            var count = Math.Min(
                (int)Math.Round(share * entries.Count, MidpointRounding.AwayFromZero),
                entries.Count - taken
            );
            taken += count;
            return order[(taken - count)..taken];
        }
        Cycle(Part(Shuffled), CaptionFault.Shuffled, faults, from);
        // Within a group a cycle among those whose captions go wrong, so that every caption is still used once.
        foreach (var members in Part(Swapped).GroupBy(i => group(entries[i])))
            Cycle([.. members], CaptionFault.Swapped, faults, from);
        var random = new SeededRandom(Seed.Derive(seed, "boiler-plate"));
        foreach (var i in Part(Boilerplate))
            (faults[i], texts[i]) = (CaptionFault.Boilerplate, Plate(random));
        foreach (var i in Part(Dropped))
            (faults[i], texts[i]) = (CaptionFault.Dropped, "");
        return new(entries, faults, from, texts);
    }

    // Everybody gets the next one's caption. One alone keeps its own.
    static void Cycle(int[] members, CaptionFault fault, CaptionFault[] faults, int[] from)
    {
        for (var i = 0; members.Length > 1 && i < members.Length; i++)
            (faults[members[i]], from[members[i]]) = (fault, members[(i + 1) % members.Length]);
    }

    // The kinds of words that harvested data have in place of captions.
    static string Plate(SeededRandom random) =>
        random.NextInt(8) switch
        {
            0 => $"IMG_{random.NextInt(10_000):D4}.JPG",
            1 => $"image {random.NextInt(1000)} of {1000 + random.NextInt(1000)}",
            2 => "click to enlarge",
            3 => "free download",
            4 => "untitled",
            5 => $"stock picture no. {random.NextInt(1_000_000)}",
            6 => "thumbnail",
            _ => "all rights reserved",
        };
}

/// <summary>Pairs with some captions gone wrong, and the clean pairing beside them.</summary>
public sealed class CorruptedCaptions
{
    readonly IReadOnlyList<CorpusEntry> entries;
    readonly string?[] texts;

    internal CorruptedCaptions(
        IReadOnlyList<CorpusEntry> entries,
        CaptionFault[] faults,
        int[] from,
        string?[] texts
    ) => (this.entries, Faults, From, this.texts) = (entries, faults, from, texts);

    /// <summary>What was done to each pair's caption.</summary>
    public IReadOnlyList<CaptionFault> Faults { get; }

    /// <summary>For each pair the pair whose caption it has; its own where it was replaced by words or by nothing.</summary>
    public IReadOnlyList<int> From { get; }

    /// <summary>The caption that a pair has now.</summary>
    public string Render(int pair, CaptionStyle style, SeededRandom random) =>
        texts[pair] ?? Captions.Render(entries[From[pair]], style, random);

    /// <summary>The caption that is right.</summary>
    public string Clean(int pair, CaptionStyle style, SeededRandom random) =>
        Captions.Render(entries[pair], style, random);
}
