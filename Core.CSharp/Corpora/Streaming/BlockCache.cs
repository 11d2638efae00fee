using System.Diagnostics;
using Research.Samplers;

namespace Research.Corpora.Streaming;

/// <summary>
/// The manifest's rows by block: those of the present buffer and a few more are held, the rest are looked up again by id. A new block is
/// announced to the system, which reads it ahead in one run.
/// </summary>
sealed class BlockCache : IDisposable
{
    readonly Corpus corpus;
    readonly ManifestQuery query;
    readonly long[] firsts;
    readonly int most;
    readonly ulong seed;
    readonly int blockSize;
    readonly CaptionCorruption corruption;
    readonly StreamTimes times;
    readonly Dictionary<int, LinkedListNode<(int Block, List<CorpusEntry> Rows, CorruptedCaptions? Captions)>> held =
    [];
    readonly LinkedList<(int Block, List<CorpusEntry> Rows, CorruptedCaptions? Captions)> recent = [];
    readonly Lock sync = new();

    public BlockCache(
        Corpus corpus,
        Split? split,
        IReadOnlyCollection<string>? sources,
        string? where,
        CorpusPart? part,
        StreamOptions options,
        ulong seed,
        CaptionCorruption corruption,
        StreamTimes times
    )
    {
        corruption.Require();
        (this.corpus, this.seed, this.corruption, this.times) = (corpus, seed, corruption, times);
        blockSize = options.BlockSize;
        most = 2 * options.BufferBlocks + 16; // a batch may span two buffers
        query = new(corpus.ManifestPath, split, sources, where, part);
        if (corruption.Swapped > 0 && !query.HasGroups())
        {
            query.Dispose();
            throw CaptionCorruption.NoGroups($"None of corpus '{corpus.Name}''s pairs");
        }
        (Count, firsts) = query.Blocks(options.BlockSize);
    }

    /// <summary>The number of rows.</summary>
    public long Count { get; }

    public CorpusEntry Entry(BlockRow place) => Block(place.Block).Rows[place.Row];

    /// <summary>The caption of a row: the same in every epoch, as in a data set with wrong captions.</summary>
    public GivenCaption CaptionOf(BlockRow place)
    {
        var (_, rows, captions) = Block(place.Block);
        return captions?[place.Row] ?? new GivenCaption(rows[place.Row]);
    }

    (int Block, List<CorpusEntry> Rows, CorruptedCaptions? Captions) Block(int block)
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
            held.Add(block, recent.AddFirst((block, rows, CaptionsOf(block, rows))));
            corpus.Shards.ReadAhead(rows);
            return held[block].Value;
        }
    }

    CorruptedCaptions? CaptionsOf(int block, List<CorpusEntry> rows) =>
        corruption.IsNone ? null : corruption.OfBlock(rows, block, (long)block * blockSize, seed);

    public void Dispose() => query.Dispose();
}
