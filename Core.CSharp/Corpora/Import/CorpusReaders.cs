namespace Research.Corpora.Import;

/// <summary>Chooses the reader of a data set.</summary>
public static class CorpusReaders
{
    /// <summary>The reader for what the options name.</summary>
    /// <param name="options">The options.</param>
    /// <param name="unpackInto">A folder for shards packed as a whole (.tar.gz), in which nothing can be found by offset.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or no file matches a pattern.</exception>
    /// <exception cref="ArgumentException">The layout cannot be recognized; the message says how to name it.</exception>
    public static ICorpusReader Open(ImportOptions options, string unpackInto)
    {
        ArgumentNullException.ThrowIfNull(options);
        var source = options.Source;
        return (options.Format == CorpusFormat.Auto ? Tell(source) : options.Format) switch
        {
            CorpusFormat.WebDataset => OpenShards(Shards(source), unpackInto, options.Bounds),
            CorpusFormat.Table => new TableReader(source, options.Images, options.ImageColumn, options.Bounds),
            CorpusFormat.CaptionJson when Directory.Exists(source) => new CocoFolderReader(
                source,
                options.Images,
                options.Bounds
            ),
            CorpusFormat.CaptionJson => new CaptionJsonReader(source, options.Images, options.Bounds),
            CorpusFormat.TokenFile => new TokenFileReader(source, options.Images, options.Bounds),
            CorpusFormat.ImageFolder => new ImageFolderReader(source, options.SideFolders, options.Bounds),
            CorpusFormat.MetadataFolder => new MetadataFolderReader(
                source,
                options.ImageColumn,
                options.SideFolders,
                options.Bounds
            ),
            var other => throw new ArgumentException($"Unknown format {other}.", nameof(options)),
        };
    }

    static CorpusFormat Tell(string source)
    {
        if (ShardPattern.Is(source) && !File.Exists(source) && !Directory.Exists(source))
            return CorpusFormat.WebDataset;
        if (Directory.Exists(source))
            return MetadataFolderReader.Find(source).Any() ? CorpusFormat.MetadataFolder
                : ShardsIn(source).Any() ? CorpusFormat.WebDataset
                : CocoFolderReader.Find(source).Any() ? CorpusFormat.CaptionJson
                : ClassFolder(source);
        if (!File.Exists(source))
            throw new FileNotFoundException($"There is no file or folder '{source}'.", source);
        return Path.GetExtension(TextFiles.WithoutGz(source)).ToLowerInvariant() switch
        {
            ".tar" or ".tgz" => CorpusFormat.WebDataset,
            ".jsonl" or ".ndjson" or ".json" => JsonLayout(source),
            ".csv" or ".tsv" => CorpusFormat.Table,
            ".token" => CorpusFormat.TokenFile,
            ".txt" => IsTokenFile(source) ? CorpusFormat.TokenFile : CorpusFormat.Table,
            _ => throw new ArgumentException(
                $"Cannot tell the format of '{source}' by its name. Name it by --format: {string.Join(", ", Enum.GetNames<CorpusFormat>().Skip(1)).ToLowerInvariant()}.",
                nameof(source)
            ),
        };
    }

    // Lists of objects are sometimes called .jsonl, and files with one object per line .json.
    static CorpusFormat JsonLayout(string path)
    {
        using var stream = SourceFile.Open(path, ReadBounds.Default);
        string[] first =
        [
            .. TextFiles
                .Lines(stream, ReadBounds.Default.Text)
                .Where(line => line is null || !line.AsSpan().Trim(" \t"u8).IsEmpty)
                .Take(2)
                .Select(line => line is null ? "" : TextFiles.Decode(line)?.Trim() ?? "?"),
        ];
        return first switch
        {
            [['[', ..], ..] => CorpusFormat.CaptionJson,
            [_, ['{', ..]] when !first[0].EndsWith(',') && first[0] is ['{', _, .., '}'] => CorpusFormat.Table,
            _ => TextFiles.WithoutGz(path).EndsWith("l", StringComparison.OrdinalIgnoreCase)
            || TextFiles.WithoutGz(path).EndsWith(".ndjson", StringComparison.OrdinalIgnoreCase)
                ? CorpusFormat.Table
                : CorpusFormat.CaptionJson,
        };
    }

    static bool IsTokenFile(string path)
    {
        using var stream = SourceFile.Open(path, ReadBounds.Default);
        return TextFiles.Lines(stream, ReadBounds.Default.Text).FirstOrDefault() is { } line
            && TextFiles.Decode(line) is { } text
            && text.IndexOf('\t') is var tab and > 0
            && text[..tab].Contains('#');
    }

    // A table beside folders of pictures would silently be ignored, and every caption be a folder's name.
    static CorpusFormat ClassFolder(string folder)
    {
        var captions = Directory
            .EnumerateFiles(folder)
            .Where(f =>
                Path.GetExtension(TextFiles.WithoutGz(f)).ToLowerInvariant() is ".csv" or ".tsv" or ".jsonl" or ".token"
                || Path.GetFileName(f).StartsWith("dataset", StringComparison.OrdinalIgnoreCase)
                    && f.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            )
            .Select(Path.GetFileName)
            .Order(StringComparer.Ordinal)
            .ToArray();
        return captions.Length == 0
            ? CorpusFormat.ImageFolder
            : throw new ArgumentException(
                $"The folder {folder} holds {string.Join(", ", captions)} beside its pictures: name that file as the source if captions are in it, or say --format imagefolder if the folders' names are the captions."
            );
    }

    static readonly string[] ShardEndings = [".tar", ".tar.gz", ".tgz"];

    static IEnumerable<string> ShardsIn(string folder) =>
        Directory
            .EnumerateFiles(folder)
            .Where(f =>
                !PathRule.IsHidden(f) && ShardEndings.Any(e => f.EndsWith(e, StringComparison.OrdinalIgnoreCase))
            )
            .Order(StringComparer.Ordinal);

    static IReadOnlyList<string> Shards(string source)
    {
        if (!Directory.Exists(source))
            return ShardPattern.Expand(source);
        var shards = ShardsIn(source).ToArray();
        return shards.Length > 0
            ? shards
            : throw new FileNotFoundException($"The folder {source} holds no .tar file.", source);
    }

    static WebDatasetReader OpenShards(IReadOnlyList<string> shards, string unpackInto, ReadBounds bounds)
    {
        var faults = new List<SkippedPair>();
        var root = WebDatasetReader.CommonFolder([.. shards.Select(Path.GetFullPath)]);
        string[] plain =
        [
            .. shards.Select((shard, i) => Unpacked(shard, $"unpacked-{i:D6}.tar", unpackInto, bounds, faults)),
        ];
        return new(plain, root, bounds) { FaultsBefore = faults };
    }

    // Packed shards are recognized by content. A truncated or oversized one is unpacked as far as possible.
    static string Unpacked(string shard, string name, string folder, ReadBounds bounds, List<SkippedPair> faults)
    {
        try
        {
            if (!File.Exists(shard) || SourceFile.Refusal(shard) is not null || !SourceFile.IsPacked(shard))
                return shard; // reading it will report what is wrong
            Directory.CreateDirectory(folder);
            var target = Path.Combine(folder, name);
            using var from = SourceFile.Open(shard, bounds);
            using var to = File.Create(target);
            try
            {
                from.CopyTo(to);
            }
            catch (UnpackedTooLargeException error)
            {
                faults.Add(new(Path.GetFileName(shard), PairFault.TooLarge, error.Message));
            }
            catch (EndOfStreamException error)
            {
                faults.Add(new(Path.GetFileName(shard), PairFault.TruncatedArchive, error.Message));
            }
            return target;
        }
        catch (UnauthorizedAccessException)
        {
            return shard;
        }
    }
}
