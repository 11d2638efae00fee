namespace Research.Corpora.Import;

/// <summary>
/// A folder in Hugging Face's layout: <c>metadata.jsonl</c> (or <c>metadata.csv</c>) names the pictures by <c>file_name</c> beside their
/// texts. Folders inside, with a file of their own each, may be sides: train, validation, test.
/// </summary>
public sealed class MetadataFolderReader : ICorpusReader
{
    static readonly string[] Names = ["metadata.jsonl", "metadata.jsonl.gz", "metadata.csv"];
    readonly TableReader[] tables;

    /// <summary>A folder's reader.</summary>
    /// <exception cref="FileNotFoundException">Neither the folder nor one inside has such a file.</exception>
    public MetadataFolderReader(string folder, string? imageColumn = null)
    {
        Root = Path.GetFullPath(folder);
        tables =
        [
            .. Find(Root).Select(path => new TableReader(path, imageColumn: imageColumn) { Common = Side(path) }),
        ];
        if (tables.Length == 0)
            throw new FileNotFoundException($"There is no metadata.jsonl or metadata.csv in {folder}.", folder);
    }

    /// <summary>The metadata files of a folder and the folders inside.</summary>
    internal static IEnumerable<string> Find(string folder) =>
        Directory
            .EnumerateDirectories(folder)
            .Order(StringComparer.Ordinal)
            .Prepend(folder)
            .SelectMany(f => Names.Select(n => Path.Combine(f, n)).Where(File.Exists).Take(1));

    IReadOnlyDictionary<string, object> Side(string path)
    {
        var parent = Path.GetDirectoryName(path)!;
        return parent != Root && SplitNames.Of(Path.GetFileName(parent)) is { } side
            ? new Dictionary<string, object> { ["split"] = Manifest.NameOf(side) }
            : FoundPicture.NoFields;
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public bool PicturesMayRepeat => true;

    /// <inheritdoc/>
    public double Progress => tables.Average(t => t.Progress);

    /// <inheritdoc/>
    public IEnumerable<FoundPicture> Read(SkipLog log) =>
        tables.SelectMany(table =>
            table.Read(log).Select(p => p with { Key = Path.GetRelativePath(Root, Path.Combine(table.Root, p.Key)) })
        );
}
