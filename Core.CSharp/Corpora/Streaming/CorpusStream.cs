using System.Diagnostics;
using Research.Corpora.Import;
using Research.Imaging;
using Research.Randomness;
using Research.Samplers;

namespace Research.Corpora.Streaming;

/// <summary>A step's pairs, decoded.</summary>
/// <param name="Step">The step.</param>
/// <param name="Entries">The pairs, one per row.</param>
/// <param name="Captions">The caption of each row: its own, or a wrong one.</param>
/// <param name="Pixels">Rows x 3 x S x S bytes: planes of red, green, blue. Valid until two further steps have been taken.</param>
public sealed record StreamedStep(
    long Step,
    IReadOnlyList<CorpusEntry> Entries,
    IReadOnlyList<GivenCaption> Captions,
    byte[] Pixels
);

/// <summary>
/// Pairs of a corpus of any size in a shuffled order, decoded ahead by a pool of threads. A step's contents are a function of (seed, step)
/// alone, so a reopened stream continues mid-epoch. Memory holds the batches ahead and the manifest's rows of one buffer, whatever the
/// corpus's size. An unreadable pair is counted, named and replaced by another, drawn by (seed, step, row).
/// </summary>
public sealed class CorpusStream : IDisposable
{
    const int Attempts = 16;
    const int JudgedFrom = 1000; // rows; with fewer, a share says little

    readonly Corpus corpus;
    readonly BlockCache blocks;
    readonly BlockShuffle shuffle;
    readonly ImagePipeline pipeline;
    readonly StreamOptions options;
    readonly StepQueue queue;
    readonly ulong seed;
    readonly long[] faults = new long[Enum.GetValues<CaptionFault>().Length];
    long tried;

    /// <summary>Opens a stream.</summary>
    /// <param name="corpus">The corpus; it must stay open.</param>
    /// <param name="split">One side; null for all.</param>
    /// <param name="sources">Some sources; null for all.</param>
    /// <param name="where">A SQL condition; null for none.</param>
    /// <param name="batchSize">Rows per step, over all processes.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="pipeline">How a picture is prepared.</param>
    /// <param name="options">How it is streamed.</param>
    /// <param name="corruption">Which captions are wrong, fixed for the run; moved captions stay within their block. Default: none.</param>
    /// <param name="part">A part of the pairs that pass the filter; null for all.</param>
    /// <exception cref="ArgumentException">The filter leaves fewer pairs than a batch, or an option is invalid.</exception>
    /// <exception cref="InvalidDataException">The manifest is missing or damaged.</exception>
    public CorpusStream(
        Corpus corpus,
        Split? split,
        IReadOnlyCollection<string>? sources,
        string? where,
        int batchSize,
        ulong seed,
        ImagePipeline pipeline,
        StreamOptions? options = null,
        CaptionCorruption? corruption = null,
        CorpusPart? part = null
    )
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        options ??= new StreamOptions();
        options.Require();
        if (batchSize % options.WorldSize != 0)
            throw new ArgumentException(
                $"A batch of {batchSize} does not divide evenly over {options.WorldSize} processes.",
                nameof(batchSize)
            );
        corpus.RequireSources(sources);
        (this.corpus, this.options, this.seed) = (corpus, options, seed);
        blocks = new(corpus, split, sources, where, part, options, seed, corruption ?? new(), Times);
        if (blocks.Count < batchSize)
        {
            blocks.Dispose();
            throw new ArgumentException(
                $"A batch of {batchSize} is larger than the {blocks.Count} pairs of corpus '{corpus.Name}' that pass the filter.",
                nameof(batchSize)
            );
        }
        shuffle = new(blocks.Count, seed, options.BlockSize, options.BufferBlocks);
        this.pipeline = pipeline with { Seed = seed, Times = Times.Pictures };
        (BatchSize, Rows) = (batchSize, batchSize / options.WorldSize);
        queue = new(Rows, (long)Rows * pipeline.Length, options, Load);
    }

    /// <summary>The number of pairs that pass the filter.</summary>
    public long Count => blocks.Count;

    /// <summary>Rows per step, over all processes.</summary>
    public int BatchSize { get; }

    /// <summary>Rows per step of this process: every <see cref="StreamOptions.WorldSize"/>-th from its rank on.</summary>
    public int Rows { get; }

    /// <summary>Whole batches in an epoch; pairs that do not fill one are left out.</summary>
    public long StepsPerEpoch => Count / BatchSize;

    /// <summary>The time of each stage.</summary>
    public StreamTimes Times { get; } = new();

    /// <summary>The unreadable pairs.</summary>
    public SkipLog Skipped { get; } = new();

    /// <summary>One line with the number of wrong captions read so far, by kind.</summary>
    public string Captions
    {
        get
        {
            var counts = Array.ConvertAll(faults, _ => 0L);
            for (var i = 0; i < counts.Length; i++)
                counts[i] = Interlocked.Read(ref faults[i]);
            return $"captions of {counts.Sum()} pairs read: {CorruptedCaptions.Describe(fault => counts[(int)fault])}";
        }
    }

    /// <summary>The pairs of a step before anything is read, without replacements.</summary>
    public IReadOnlyList<CorpusEntry> Planned(long step) =>
        [.. Enumerable.Range(0, Rows).Select(row => blocks.Entry(PlaceOf(step, row)))];

    BlockRow PlaceOf(long step, int row)
    {
        var position = step % StepsPerEpoch * BatchSize + (long)row * options.WorldSize + options.Rank;
        return shuffle.At(step / StepsPerEpoch, position);
    }

    /// <summary>A step's pairs. Take steps in order: the next ones are prepared meanwhile, any other has to be waited for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    /// <exception cref="InvalidDataException">More pairs than allowed cannot be read; the message names some, with the reason.</exception>
    public StreamedStep Get(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        var since = Stopwatch.GetTimestamp();
        var job = queue.Get(step);
        Times.AddWaiting(since);
        return new(step, job.Entries, job.Captions, job.Pixels);
    }

    void Load(StepJob job, int row)
    {
        var epoch = job.Step / StepsPerEpoch;
        var place = PlaceOf(job.Step, row);
        var target = job.Pixels.AsSpan(row * pipeline.Length, pipeline.Length);
        SeededRandom? random = null;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var entry = blocks.Entry(place);
            try
            {
                var since = Stopwatch.GetTimestamp();
                var file = corpus.ReadImage(entry);
                Times.AddReading(since);
                pipeline.Load(file, entry.Id, epoch, target);
                (job.Entries[row], job.Captions[row]) = (entry, blocks.CaptionOf(place));
                Interlocked.Increment(ref faults[(int)job.Captions[row].Fault]);
                Interlocked.Increment(ref tried);
                return;
            }
            catch (Exception error) when (error is InvalidDataException or IOException)
            {
                Skip(entry, error);
            }
            random ??= new SeededRandom(Seed.Derive(Seed.Derive(seed, "replacement", job.Step), "row", row));
            var block = random.NextInt(shuffle.Blocks);
            place = new BlockRow(block, random.NextInt(shuffle.RowsOf(block)));
        }
        throw new InvalidDataException(
            $"Corpus '{corpus.Name}' in {corpus.Folder}: {Attempts} pairs in a row cannot be read: {Skipped}."
        );
    }

    void Skip(CorpusEntry entry, Exception error)
    {
        Skipped.Add(entry.Key, PairFaults.Of(error), error.Message);
        var all = Interlocked.Increment(ref tried);
        if (all >= JudgedFrom && Skipped.Total > options.LargestSkippedShare * all)
            throw new InvalidDataException(
                $"Corpus '{corpus.Name}' in {corpus.Folder} is damaged: of {all} pairs {Skipped}. More than {options.LargestSkippedShare:P0} cannot be read."
            );
    }

    /// <summary>Ends the workers and closes the manifest.</summary>
    public void Dispose()
    {
        queue.Dispose();
        blocks.Dispose();
        Skipped.Dispose();
    }
}
