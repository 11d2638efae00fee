using Research.Randomness;

namespace Research.Corpora;

/// <summary>
/// Controlled caption noise: some pairs get each other's captions. The result gives the origin of each pair's caption, so that the
/// clean pairing stays known and a method's treatment of the wrong pairs can be measured.
/// </summary>
public static class CaptionShuffle
{
    /// <summary>
    /// For each pair, the index of the pair whose caption it gets. Exactly round(<paramref name="fraction"/> x
    /// <paramref name="count"/>) pairs, halves away from zero, get the caption of another of them; the rest keep their own.
    /// </summary>
    /// <param name="count">The number of pairs.</param>
    /// <param name="fraction">The share to shuffle, in [0, 1].</param>
    /// <param name="seed">The seed; the result is a pure function of the three arguments.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside [0, 1] or the count negative.</exception>
    /// <exception cref="ArgumentException">The fraction makes exactly one pair, which has no other to take a caption from.</exception>
    public static int[] Of(int count, double fraction, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (!(fraction >= 0 && fraction <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(fraction),
                fraction,
                $"A caption noise of {fraction} is outside [0, 1]."
            );
        var shuffled = (int)Math.Round(fraction * count, MidpointRounding.AwayFromZero);
        if (shuffled == 1)
            throw new ArgumentException(
                $"A caption noise of {fraction} over {count} pairs is one pair, which has no other to take a caption from.",
                nameof(fraction)
            );
        var random = new SeededRandom(Seed.Derive(seed, "caption noise"));
        var chosen = random.Permutation(count).AsSpan(0, shuffled);
        var from = new int[count];
        for (var i = 0; i < count; i++)
            from[i] = i;
        for (var i = 0; i < shuffled; i++) // one cycle through the chosen: nobody keeps their own
            from[chosen[i]] = chosen[(i + 1) % shuffled];
        return from;
    }

    /// <summary>
    /// The same, but no shuffled pair gets the caption of a pair with the same text (or concept, or whatever
    /// <paramref name="labels"/> holds): where many pairs share a caption, every shuffled caption is then wrong.
    /// </summary>
    /// <exception cref="ArgumentException">One label is on more than half of the shuffled pairs, so that no such shuffle exists.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside [0, 1].</exception>
    public static int[] Of(IReadOnlyList<string> labels, double fraction, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var from = Of(labels.Count, fraction, seed);
        var chosen = Enumerable.Range(0, from.Length).Where(i => from[i] != i).ToArray();
        if (chosen.Length == 0)
            return from;
        var (label, most) = chosen.CountBy(i => labels[i]).MaxBy(c => c.Value);
        if (2 * most > chosen.Length)
            throw new ArgumentException(
                $"{most} of {chosen.Length} shuffled pairs are '{label}': they cannot all take another label.",
                nameof(labels)
            );
        var random = new SeededRandom(Seed.Derive(seed, "caption noise, repair"));
        foreach (var i in chosen)
            if (labels[from[i]] == labels[i])
                Repair(i, chosen, from, labels, random.NextInt(chosen.Length));
        return from;
    }

    // Exchanges with the first pair, from a random place on, that makes both right. One exists, because at most half of the pairs
    // have the label and at most half have a caption of it.
    static void Repair(int i, int[] chosen, int[] from, IReadOnlyList<string> labels, int start)
    {
        for (var k = 0; k < chosen.Length; k++)
        {
            var j = chosen[(start + k) % chosen.Length];
            if (labels[from[j]] != labels[i] && labels[from[i]] != labels[j])
            {
                (from[i], from[j]) = (from[j], from[i]);
                return;
            }
        }
        throw new ArgumentException(
            $"Found no pair to exchange the caption of pair {i} ('{labels[i]}') with.",
            nameof(labels)
        );
    }
}
