using Research.Corpora;
using Research.Encoders;
using Research.Text;
using Research.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Evaluation;

/// <summary>A corpus's pictures, embedded.</summary>
/// <param name="Embeddings">N x d float32 on the model's device; the caller's.</param>
/// <param name="Entries">The pair of each row.</param>
/// <param name="Report">What was left out.</param>
public sealed record EncodedPictures(Tensor Embeddings, IReadOnlyList<CorpusEntry> Entries, LoadReport Report);

/// <summary>
/// Embeds whole sets, batch by batch, in inference and evaluation mode: no dropout, batch norm with its running statistics. The model's
/// mode is restored. Results are on the model's device and belong to the current dispose scope.
/// </summary>
public static class Encode
{
    /// <summary>The embeddings, N x d float32, of all pictures of a table, or of the given rows in their order.</summary>
    /// <param name="model">The model; the table's pictures have its image size.</param>
    /// <param name="table">The pictures.</param>
    /// <param name="rows">Rows of the table; null (default) for all.</param>
    /// <param name="batchSize">Pictures encoded at once: 256 by default. The embeddings do not depend on it but by rounding.</param>
    /// <exception cref="ArgumentException">There is nothing to embed, or the pictures have another size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is below 1, or a row is not in the table.</exception>
    public static Tensor Images(
        DualEncoder model,
        ImageTable table,
        IReadOnlyList<int>? rows = null,
        int batchSize = 256
    )
    {
        ArgumentNullException.ThrowIfNull(table);
        rows ??= [.. Enumerable.Range(0, table.Count)];
        return InBatches(
            model,
            rows.Count,
            batchSize,
            (start, count) =>
                model.encode_image(
                    ImageBatches.Normalise(
                        Transfer.ToDevice(
                            ImageBatches.Bytes(table.Pixels, table.Size, [.. rows.Skip(start).Take(count)]),
                            DeviceOf(model)
                        )
                    )
                )
        );
    }

    /// <summary>
    /// The embeddings of a corpus's pictures, read and decoded while the ones before are embedded: no more than two batches of pictures are
    /// held, whatever the number. The same as those of an <see cref="ImageTable"/> of these pairs, to the bit where all can be read.
    /// </summary>
    /// <param name="model">The model; it says the pictures' size.</param>
    /// <param name="corpus">The corpus.</param>
    /// <param name="entries">Some of its pairs.</param>
    /// <param name="batchSize">Pictures encoded at once: 256 by default. The embeddings do not depend on it but by rounding.</param>
    /// <param name="progress">Told the number of pictures done, batch by batch.</param>
    /// <returns>N x d float32, a row for each pair that could be read, and these pairs.</returns>
    /// <exception cref="ArgumentException">There is nothing to embed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is below 1.</exception>
    /// <exception cref="InvalidDataException">More than 1 % of the pictures cannot be read; the message names some and why.</exception>
    public static EncodedPictures Images(
        DualEncoder model,
        Corpus corpus,
        IReadOnlyList<CorpusEntry> entries,
        int batchSize = 256,
        IProgress<int>? progress = null
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        var (kept, skipped) = (new List<CorpusEntry>(entries.Count), new List<SkippedImage>());
        var side = model.Config.Vision.ImageSize;
        Task<DecodedPictures> Decode(int start) =>
            Task.Run(() =>
                DecodedPictures.Of(
                    corpus,
                    [.. Enumerable.Range(start, Math.Min(batchSize, entries.Count - start)).Select(i => entries[i])],
                    side
                )
            );
        var ahead = entries.Count > 0 ? Decode(0) : null;
        try
        {
            var embeddings = InBatches(
                model,
                entries.Count,
                batchSize,
                (start, count) =>
                {
                    var pictures = ahead!.GetAwaiter().GetResult();
                    ahead = start + count < entries.Count ? Decode(start + count) : null;
                    kept.AddRange(pictures.Entries);
                    skipped.AddRange(pictures.Skipped);
                    DecodedPictures.Require(corpus, new(entries.Count, kept.Count, skipped));
                    progress?.Report(start + count);
                    return pictures.Entries.Count > 0 ? Embed(model, pictures.Pixels, side) : null;
                }
            );
            return new(embeddings, kept, new(entries.Count, kept.Count, skipped));
        }
        finally
        {
            // Nothing reads from the corpus any more when this is left.
            ahead?.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        }
    }

    static Tensor Embed(DualEncoder model, byte[] pixels, int side) =>
        model.encode_image(
            ImageBatches.Normalise(
                Transfer.ToDevice(
                    torch.tensor(pixels, new long[] { pixels.Length / (3 * side * side), 3, side, side }),
                    DeviceOf(model)
                )
            )
        );

    /// <summary>The embeddings, N x d float32, of texts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">The tokenizer that the model was trained with.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="contextLength">The context length that the model was trained with.</param>
    /// <param name="batchSize">Texts encoded at once: 512 by default.</param>
    /// <exception cref="ArgumentException">There is nothing to embed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is below 1, or the context length below 3.</exception>
    public static Tensor Texts(
        DualEncoder model,
        ITokenizer tokenizer,
        IReadOnlyList<string> texts,
        int contextLength,
        int batchSize = 512
    )
    {
        ArgumentNullException.ThrowIfNull(texts);
        return InBatches(
            model,
            texts.Count,
            batchSize,
            (start, count) =>
            {
                var tokens = Tokenization.Pack(tokenizer, [.. texts.Skip(start).Take(count)], contextLength);
                return model.encode_text(
                    Transfer.ToDevice(torch.tensor(tokens, new long[] { count, contextLength }), DeviceOf(model))
                );
            }
        );
    }

    static Device DeviceOf(DualEncoder model) => model.logit_scale.device;

    static Tensor InBatches(DualEncoder model, int total, int batchSize, Func<int, int, Tensor?> encode)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        if (total == 0)
            throw new ArgumentException("There is nothing to embed.");
        var training = model.training;
        model.eval();
        try
        {
            using var inference = inference_mode();
            using var scope = NewDisposeScope();
            var parts = new List<Tensor>();
            for (var start = 0; start < total; start += batchSize)
            {
                using var batch = NewDisposeScope();
                if (encode(start, Math.Min(batchSize, total - start)) is { } part)
                    parts.Add(part.MoveToOuterDisposeScope());
            }
            return torch.cat(parts.ToArray(), 0).MoveToOuterDisposeScope();
        }
        finally
        {
            model.train(training);
        }
    }
}
