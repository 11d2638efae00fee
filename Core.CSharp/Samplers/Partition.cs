using Research.Randomness;

namespace Research.Samplers;

/// <summary>
/// The aligned/unaligned partition of a batch [P, PSD: the share a of each batch that is trained on soft targets]. It draws from
/// a random stream of its own, so that arms with different soft fractions still see the same batches.
/// </summary>
public static class Partition
{
    /// <summary>
    /// True where a row is unaligned (soft targets): exactly round(<paramref name="softFraction"/> x <paramref name="batchSize"/>)
    /// of the rows, halves rounded away from zero. Pure in its arguments.
    /// </summary>
    /// <param name="batchSize">Rows in the batch.</param>
    /// <param name="softFraction">The unaligned share a, in [0, 1].</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The training step.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside [0, 1] or the batch is not positive.</exception>
    public static bool[] Sample(int batchSize, double softFraction, ulong seed, long step) =>
        Sample(batchSize, softFraction, seed, step, "partition");

    /// <summary>As above from another stream, e.g. for texts where they are partitioned apart from the images.</summary>
    /// <param name="batchSize">Rows in the batch.</param>
    /// <param name="softFraction">The unaligned share a, in [0, 1].</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The training step.</param>
    /// <param name="stream">The stream's name; different names draw independently.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside [0, 1] or the batch is not positive.</exception>
    public static bool[] Sample(int batchSize, double softFraction, ulong seed, long step, string stream)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        if (!(softFraction >= 0 && softFraction <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(softFraction),
                softFraction,
                $"A soft fraction of {softFraction} at step {step} is outside [0, 1]."
            );
        var unaligned = new bool[batchSize];
        var count = (int)Math.Round(softFraction * batchSize, MidpointRounding.AwayFromZero);
        // The rows that are soft at a smaller fraction stay soft at a larger one: arms differ in no more than the fraction.
        var order = new SeededRandom(Seed.Derive(seed, stream, step)).Permutation(batchSize);
        for (var i = 0; i < count; i++)
            unaligned[order[i]] = true;
        return unaligned;
    }
}
