using Research.Randomness;

namespace Research.Samplers;

/// <summary>
/// Batches of row indices: each epoch is its own permutation, and rows at its end that do not fill a batch are dropped. A batch is
/// a pure function of (seed, step), so a resumed run continues with exactly the rows that the uninterrupted one would have taken.
/// </summary>
public sealed class SeededSampler
{
    readonly ulong seed;
    readonly Lock sync = new();
    long cachedEpoch = -1;
    int[] cached = [];

    /// <summary>A sampler over <paramref name="count"/> rows.</summary>
    /// <param name="count">The number of rows.</param>
    /// <param name="batchSize">Rows per step, over all ranks.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not positive, or the batch is larger than the corpus.</exception>
    public SeededSampler(int count, int batchSize, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        if (batchSize > count)
            throw new ArgumentOutOfRangeException(
                nameof(batchSize),
                batchSize,
                $"A batch of {batchSize} is larger than the corpus of {count} pairs: use a smaller batch or a larger corpus."
            );
        (Count, BatchSize, this.seed) = (count, batchSize, seed);
    }

    /// <summary>The number of rows.</summary>
    public int Count { get; }

    /// <summary>Rows per step.</summary>
    public int BatchSize { get; }

    /// <summary>Whole batches in an epoch.</summary>
    public int StepsPerEpoch => Count / BatchSize;

    /// <summary>The epoch of a step.</summary>
    public long EpochOf(long step) => step / StepsPerEpoch;

    /// <summary>The rows of a step, distinct. Safe to call from several threads, in any order of steps.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    public int[] Batch(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        var order = Epoch(EpochOf(step));
        return order.AsSpan((int)(step % StepsPerEpoch) * BatchSize, BatchSize).ToArray();
    }

    /// <summary>The rows of a step for one of several processes: rank r of w takes every w-th, so together they have the whole batch.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rank is not in [0, <paramref name="worldSize"/>), or the batch does not
    /// divide evenly.</exception>
    public int[] Batch(long step, int rank, int worldSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(worldSize);
        if (rank < 0 || rank >= worldSize)
            throw new ArgumentOutOfRangeException(nameof(rank), rank, $"Rank {rank} is not in [0, {worldSize}).");
        if (BatchSize % worldSize != 0)
            throw new ArgumentOutOfRangeException(
                nameof(worldSize),
                worldSize,
                $"A batch of {BatchSize} does not divide evenly over {worldSize} processes."
            );
        var batch = Batch(step);
        var own = new int[BatchSize / worldSize];
        for (var i = 0; i < own.Length; i++)
            own[i] = batch[i * worldSize + rank];
        return own;
    }

    int[] Epoch(long epoch)
    {
        lock (sync)
        {
            if (epoch != cachedEpoch)
            {
                cached = new SeededRandom(Seed.Derive(seed, "sampler", epoch)).Permutation(Count);
                cachedEpoch = epoch;
            }
            return cached;
        }
    }
}
