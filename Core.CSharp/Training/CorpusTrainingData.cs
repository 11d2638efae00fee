using Research.Corpora;
using Research.Corpora.Streaming;
using Research.Randomness;
using Research.Samplers;
using Research.Text;
using TorchSharp;

namespace Research.Training;

/// <summary>How batches are drawn from a corpus.</summary>
public sealed record CorpusTrainingOptions
{
    /// <summary>Pairs in a batch.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>The run's seed: order of the pairs, captions and noise derive from it.</summary>
    public ulong Seed { get; init; }

    /// <summary>How a caption is made, afresh for every pair and step. Default: the label and up to three of its tags.</summary>
    public CaptionStyle Captions { get; init; } = CaptionStyle.LabelAndRandomTags(3);

    /// <summary>Tokens of a caption, start and end included; longer ones are cut.</summary>
    public int ContextLength { get; init; } = 16;

    /// <summary>Random changes of the pictures, drawn afresh in every epoch; null (default) trains on them as they are.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>
    /// Threads that change pictures in memory; null for <c>$RESEARCH_LOADER_WORKERS</c>, else one a core that the process may use. No byte
    /// depends on it.
    /// </summary>
    public int? Workers { get; init; }

    /// <summary>Which captions are wrong, and how, once for the whole run. Default: none.</summary>
    public CaptionCorruption Corruption { get; init; } = new();
}

/// <summary>
/// Training batches of a corpus whose pictures are in memory: a seeded order, an epoch at a time; captions rendered afresh at every step,
/// so that a pair is seen with other tags each time; wrong captions on demand, with the clean pairing kept.
/// </summary>
public sealed class CorpusTrainingData : ISlicedTrainingData
{
    readonly byte[] pixels;
    readonly int size;
    readonly IReadOnlyList<CorpusEntry> entries;
    readonly ITokenizer tokenizer;
    readonly CorpusTrainingOptions options;
    readonly SeededSampler sampler;
    readonly AugmentedPictures? augmented;
    (long Step, long[] Tokens)? packed;

    /// <summary>The batches of a table of pictures.</summary>
    /// <exception cref="ArgumentException">
    /// The batch is larger than the corpus, the shares of wrong captions are none or cannot be had, the context is too short, the augmentation's
    /// crop has not the pictures' size, or there are no threads to make it.
    /// </exception>
    public CorpusTrainingData(ImageTable table, ITokenizer tokenizer, CorpusTrainingOptions options)
        : this(table.Pixels, table.Size, table.Entries, tokenizer, options) { }

    internal CorpusTrainingData(
        byte[] pixels,
        int size,
        IReadOnlyList<CorpusEntry> entries,
        ITokenizer tokenizer,
        CorpusTrainingOptions options
    )
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ContextLength, 3, nameof(options.ContextLength));
        options.Augmentation?.Require(size);
        (this.pixels, this.size, this.entries) = (pixels, size, entries);
        (this.tokenizer, this.options) = (tokenizer, options);
        sampler = new(entries.Count, options.BatchSize, options.Seed);
        Captions = options.Corruption.Of(entries, options.Seed);
        if (options.Augmentation is not { } augmentation)
            return;
        var streaming = new StreamOptions { Workers = options.Workers };
        streaming.Require();
        augmented = new(
            pixels,
            size,
            augmentation,
            options.Seed,
            step => (sampler.Batch(step), sampler.EpochOf(step)),
            streaming.WorkersHere
        );
    }

    /// <inheritdoc/>
    public int BatchSize => options.BatchSize;

    /// <summary>Whole batches in an epoch.</summary>
    public int StepsPerEpoch => sampler.StepsPerEpoch;

    /// <summary>The pairs, in the order of the table.</summary>
    public IReadOnlyList<CorpusEntry> Entries => entries;

    /// <summary>The captions that the pairs are trained with, and the right ones.</summary>
    public CorruptedCaptions Captions { get; }

    /// <summary>For each pair, the pair whose caption it is trained with: itself, unless captions were moved.</summary>
    public IReadOnlyList<int> CaptionOf => Captions.From;

    /// <summary>What the augmentation took so far, in a line; null without one.</summary>
    public string? AugmentationTimes => augmented?.ToString();

    /// <summary>How long whoever takes the batches waited for augmented pictures.</summary>
    public TimeSpan AugmentationWait => augmented?.Waiting ?? TimeSpan.Zero;

    /// <summary>The pairs of a step, by their place in <see cref="Entries"/>.</summary>
    public int[] Rows(long step) => sampler.Batch(step);

    /// <summary>The captions of a step, row by row.</summary>
    public string[] CaptionsOf(long step)
    {
        var random = new SeededRandom(Seed.Derive(options.Seed, "captions", step));
        return Array.ConvertAll(Rows(step), row => Captions.Render(row, options.Captions, random));
    }

    /// <inheritdoc/>
    public TrainingBatch Batch(long step) => new(Images(step, 0, BatchSize), Tokens(step, 0, BatchSize));

    /// <inheritdoc/>
    public torch.Tensor Images(long step, int start, int count)
    {
        using var scope = torch.NewDisposeScope();
        return ImageBatches.Normalise(Pixels(step, start, count)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public torch.Tensor Pixels(long step, int start, int count) =>
        augmented is null
            ? ImageBatches.Bytes(pixels, size, new ArraySegment<int>(Rows(step), start, count))
            : torch.tensor(augmented.Get(step, start, count), new long[] { count, 3, size, size });

    /// <inheritdoc/>
    public torch.Tensor Tokens(long step, int start, int count)
    {
        // The captions of a step are one stream of draws, and cheap beside its pictures: made whole, kept for the step's other parts.
        if (packed is not var (at, tokens) || at != step)
            packed = (step, tokens = Tokenization.Pack(tokenizer, CaptionsOf(step), options.ContextLength));
        var length = options.ContextLength;
        return torch.tensor(tokens[(start * length)..((start + count) * length)], new long[] { count, length });
    }
}
