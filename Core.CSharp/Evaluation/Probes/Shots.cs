using Research.Randomness;

namespace Research.Evaluation.Probes;

/// <summary>
/// Few-shot draws: k rows of every class, at random. For one seed the rows of a smaller k are among those of a larger, so that a curve over k adds
/// shots and does not exchange them.
/// </summary>
public static class Shots
{
    /// <summary>The rows of a draw, class by class.</summary>
    /// <param name="labels">The class of every row.</param>
    /// <param name="k">Rows of a class, at least 1; a class with fewer gives all it has. <see cref="int.MaxValue"/> takes every row.</param>
    /// <param name="seed">The draw's seed.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="k"/> is below 1.</exception>
    public static int[] Draw(IReadOnlyList<int> labels, int k, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        return
        [
            .. Enumerable
                .Range(0, labels.Count)
                .GroupBy(row => labels[row])
                .OrderBy(rows => rows.Key)
                .SelectMany(rows => Few([.. rows], k, Seed.Derive(seed, $"shots of class {rows.Key}"))),
        ];
    }

    static IEnumerable<int> Few(int[] rows, int k, ulong seed)
    {
        new SeededRandom(seed).Shuffle(rows);
        return rows.Take(k);
    }
}
