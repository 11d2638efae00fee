using System.Diagnostics;
using Research.Corpora;
using Research.Corpora.Streaming;
using Research.Imaging;
using Research.Randomness;
using Research.Text;
using TorchSharp;

namespace Research.Training;

/// <summary>
/// Training batches of a corpus of any size: pictures are read and decoded ahead while the model trains, and nothing is held but the batches
/// ahead. Batches are a pure function of (seed, step), so that a resumed run goes on with the very next pair; the order differs from that of
/// <see cref="CorpusTrainingData"/>, and wrong captions are exchanged among neighbouring pairs only.
/// </summary>
public sealed class CorpusStreamData : ISlicedTrainingData, IDisposable
{
    readonly CorpusStream stream;
    readonly ITokenizer tokenizer;
    readonly CorpusTrainingOptions options;
    readonly int size;
    (long Step, long[] Tokens)? packed;
    long tokenizing;

    /// <summary>The batches of the pairs that pass a filter.</summary>
    /// <param name="corpus">The corpus; it must stay open.</param>
    /// <param name="size">Height and width of the images in pixels.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="options">
    /// How batches are drawn. Of an augmentation the crop is drawn from the picture as it is in the corpus; without one the centre is taken.
    /// </param>
    /// <param name="split">One side; null for all.</param>
    /// <param name="sources">Some sources; null for all.</param>
    /// <param name="where">A SQL condition; null for none.</param>
    /// <param name="streaming">Threads, batches ahead, and the shuffle.</param>
    /// <param name="part">A part of the pairs that pass the filter; null for all.</param>
    /// <exception cref="ArgumentException">The filter leaves fewer pairs than a batch, the context is too short, or an option is not valid.</exception>
    /// <exception cref="InvalidDataException">The manifest is missing or damaged.</exception>
    public CorpusStreamData(
        Corpus corpus,
        int size,
        ITokenizer tokenizer,
        CorpusTrainingOptions options,
        Split? split = Split.Train,
        IReadOnlyCollection<string>? sources = null,
        string? where = null,
        StreamOptions? streaming = null,
        CorpusPart? part = null
    )
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ContextLength, 3, nameof(options.ContextLength));
        options.Augmentation?.Require(size);
        (this.tokenizer, this.options, this.size) = (tokenizer, options, size);
        var pipeline = new ImagePipeline
        {
            Crop = options.Augmentation?.Crop is { } crop ? crop : new CentreCrop(size),
            Stages = options.Augmentation?.Stages ?? [],
            Decoding = DecodeOptions.Default with { SvgSize = size },
        };
        stream = new(
            corpus,
            split,
            sources,
            where,
            options.BatchSize,
            options.Seed,
            pipeline,
            streaming,
            options.Corruption,
            part
        );
    }

    /// <summary>Pairs in a batch of this process.</summary>
    public int BatchSize => stream.Rows;

    /// <summary>The number of pairs.</summary>
    public long Count => stream.Count;

    /// <summary>Whole batches in an epoch.</summary>
    public long StepsPerEpoch => stream.StepsPerEpoch;

    /// <summary>What could not be read, and was replaced.</summary>
    public Corpora.Import.SkipLog Skipped => stream.Skipped;

    /// <summary>How many of the captions read so far are wrong, by kind, in a line.</summary>
    public string WrongCaptions => stream.Captions;

    /// <summary>What the stages took, in a line: which is slow, and whether training waited.</summary>
    public string Times =>
        $"{stream.Times}; tokenizing {Stopwatch.GetElapsedTime(0, tokenizing).TotalSeconds.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture)} s";

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
        ImageBatches.Bytes(stream.Get(step).Pixels, size, [.. Enumerable.Range(start, count)]);

    /// <summary>The captions of a step, row by row.</summary>
    public string[] CaptionsOf(long step)
    {
        var random = new SeededRandom(Seed.Derive(options.Seed, "captions", step));
        return [.. stream.Get(step).Captions.Select(caption => caption.Render(options.Captions, random))];
    }

    /// <inheritdoc/>
    public torch.Tensor Tokens(long step, int start, int count)
    {
        var length = options.ContextLength;
        if (packed is not var (at, tokens) || at != step)
        {
            var captions = CaptionsOf(step);
            var since = Stopwatch.GetTimestamp();
            packed = (step, tokens = Tokenization.Pack(tokenizer, captions, length));
            tokenizing += Stopwatch.GetTimestamp() - since;
        }
        return torch.tensor(tokens[(start * length)..((start + count) * length)], new long[] { count, length });
    }

    /// <summary>Ends the reading.</summary>
    public void Dispose() => stream.Dispose();
}
