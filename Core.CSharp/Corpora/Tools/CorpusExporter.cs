using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Research.Imaging;

namespace Research.Corpora;

/// <summary>What an export wrote.</summary>
/// <param name="Info">The new corpus.</param>
/// <param name="Skipped">Pairs whose pictures could not be read.</param>
public sealed record ExportReport(CorpusInfo Info, IReadOnlyList<SkippedImage> Skipped);

/// <summary>
/// Writes pairs of any corpus as WebDataset shards for other programs: the picture's own bytes, a .txt with the caption and a .json
/// with everything else, annotations included. The folder is itself a corpus, with a manifest. It appears whole or not at all.
/// </summary>
public static class CorpusExporter
{
    /// <summary>Default pairs per shard.</summary>
    public const int DefaultPairsPerShard = 4096;

    static readonly JsonSerializerOptions Relaxed = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Exports.</summary>
    /// <param name="corpus">The corpus.</param>
    /// <param name="entries">Some of its pairs, in writing order; a query's result, or a part of it.</param>
    /// <param name="folder">The folder to create.</param>
    /// <param name="pairsPerShard">Pairs per shard.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="cancellation">Stops and leaves nothing.</param>
    /// <exception cref="ArgumentException">There are no pairs, or the folder holds something that is not a corpus.</exception>
    /// <exception cref="InvalidDataException">More than 1 % of the pictures cannot be read.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static ExportReport Export(
        Corpus corpus,
        IReadOnlyList<CorpusEntry> entries,
        string folder,
        int pairsPerShard = DefaultPairsPerShard,
        IProgress<PrepareProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pairsPerShard);
        if (entries.Count == 0)
            throw new ArgumentException(
                $"No pairs of corpus '{corpus.Name}' to export: the filter leaves none.",
                nameof(entries)
            );
        if (Path.GetFullPath(folder) == corpus.Folder)
            throw new ArgumentException(
                $"Corpus '{corpus.Name}' cannot be exported onto itself, {folder}.",
                nameof(folder)
            );
        if (
            Directory.Exists(folder)
            && Directory.EnumerateFileSystemEntries(folder).Any()
            && !File.Exists(Path.Combine(folder, CorpusInfo.FileName))
        )
            throw new ArgumentException($"{folder} exists and is not a corpus; it is not overwritten.", nameof(folder));
        using var target = new AtomicFolder(folder);
        using var writer = new ManifestWriter(Path.Combine(target.Work, Manifest.FileName));
        using var annotations = new ManifestAnnotations(corpus.ManifestPath);
        var skipped = new List<SkippedImage>();
        var done = 0;
        TarWriter? tar = null;
        try
        {
            foreach (var entry in entries)
            {
                cancellation.ThrowIfCancellationRequested();
                byte[] picture;
                try
                {
                    picture = corpus.ReadImage(entry);
                }
                catch (Exception error) when (error is InvalidDataException or IOException)
                {
                    skipped.Add(new SkippedImage(entry.Key, error.Message));
                    continue;
                }
                var shard = $"{done / pairsPerShard:D6}.tar";
                if (done % pairsPerShard == 0)
                {
                    tar?.Dispose();
                    tar = new TarWriter(File.Create(Path.Combine(target.Work, shard)));
                }
                var said = annotations.Of(entry.Id);
                var offset = Write(tar!, $"{done:D9}", entry, said, picture);
                writer.Add(
                    entry with
                    {
                        Id = done,
                        Shard = shard,
                        Offset = offset,
                    },
                    SHA256.HashData(picture)[..16],
                    said
                );
                if (++done % 1024 == 0 || done == entries.Count)
                    progress?.Report(new PrepareProgress("writing shards", done, entries.Count));
            }
        }
        finally
        {
            tar?.Dispose();
        }
        if (done == 0 || skipped.Count > ImageTable.LargestSkippedShare * entries.Count)
            throw new InvalidDataException(
                $"Corpus '{corpus.Name}' cannot be exported: {new LoadReport(entries.Count, done, skipped)}."
            );
        var info = corpus.Info with
        {
            Root = null,
            Fingerprint = writer.Fingerprint(),
            Inputs = new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["exported from"] = corpus.Name,
                ["fingerprint"] = corpus.Fingerprint,
            },
            Pairs = done,
            Sources = writer.Count("source"),
            Splits = writer.Count("split"),
            Items = writer.Count("split", "DISTINCT concept"),
            Skipped = skipped,
            SkippedByReason = new Dictionary<string, int>(),
            Annotations = writer.Annotations,
            DroppedEqual = 0,
            DroppedSimilar = 0,
        };
        writer.Commit();
        info.Write(target.Work);
        target.Commit();
        return new(info, skipped);
    }

    static long Write(TarWriter tar, string name, CorpusEntry e, Dictionary<string, object> said, byte[] picture)
    {
        var extension = ImageFormats.Sniff(picture) switch
        {
            ImageFormat.Jpeg => "jpg",
            ImageFormat.Png => "png",
            ImageFormat.WebP => "webp",
            ImageFormat.Svg => picture.AsSpan().StartsWith([(byte)0x1F, (byte)0x8B]) ? "svgz" : "svg",
            _ => "bin",
        };
        var offset = tar.Add($"{name}.{extension}", picture);
        tar.Add(name + ".txt", Encoding.UTF8.GetBytes(e.Caption));
        var sidecar = new
        {
            e.Key,
            e.Caption,
            captions = e.Alternatives.Count > 0 ? e.Alternatives.Prepend(e.Caption).ToArray() : null,
            e.Tags,
            e.Concept,
            e.Source,
            e.Group,
            e.Subgroup,
            split = Manifest.NameOf(e.Split),
            e.Licence,
            e.Width,
            e.Height,
        };
        var all = JsonSerializer.SerializeToNode(sidecar, Relaxed)!.AsObject();
        foreach (var (column, value) in said)
            if (!all.ContainsKey(column))
                all.Add(column, JsonSerializer.SerializeToNode(value, Relaxed));
        tar.Add(name + ".json", Encoding.UTF8.GetBytes(all.ToJsonString(Relaxed)));
        return offset;
    }
}
