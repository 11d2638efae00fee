using Research.Randomness;

namespace Research.Samplers;

/// <summary>Where a row is: rows are numbered in disk order, in blocks of neighbours.</summary>
/// <param name="Block">The block's number.</param>
/// <param name="Row">The row's place in the block.</param>
public readonly record struct BlockRow(int Block, int Row);

/// <summary>
/// An order for corpora too large to permute in memory that still reads the disk in long runs: each epoch shuffles blocks of
/// neighbouring rows, fills a buffer with a number of blocks at a time, and shuffles the rows in it. A place in the order is a pure function
/// of (seed, epoch, position), so a run resumes mid-epoch at exactly the next pair. Every row comes once per epoch.
/// </summary>
/// <remarks>
/// Memory: 4 bytes per block and per row of the buffer. Webdataset's shard and buffer shuffle mixes as widely but must be read from the
/// start of an epoch to find a place in it. Thread-safe.
/// </remarks>
public sealed class BlockShuffle
{
    /// <summary>Default rows per block: some 10 MB of photos.</summary>
    public const int DefaultBlockSize = 256;

    /// <summary>Default blocks in the buffer: 16,384 rows.</summary>
    public const int DefaultBufferBlocks = 64;

    readonly ulong seed;
    readonly Lock sync = new();
    readonly Dictionary<(long Epoch, int Buffer), int[]> buffers = [];
    long orderEpoch = -1;
    int[] order = [];

    /// <summary>An order over <paramref name="count"/> rows.</summary>
    /// <param name="count">The number of rows.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="blockSize">Rows in a block.</param>
    /// <param name="bufferBlocks">Blocks whose rows are mixed.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not positive, or there are more than 2^31 blocks or buffered rows.</exception>
    public BlockShuffle(
        long count,
        ulong seed,
        int blockSize = DefaultBlockSize,
        int bufferBlocks = DefaultBufferBlocks
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bufferBlocks);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            (count + blockSize - 1) / blockSize,
            int.MaxValue,
            nameof(count)
        );
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            (long)blockSize * bufferBlocks,
            Array.MaxLength,
            nameof(bufferBlocks)
        );
        (Count, BlockSize, BufferBlocks, this.seed) = (count, blockSize, bufferBlocks, seed);
        Blocks = (int)((count + blockSize - 1) / blockSize);
    }

    /// <summary>The number of rows.</summary>
    public long Count { get; }

    /// <summary>Rows in a block; the last block may have fewer.</summary>
    public int BlockSize { get; }

    /// <summary>Blocks whose rows are mixed.</summary>
    public int BufferBlocks { get; }

    /// <summary>The number of blocks.</summary>
    public int Blocks { get; }

    /// <summary>Rows in a block.</summary>
    public int RowsOf(int block) => (int)Math.Min(BlockSize, Count - (long)block * BlockSize);

    /// <summary>The row at a position of an epoch.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The position is not in [0, <see cref="Count"/>), or the epoch negative.</exception>
    public BlockRow At(long epoch, long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Count);
        lock (sync)
        {
            var blocks = Order(epoch);
            var part = Array.IndexOf(blocks, Blocks - 1); // the block that may be short
            var (buffer, row) = Place(position, part / BufferBlocks, (long)BlockSize * BufferBlocks);
            var first = (int)buffer * BufferBlocks;
            var mixed = Buffer(epoch, (int)buffer, blocks)[row];
            var here = part >= first && part < first + BufferBlocks ? part - first : BufferBlocks;
            var (block, inside) = Place(mixed, here, BlockSize);
            return new(blocks[first + block], (int)inside);
        }
    }

    // All parts have one size, except one that may lack some rows: the part and the place in it.
    (long Part, long Inside) Place(long position, long shortPart, long size)
    {
        var missing = BlockSize - RowsOf(Blocks - 1);
        return position < (shortPart + 1) * size - missing
            ? (position / size, position % size)
            : ((position + missing) / size, (position + missing) % size);
    }

    int[] Order(long epoch)
    {
        if (epoch != orderEpoch)
        {
            order = new SeededRandom(Seed.Derive(seed, "blocks", epoch)).Permutation(Blocks);
            orderEpoch = epoch;
        }
        return order;
    }

    int[] Buffer(long epoch, int buffer, int[] blocks)
    {
        if (buffers.TryGetValue((epoch, buffer), out var rows))
            return rows;
        if (buffers.Count >= 3) // a batch may span two
            buffers.Clear();
        var count = 0;
        for (var i = buffer * BufferBlocks; i < Math.Min(Blocks, (buffer + 1) * BufferBlocks); i++)
            count += RowsOf(blocks[i]);
        var random = new SeededRandom(Seed.Derive(Seed.Derive(seed, "buffer", epoch), "rows", buffer));
        return buffers[(epoch, buffer)] = random.Permutation(count);
    }
}
