namespace Research.Corpora;

/// <summary>
/// A part of some pairs: the round(<paramref name="Fraction"/> x N) of N whose keys have the lowest hashes. So a part contains every smaller
/// part of the same seed, whatever the pairs' places in the manifest.
/// </summary>
/// <param name="Fraction">The share of the pairs, in (0, 1].</param>
/// <param name="RunSeed">The run's seed.</param>
public sealed record CorpusPart(double Fraction, ulong RunSeed)
{
    const int Buckets = 1 << 16;

    /// <summary>The part of a list, in its order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside (0, 1].</exception>
    public IReadOnlyList<CorpusEntry> Of(IReadOnlyList<CorpusEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var last = Last(() => entries.Select(e => (e.Id, e.Key)));
        return [.. entries.Where(e => Holds(e.Id, e.Key, last))];
    }

    /// <summary>Whether the part holds a pair.</summary>
    internal bool Holds(long id, string key, (ulong Hash, long Id) last) => (Hash(key), id).CompareTo(last) <= 0;

    /// <summary>
    /// The part's last pair, by hash and then by number. Reads all pairs twice and keeps 2^16 counts and the hashes of one in 2^16 pairs.
    /// </summary>
    internal (ulong Hash, long Id) Last(Func<IEnumerable<(long Id, string Key)>> pairs)
    {
        if (!(Fraction > 0 && Fraction <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(Fraction),
                Fraction,
                $"A part of {Fraction} of the pairs is outside (0, 1]."
            );
        var counts = new long[Buckets];
        foreach (var (_, key) in pairs())
            counts[Bucket(Hash(key))]++;
        var rank = (long)Math.Round(Fraction * counts.Sum(), MidpointRounding.AwayFromZero);
        if (rank == 0)
            return (0, long.MinValue);
        var bucket = 0;
        for (; rank > counts[bucket]; bucket++)
            rank -= counts[bucket];
        return pairs()
            .Select(pair => (Hash(pair.Key), pair.Id))
            .Where(pair => Bucket(pair.Item1) == bucket)
            .Order()
            .ElementAt((int)rank - 1);
    }

    static int Bucket(ulong hash) => (int)(hash >> 48);

    ulong Hash(string key) => Randomness.Seed.Derive(RunSeed, $"training fraction: {key}");
}
