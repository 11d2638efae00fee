using System.Diagnostics;
using Research.Randomness;
using Research.Samplers;

namespace Research.Corpora.Streaming;

/// <summary>
/// The manifest's rows by block: those of the buffer in use and a few more are held, the rest found again by id. A block that comes in is
/// announced to the system, which reads it ahead in one run.
/// </summary>
sealed class BlockCache : IDisposable
{
    readonly Corpus corpus;
    readonly ManifestQuery query;
    readonly long[] firsts;
    readonly int most;
    readonly ulong seed;
    readonly double noise;
    readonly StreamTimes times;
    readonly Dictionary<int, LinkedListNode<(int Block, List<CorpusEntry> Rows, int[]? CaptionOf)>> held = [];
    readonly LinkedList<(int Block, List<CorpusEntry> Rows, int[]? CaptionOf)> recent = [];
    readonly Lock sync = new();

    public BlockCache(
        Corpus corpus,
        Split? split,
        IReadOnlyCollection<string>? sources,
        string? where,
        StreamOptions options,
        ulong seed,
        double noise,
        StreamTimes times
    )
    {
        if (!(noise >= 0 && noise <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(noise),
                noise,
                $"A caption noise of {noise} is outside [0, 1]."
            );
        (this.corpus, this.seed, this.noise, this.times) = (corpus, seed, noise, times);
        most = 2 * options.BufferBlocks + 16; // a batch may lie on the edge of two buffers
        query = new(corpus.ManifestPath, split, sources, where);
        (Count, firsts) = query.Blocks(options.BlockSize);
    }

    /// <summary>The number of rows.</summary>
    public long Count { get; }

    public CorpusEntry Entry(BlockRow place) => Block(place.Block).Rows[place.Row];

    /// <summary>The pair whose caption a row gets.</summary>
    public CorpusEntry CaptionOf(BlockRow place)
    {
        var (_, rows, captionOf) = Block(place.Block);
        return rows[captionOf?[place.Row] ?? place.Row];
    }

    (int Block, List<CorpusEntry> Rows, int[]? CaptionOf) Block(int block)
    {
        lock (sync)
        {
            if (held.TryGetValue(block, out var node))
            {
                recent.Remove(node);
                recent.AddFirst(node);
                return node.Value;
            }
            var since = Stopwatch.GetTimestamp();
            var rows = query.Range(firsts[block], block + 1 < firsts.Length ? firsts[block + 1] : long.MaxValue);
            times.AddManifest(since);
            if (held.Count == most)
            {
                held.Remove(recent.Last!.Value.Block);
                recent.RemoveLast();
            }
            held.Add(block, recent.AddFirst((block, rows, Shuffled(block, rows.Count))));
            corpus.Shards.ReadAhead(rows);
            return held[block].Value;
        }
    }

    // Which captions are wrong is the same in every epoch, as in a data set with wrong captions.
    int[]? Shuffled(int block, int count)
    {
        var shuffled = (int)Math.Round(noise * count, MidpointRounding.AwayFromZero);
        return shuffled < 2 ? null : CaptionNoise.Shuffle(count, noise, Seed.Derive(seed, "block's captions", block));
    }

    public void Dispose() => query.Dispose();
}
