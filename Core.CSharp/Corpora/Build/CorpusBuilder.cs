using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Research.Imaging;

namespace Research.Corpora.Build;

/// <summary>
/// Builds a corpus from drawings: rasterised over all cores, split by concept, duplicates across sides removed, written as
/// WebDataset shards with a manifest. A drawing that is blank at the corpus's size (hairlines, a gradient's definition,
/// white on nothing) is left out and counted. A folder appears whole or not at all.
/// </summary>
public sealed class CorpusBuilder
{
    const int PairsPerShard = 4096;
    static readonly JsonSerializerOptions SidecarOptions = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    readonly List<RasterisedPair> pairs = [];
    readonly List<SkippedImage> skipped = [];
    int blank;
    readonly Stopwatch clock = Stopwatch.StartNew();

    /// <summary>The corpus's name.</summary>
    public required string Name { get; init; }

    /// <summary>The side of the square pictures in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Assigns concepts to sides.</summary>
    public required SplitRule Splits { get; init; }

    /// <summary>What the corpus is built from, for <c>corpus.json</c>.</summary>
    public required IReadOnlyDictionary<string, string> Inputs { get; init; }

    /// <summary>The share of drawings that may be left out before the build is refused: 0.01.</summary>
    public double LargestSkippedShare { get; init; } = ImageTable.LargestSkippedShare;

    /// <summary>Rasterises drawings and keeps them, compressed. Counts those that cannot be rasterised or are blank.</summary>
    /// <param name="drawings">The drawings; they may be read lazily.</param>
    /// <param name="done">Called after each drawing, from several threads.</param>
    /// <param name="cancellation">Stops the work.</param>
    public void Add(IEnumerable<DrawnPair> drawings, Action? done = null, CancellationToken cancellation = default)
    {
        var list = drawings.ToArray();
        var rasterised = new RasterisedPair?[list.Length];
        var reasons = new string?[list.Length];
        try
        {
            Parallel.For(
                0,
                list.Length,
                new ParallelOptions { CancellationToken = cancellation },
                i =>
                {
                    try
                    {
                        rasterised[i] = Rasterise(list[i]);
                    }
                    catch (InvalidDataException error)
                    {
                        reasons[i] = error.Message;
                    }
                    done?.Invoke();
                }
            );
        }
        catch (AggregateException errors)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(errors.Flatten().InnerExceptions[0]);
        }
        for (var i = 0; i < list.Length; i++)
            if (rasterised[i] is { } pair)
                pairs.Add(pair);
            else if (reasons[i] is { } reason)
                skipped.Add(new SkippedImage(list[i].Key, reason));
            else
                blank++;
    }

    // Null when the picture is blank. All blank pictures are equal: one on the test side would make every other one its duplicate.
    RasterisedPair? Rasterise(DrawnPair pair)
    {
        var picture = Svg.Rasterise(pair.Svg, ImageSize);
        if (!picture.Pixels.AsSpan().ContainsAnyExcept(byte.MaxValue))
            return null;
        return new RasterisedPair(
            pair with
            {
                Svg = [],
            },
            Splits.Of(pair.Concept),
            Png.Encode(picture),
            Convert.ToHexString(SHA256.HashData(pair.Svg)),
            Convert.ToHexString(SHA256.HashData(picture.Pixels)),
            PerceptualHash.Of(picture),
            Resize.To(picture, NearDuplicates.ThumbnailSize, NearDuplicates.ThumbnailSize, ResizeFilter.Box).Pixels
        );
    }

    /// <summary>Writes the corpus. An existing corpus at <paramref name="folder"/> is replaced once the new one is complete.</summary>
    /// <exception cref="InvalidDataException">More drawings than allowed could not be rasterised, two pairs have the same key, or a
    /// side is empty.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public CorpusInfo Write(
        string folder,
        IProgress<PrepareProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var total = pairs.Count + skipped.Count;
        var report = new LoadReport(total, pairs.Count, [.. skipped.OrderBy(s => s.Key, StringComparer.Ordinal)]);
        if (skipped.Count > LargestSkippedShare * total || pairs.Count == 0)
            throw new InvalidDataException($"Corpus '{Name}' cannot be built: {report}{Blanks()}.");
        pairs.Sort((a, b) => string.CompareOrdinal(a.Pair.Key, b.Pair.Key));
        for (var i = 1; i < pairs.Count; i++)
            if (pairs[i].Pair.Key == pairs[i - 1].Pair.Key)
                throw new InvalidDataException(
                    $"Corpus '{Name}' cannot be built: two pairs have the key '{pairs[i].Pair.Key}'."
                );
        var (kept, equal, similar) = NearDuplicates.Remove(pairs);
        foreach (var split in Enum.GetValues<Split>())
            if (kept.All(p => p.Split != split))
                throw new InvalidDataException(
                    $"Corpus '{Name}' cannot be built: its {Manifest.NameOf(split)} side would be empty{Blanks()}."
                );
        using var target = new AtomicFolder(folder);
        var entries = WriteShards(target.Work, kept, progress, cancellation);
        Manifest.Write(
            Path.Combine(target.Work, Manifest.FileName),
            entries.Zip(kept, (entry, pair) => (entry, SHA256.HashData(pair.Png)[..16]))
        );
        var info = new CorpusInfo
        {
            Name = Name,
            ImageSize = ImageSize,
            Fingerprint = Fingerprint(kept),
            Inputs = Inputs,
            Pairs = entries.Count,
            Sources = Count(entries, e => e.Source),
            Splits = Count(entries, e => Manifest.NameOf(e.Split)),
            Items = Count(entries.DistinctBy(e => (e.Item, e.Split)), e => Manifest.NameOf(e.Split)),
            DroppedEqual = equal,
            DroppedSimilar = similar,
            DroppedBlank = blank,
            Skipped = report.Skipped,
            BuildSeconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        info.Write(target.Work);
        target.Commit();
        return info;
    }

    string Blanks() => blank > 0 ? $"; {blank} drawings are blank at {ImageSize} pixels" : "";

    static SortedDictionary<string, int> Count(IEnumerable<CorpusEntry> entries, Func<CorpusEntry, string> of) =>
        new(entries.CountBy(of).ToDictionary(), StringComparer.Ordinal);

    List<CorpusEntry> WriteShards(
        string folder,
        List<RasterisedPair> kept,
        IProgress<PrepareProgress>? progress,
        CancellationToken cancellation
    )
    {
        var entries = new List<CorpusEntry>(kept.Count);
        for (var first = 0; first < kept.Count; first += PairsPerShard)
        {
            var shard = $"{first / PairsPerShard:D6}.tar";
            using var tar = new TarWriter(File.Create(Path.Combine(folder, shard)));
            for (var i = first; i < Math.Min(first + PairsPerShard, kept.Count); i++)
            {
                cancellation.ThrowIfCancellationRequested();
                entries.Add(WritePair(tar, shard, i, kept[i]));
            }
            progress?.Report(new PrepareProgress("writing shards", entries.Count, kept.Count));
        }
        return entries;
    }

    CorpusEntry WritePair(TarWriter tar, string shard, int id, RasterisedPair rasterised)
    {
        var (pair, name) = (rasterised.Pair, $"{id:D9}");
        var offset = tar.Add(name + ".png", rasterised.Png);
        tar.Add(name + ".txt", Encoding.UTF8.GetBytes(pair.Caption));
        var split = Manifest.NameOf(rasterised.Split);
        var sidecar = new
        {
            pair.Key,
            pair.Caption,
            pair.Tags,
            pair.Concept,
            pair.Source,
            pair.Group,
            pair.Subgroup,
            split,
            pair.Licence,
        };
        tar.Add(name + ".json", JsonSerializer.SerializeToUtf8Bytes(sidecar, SidecarOptions));
        return new CorpusEntry(
            id,
            pair.Key,
            pair.Caption,
            pair.Tags,
            pair.Concept,
            pair.Source,
            pair.Group,
            pair.Subgroup,
            rasterised.Split,
            pair.Licence,
            rasterised.PerceptualHash,
            shard,
            offset,
            rasterised.Png.Length
        )
        {
            Width = ImageSize,
            Height = ImageSize,
        };
    }

    // Covers what experiments see (pixels, not the compressor's bytes), so that another zlib does not make another corpus.
    static string Fingerprint(List<RasterisedPair> kept)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (pair, split, _, _, pixels, _, _) in kept)
        {
            string[] fields =
            [
                pair.Key,
                pair.Caption,
                pair.Concept,
                pair.Source,
                pair.Group,
                pair.Subgroup,
                split.ToString(),
                pixels,
                .. pair.Tags,
            ];
            hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\u001F', fields) + "\u001E"));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }
}
