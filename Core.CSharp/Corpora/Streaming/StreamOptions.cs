using System.Globalization;

namespace Research.Corpora.Streaming;

/// <summary>How a corpus is streamed. Only the two shuffle sizes change what is delivered.</summary>
public sealed record StreamOptions
{
    /// <summary>The environment variable for the number of threads that prepare pictures in this process.</summary>
    public const string WorkersVariable = "RESEARCH_LOADER_WORKERS";

    const string PrefetchVariable = "RESEARCH_LOADER_PREFETCH";
    const long PrefetchMemory = 512L << 20;
    const int MostPrefetched = 4;

    /// <summary>Threads that read and decode; null for <c>$RESEARCH_LOADER_WORKERS</c>, else one per core.</summary>
    public int? Workers { get; init; }

    /// <summary>
    /// Batches prepared ahead; null for <c>$RESEARCH_LOADER_PREFETCH</c>, else 4, or as many (at least 1) as 512 MiB hold.
    /// </summary>
    public int? Prefetch { get; init; }

    /// <summary>Neighbouring pairs that stay together up to the buffer: 256.</summary>
    public int BlockSize { get; init; } = Samplers.BlockShuffle.DefaultBlockSize;

    /// <summary>Blocks whose pairs are mixed: 64.</summary>
    public int BufferBlocks { get; init; } = Samplers.BlockShuffle.DefaultBufferBlocks;

    /// <summary>
    /// The share of unreadable pairs above which the stream stops: 0.01. Until then each is replaced by another pair.
    /// </summary>
    public double LargestSkippedShare { get; init; } = ImageTable.LargestSkippedShare;

    /// <summary>This process's rank among those that share a batch: 0.</summary>
    public int Rank { get; init; }

    /// <summary>The number of processes that share a batch: 1.</summary>
    public int WorldSize { get; init; } = 1;

    internal int WorkersHere => Workers ?? FromEnvironment(WorkersVariable) ?? Environment.ProcessorCount;

    internal int PrefetchFor(long batchBytes) =>
        Prefetch
        ?? FromEnvironment(PrefetchVariable)
        ?? (int)Math.Clamp(PrefetchMemory / Math.Max(1, batchBytes), 1, MostPrefetched);

    static int? FromEnvironment(string variable)
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new ArgumentException($"{variable} is '{text}'; a positive number is expected.");
    }

    internal void Require()
    {
        if (Workers < 1)
            throw new ArgumentOutOfRangeException(nameof(Workers), Workers, "At least one thread must decode.");
        if (Prefetch < 0)
            throw new ArgumentOutOfRangeException(nameof(Prefetch), Prefetch, "Batches ahead cannot be negative.");
        if (!(LargestSkippedShare >= 0 && LargestSkippedShare <= 1))
            throw new ArgumentOutOfRangeException(nameof(LargestSkippedShare), LargestSkippedShare, "Use [0, 1].");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(WorldSize);
        if (Rank < 0 || Rank >= WorldSize)
            throw new ArgumentOutOfRangeException(nameof(Rank), Rank, $"Rank {Rank} is not in [0, {WorldSize}).");
    }
}
