namespace Research.Corpora.Import;

/// <summary>Chooses the reader of a data set.</summary>
public static class CorpusReaders
{
    /// <summary>The reader of what the options name.</summary>
    /// <param name="options">The options.</param>
    /// <param name="unpackInto">A folder for shards that are packed as a whole (.tar.gz), in which nothing could be found by offset.</param>
    /// <exception cref="FileNotFoundException">There is no such file or folder, or no file fits a pattern.</exception>
    /// <exception cref="ArgumentException">The layout cannot be told; the message says how to name it.</exception>
    public static ICorpusReader Open(ImportOptions options, string unpackInto)
    {
        ArgumentNullException.ThrowIfNull(options);
        var source = options.Source;
        return (options.Format == CorpusFormat.Auto ? Tell(source) : options.Format) switch
        {
            CorpusFormat.WebDataset => OpenShards(Shards(source), unpackInto),
            CorpusFormat.Table => new TableReader(source, options.Images, options.ImageColumn),
            CorpusFormat.CaptionJson when Directory.Exists(source) => new CocoFolderReader(source, options.Images),
            CorpusFormat.CaptionJson => new CaptionJsonReader(source, options.Images),
            CorpusFormat.TokenFile => new TokenFileReader(source, options.Images),
            CorpusFormat.ImageFolder => new ImageFolderReader(source),
            CorpusFormat.MetadataFolder => new MetadataFolderReader(source, options.ImageColumn),
            var other => throw new ArgumentException($"Unknown format {other}.", nameof(options)),
        };
    }

    static WebDatasetReader OpenShards(IReadOnlyList<string> shards, string unpackInto) =>
        new(Unpacked(shards, unpackInto), WebDatasetReader.CommonFolder([.. shards.Select(Path.GetFullPath)]));

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
            ".csv" or ".tsv" or ".jsonl" => CorpusFormat.Table,
            ".json" => CorpusFormat.CaptionJson,
            ".token" => CorpusFormat.TokenFile,
            ".txt" => IsTokenFile(source) ? CorpusFormat.TokenFile : CorpusFormat.Table,
            _ => throw new ArgumentException(
                $"Cannot tell the format of '{source}' by its name. Name it by --format: {string.Join(", ", Enum.GetNames<CorpusFormat>().Skip(1)).ToLowerInvariant()}.",
                nameof(source)
            ),
        };
    }

    static bool IsTokenFile(string path)
    {
        using var lines = File.ReadLines(path).GetEnumerator();
        return lines.MoveNext() && lines.Current.IndexOf('\t') is var tab and > 0 && lines.Current[..tab].Contains('#');
    }

    // A table beside folders of pictures would be passed over silently, and every caption be a folder's name.
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

    static IEnumerable<string> ShardsIn(string folder) =>
        Directory
            .EnumerateFiles(folder)
            .Where(f =>
                f.EndsWith(".tar", StringComparison.OrdinalIgnoreCase)
                || f.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase)
                || f.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase)
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

    // A packed shard that is cut is unpacked as far as it goes; the tar reader then reports the cut.
    static List<string> Unpacked(IReadOnlyList<string> shards, string folder)
    {
        var plain = new List<string>();
        foreach (var (shard, i) in shards.Select((s, i) => (s, i)))
        {
            if (shard.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) || !File.Exists(shard))
            {
                plain.Add(shard);
                continue;
            }
            Directory.CreateDirectory(folder);
            var target = Path.Combine(folder, $"unpacked-{i:D6}.tar");
            using var from = new System.IO.Compression.GZipStream(
                File.OpenRead(shard),
                System.IO.Compression.CompressionMode.Decompress
            );
            using var to = File.Create(target);
            try
            {
                from.CopyTo(to);
            }
            catch (InvalidDataException)
            {
                // cut or damaged: what came before is there
            }
            plain.Add(target);
        }
        return plain;
    }
}
