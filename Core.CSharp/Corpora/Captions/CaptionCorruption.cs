using Research.Randomness;

namespace Research.Corpora;

/// <summary>
/// Which share of a study's captions goes wrong, and how. Kinds fall on different pairs, so the shares add up. All shares are 0 by default.
/// </summary>
/// <remarks>
/// The shuffled pairs are those of <see cref="CaptionShuffle"/>, whatever the other shares; the other kinds are drawn from the rest. A
/// larger share of boiler-plate or of dropped captions contains every smaller one of the same seed.
/// </remarks>
public sealed record CaptionCorruption
{
    /// <summary>The share of pairs, in [0, 1], that get each other's captions.</summary>
    public double Shuffled { get; init; }

    /// <summary>The share of pairs, in [0, 1], that get captions of other items of their subgroup (of their group, where they have no subgroup).</summary>
    public double Swapped { get; init; }

    /// <summary>The share of pairs, in [0, 1], whose captions become words that say nothing about the picture.</summary>
    public double Boilerplate { get; init; }

    /// <summary>The share of pairs, in [0, 1], that get empty captions.</summary>
    public double Dropped { get; init; }

    /// <summary>Whether all captions stay as they are.</summary>
    public bool IsNone => Shuffled == 0 && Swapped == 0 && Boilerplate == 0 && Dropped == 0;

    /// <summary>Refuses invalid shares.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A share is outside [0, 1].</exception>
    /// <exception cref="ArgumentException">Together they exceed 1.</exception>
    public void Require()
    {
        Span<(string Name, double Share)> shares =
        [
            (nameof(Shuffled), Shuffled),
            (nameof(Swapped), Swapped),
            (nameof(Boilerplate), Boilerplate),
            (nameof(Dropped), Dropped),
        ];
        foreach (var (name, share) in shares)
            if (!(share >= 0 && share <= 1))
                throw new ArgumentOutOfRangeException(
                    name,
                    share,
                    $"A share of {share} {name.ToLowerInvariant()} captions is outside [0, 1]."
                );
        var all = Shuffled + Swapped + Boilerplate + Dropped;
        if (all > 1 + 1e-9)
            throw new ArgumentException($"The shares of wrong captions add up to {all}, more than 1.");
    }

    /// <summary>Corrupts the captions of some pairs; the pairs themselves do not change, so the clean pairing is known.</summary>
    /// <param name="entries">The pairs.</param>
    /// <param name="seed">The seed; the result is a pure function of the arguments.</param>
    /// <exception cref="ArgumentException">
    /// The shares are invalid; one item is on more than half of the shuffled pairs; or captions are to be swapped and no pair has a group.
    /// </exception>
    public CorruptedCaptions Of(IReadOnlyList<CorpusEntry> entries, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(entries);
        Require();
        if (Swapped > 0 && entries.Count > 0 && !entries.Any(e => CaptionSwap.GroupOf(e) is not null))
            throw NoGroups($"None of {entries.Count} pairs");
        var from = CaptionShuffle.Of([.. entries.Select(e => e.Item)], Shuffled, seed);
        return Of(entries, from, share => Rounded(share * entries.Count), seed);
    }

    /// <summary>
    /// The same among neighbours only, for one block of a corpus that is never wholly in memory. Except for the shuffled kind, each block's
    /// numbers make the shares exact over all blocks.
    /// </summary>
    /// <param name="entries">The block's pairs.</param>
    /// <param name="block">The block's number.</param>
    /// <param name="first">The number of pairs in the blocks before it.</param>
    /// <param name="seed">The run's seed.</param>
    internal CorruptedCaptions OfBlock(IReadOnlyList<CorpusEntry> entries, int block, long first, ulong seed)
    {
        var own = Seed.Derive(seed, "block's captions", block);
        var from =
            Rounded(Shuffled * entries.Count) < 2
                ? [.. Enumerable.Range(0, entries.Count)]
                : CaptionShuffle.Of(entries.Count, Shuffled, own);
        return Of(entries, from, share => Rounded(share * (first + entries.Count)) - Rounded(share * first), own);
    }

    internal static ArgumentException NoGroups(string pairs) =>
        new(
            $"{pairs} has a group or a subgroup, within which captions could be swapped. Shuffle them instead: shuffled_captions takes them from any pair."
        );

    static long Rounded(double number) => (long)Math.Round(number, MidpointRounding.AwayFromZero);

    CorruptedCaptions Of(IReadOnlyList<CorpusEntry> entries, int[] from, Func<double, long> count, ulong seed)
    {
        var (faults, words) = (new CaptionFault[entries.Count], new string?[entries.Count]);
        for (var i = 0; i < from.Length; i++)
            if (from[i] != i)
                faults[i] = CaptionFault.Shuffled;
        int[] Left() =>
            [
                .. new SeededRandom(Seed.Derive(seed, "caption corruption"))
                    .Permutation(entries.Count)
                    .Where(i => faults[i] == CaptionFault.None),
            ];
        int Few(double share, int most) => (int)Math.Min(count(share), most);

        var left = Left();
        var toSwap = Few(Swapped, left.Length);
        var swapped = CaptionSwap.Within(entries, left, toSwap);
        foreach (var (pair, other) in swapped)
            (faults[pair], from[pair]) = (CaptionFault.Swapped, other);

        // From both ends, so that neither kind moves when the other's share changes.
        left = Left();
        var plates = Few(Boilerplate, left.Length);
        foreach (var i in left[..plates])
        {
            var random = new SeededRandom(Seed.Derive(seed, "boiler-plate", i));
            (faults[i], words[i]) = (CaptionFault.Boilerplate, Corpora.Boilerplate.Draw(random));
        }
        foreach (var i in left[^Few(Dropped, left.Length - plates)..])
            (faults[i], words[i]) = (CaptionFault.Dropped, "");
        return new(entries, faults, from, words, toSwap - swapped.Count);
    }
}
