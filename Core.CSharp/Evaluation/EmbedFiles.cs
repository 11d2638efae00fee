using System.IO.Enumeration;
using Research.Corpora.Import;
using Research.Encoders;
using Research.Imaging;
using Research.Text;
using Research.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Evaluation;

/// <summary>What was not embedded: a picture or line, and why.</summary>
/// <param name="Name">The file, relative to its folder, or "line 12".</param>
/// <param name="Reason">Why.</param>
public sealed record EmbeddingFault(string Name, string Reason);

/// <summary>
/// Embeds the pictures of a folder or the captions of a file, whatever their number: a batch is held, embedded and written before the next is
/// read. The model runs in inference and evaluation mode, which is restored.
/// </summary>
public static class EmbedFiles
{
    const int LongestLine = 1 << 16; // bytes

    static readonly string[] pictureEndings = [".jpg", ".jpeg", ".png", ".webp", ".svg"];

    /// <summary>The pictures in a folder and those within it, by their endings, in the order of their paths. Links to folders are not followed.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static IReadOnlyList<string> PicturesIn(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder '{folder}'.");
        var found = new FileSystemEnumerable<string>(
            folder,
            (ref FileSystemEntry entry) => entry.ToFullPath(),
            new EnumerationOptions
            {
                RecurseSubdirectories = true,
                AttributesToSkip = 0,
                IgnoreInaccessible = true,
            }
        )
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                !entry.IsDirectory && IsPicture(Path.GetExtension(entry.FileName)),
            ShouldRecursePredicate = (ref FileSystemEntry entry) =>
                (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
        var files = found.ToList();
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    /// <summary>Embeds pictures: the shorter side resized to the model's image size by bicubic interpolation, the centre cut out, normalised.</summary>
    /// <param name="model">The model.</param>
    /// <param name="normalisation">Means and deviations that the model was trained with.</param>
    /// <param name="folder">What the names of the rows are relative to.</param>
    /// <param name="files">The pictures.</param>
    /// <param name="target">Receives the rows, unit vectors, in the order of the files.</param>
    /// <param name="batchSize">Pictures held and embedded at once: 64 by default.</param>
    /// <param name="progress">Told the number of files done, batch by batch.</param>
    /// <returns>The pictures that could not be read.</returns>
    public static IReadOnlyList<EmbeddingFault> Pictures(
        DualEncoder model,
        Normalisation normalisation,
        string folder,
        IReadOnlyList<string> files,
        EmbeddingFile target,
        int batchSize = 64,
        IProgress<long>? progress = null
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(normalisation);
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        var side = model.Config.Vision.ImageSize;
        var decoding = DecodeOptions.Default with { SvgSize = side };
        var pipeline = new ImagePipeline { Crop = new CentreCrop(side), Decoding = decoding };
        var pixels = new float[checked(batchSize * pipeline.Length)];
        var faults = new List<EmbeddingFault>();
        var done = 0L;
        foreach (var batch in files.Chunk(batchSize))
        {
            var reasons = new string?[batch.Length];
            Parallel.For(0, batch.Length, i => reasons[i] = Decoded(i));
            var kept = Enumerable.Range(0, batch.Length).Where(i => reasons[i] is null).ToList();
            for (var row = 0; row < kept.Count; row++)
                if (kept[row] != row)
                    pixels
                        .AsSpan(kept[row] * pipeline.Length, pipeline.Length)
                        .CopyTo(pixels.AsSpan(row * pipeline.Length));
            faults.AddRange(
                Enumerable
                    .Range(0, batch.Length)
                    .Where(i => reasons[i] is not null)
                    .Select(i => new EmbeddingFault(Name(batch[i]), reasons[i]!))
            );
            if (kept.Count > 0)
                Write(
                    model,
                    target,
                    [.. kept.Select(i => Name(batch[i]))],
                    () =>
                        model.encode_image(
                            tensor(pixels.AsMemory(0, kept.Count * pipeline.Length), [kept.Count, 3, side, side])
                        )
                );
            progress?.Report(done += batch.Length);

            string? Decoded(int i)
            {
                try
                {
                    if (new FileInfo(batch[i]).Length > decoding.LargestFile)
                        return $"it has more than {decoding.LargestFile} bytes";
                    var planes = new byte[pipeline.Length];
                    pipeline.Load(File.ReadAllBytes(batch[i]), i, 0, planes);
                    normalisation.Apply(planes, pixels.AsSpan(i * pipeline.Length, pipeline.Length));
                    return null;
                }
                catch (Exception error)
                    when (error is InvalidDataException or IOException or UnauthorizedAccessException)
                {
                    return error.Message;
                }
            }
        }
        return faults;

        string Name(string file) => Path.GetRelativePath(folder, file);
    }

    /// <summary>Embeds captions, one a line, of strict UTF-8; blank lines, lines of more than 64 KiB and lines that are no UTF-8 are faults.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">The tokenizer that the model was trained with.</param>
    /// <param name="file">The captions.</param>
    /// <param name="target">Receives the rows, unit vectors, in the order of the lines; their names are the captions.</param>
    /// <param name="batchSize">Captions held and embedded at once: 256 by default.</param>
    /// <param name="progress">Told the number of lines done, batch by batch.</param>
    /// <returns>The lines that could not be embedded.</returns>
    /// <exception cref="ArgumentException">The tokenizer is not the model's: it has more ids, or another end of text.</exception>
    public static IReadOnlyList<EmbeddingFault> Captions(
        DualEncoder model,
        ITokenizer tokenizer,
        string file,
        EmbeddingFile target,
        int batchSize = 256,
        IProgress<long>? progress = null
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        var config = model.Config.Text;
        if (tokenizer.VocabularySize > config.VocabularySize || tokenizer.EndOfText != config.EndOfText)
            throw new ArgumentException(
                $"The tokenizer has {tokenizer.VocabularySize} ids and ends texts with {tokenizer.EndOfText}, the model {config.VocabularySize} and {config.EndOfText}: "
                    + "it was trained with another; name the folder of its vocab.json and merges.txt."
            );
        var faults = new List<EmbeddingFault>();
        var number = 0L;
        using var stream = File.OpenRead(file);
        foreach (var batch in TextFiles.Lines(stream, LongestLine).Chunk(batchSize))
        {
            var captions = new List<string>();
            foreach (var line in batch)
            {
                number++;
                var text = line is null ? null : TextFiles.Decode(line);
                var reason =
                    line is null ? $"it has more than {LongestLine} bytes"
                    : text is null ? $"it is {TextFiles.NoUtf8}"
                    : string.IsNullOrWhiteSpace(text) ? "it is blank"
                    : null;
                if (reason is null)
                    captions.Add(text!);
                else
                    faults.Add(new EmbeddingFault($"line {number}", reason));
            }
            if (captions.Count > 0)
                Write(
                    model,
                    target,
                    captions,
                    () =>
                        model.encode_text(
                            tensor(
                                Tokenization.Pack(tokenizer, captions, config.ContextLength),
                                [captions.Count, config.ContextLength]
                            )
                        )
                );
            progress?.Report(number);
        }
        return faults;
    }

    static bool IsPicture(ReadOnlySpan<char> ending)
    {
        foreach (var known in pictureEndings)
            if (ending.Equals(known, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    static void Write(DualEncoder model, EmbeddingFile target, IReadOnlyList<string> names, Func<Tensor> encode)
    {
        var training = model.training;
        model.eval();
        try
        {
            using var inference = inference_mode();
            using var scope = NewDisposeScope();
            var rows = encode();
            Embeddings.Check(rows, "files'");
            target.Append(rows.contiguous().data<float>().ToArray(), names);
        }
        finally
        {
            model.train(training);
        }
    }
}
