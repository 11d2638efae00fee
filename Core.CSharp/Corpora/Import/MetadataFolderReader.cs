namespace Research.Corpora.Import;

/// <summary>
/// A folder in Hugging Face's layout: <c>metadata.jsonl</c> (or <c>metadata.csv</c>) names the pictures by <c>file_name</c> beside their
/// texts. Subfolders with their own such file may be sides: train, validation, test.
/// </summary>
public sealed class MetadataFolderReader : ICorpusReader
{
    static readonly string[] Names = ["metadata.jsonl", "metadata.jsonl.gz", "metadata.csv"];
    readonly TableReader[] tables;
    readonly SideFolders sides;

    /// <summary>Reads a folder.</summary>
    /// <exception cref="FileNotFoundException">Neither the folder nor a subfolder has such a file.</exception>
    /// <param name="folder">The folder.</param>
    /// <param name="imageColumn">The column of the paths; null for the usual one.</param>
    /// <param name="sides">Whether folders with names of sides are sides; here they are by default.</param>
    /// <param name="bounds">Bounds of rows.</param>
    public MetadataFolderReader(
        string folder,
        string? imageColumn = null,
        SideFolders sides = SideFolders.Auto,
        ReadBounds? bounds = null
    )
    {
        (Root, this.sides) = (Path.GetFullPath(folder), sides);
        tables =
        [
            .. Find(Root)
                .Select(path => new TableReader(path, imageColumn: imageColumn, bounds: bounds)
                {
                    Common = Side(path),
                }),
        ];
        if (tables.Length == 0)
            throw new FileNotFoundException($"There is no metadata.jsonl or metadata.csv in {folder}.", folder);
    }

    /// <summary>The metadata files of a folder and its subfolders.</summary>
    internal static IEnumerable<string> Find(string folder) =>
        Directory
            .EnumerateDirectories(folder)
            .Where(f => !PathRule.IsHidden(f))
            .Order(StringComparer.Ordinal)
            .Prepend(folder)
            .SelectMany(f => Names.Select(n => Path.Combine(f, n)).Where(File.Exists).Take(1));

    IReadOnlyDictionary<string, Field> Side(string path)
    {
        var parent = Path.GetDirectoryName(path)!;
        return sides != SideFolders.Classes && parent != Root && SplitNames.Of(Path.GetFileName(parent)) is { } side
            ? new Dictionary<string, Field> { ["split"] = Field.Of(Manifest.NameOf(side)) }
            : FoundPicture.NoFields;
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public bool PicturesMayRepeat => true;

    /// <inheritdoc/>
    public double Progress => tables.Average(t => t.Progress);

    /// <inheritdoc/>
    public IEnumerable<FoundPicture> Read(SkipLog log)
    {
        var named = new HashSet<ulong>(); // hashes, so that a million names take little memory
        foreach (var table in tables)
        {
            table.Named = path => named.Add(Randomness.Seed.Derive(0, path));
            foreach (var p in table.Read(log))
                yield return p with
                {
                    Key = Path.GetRelativePath(Root, Path.Combine(table.Root, p.Key)),
                };
        }
        var nameless = tables.Sum(t => t.Nameless);
        foreach (var path in FolderTree.Folders(Root, log).SelectMany(FolderTree.Files))
            if (PathRule.IsHidden(path))
                log.PassOver(SkipLog.Hidden, Path.GetRelativePath(Root, path));
            else if (PictureNames.Is(path) && !named.Contains(Randomness.Seed.Derive(0, path)) && nameless-- > 0)
                log.PassOver("pictures of rows that could not be read", Path.GetRelativePath(Root, path));
            else if (PictureNames.Is(path) && !named.Contains(Randomness.Seed.Derive(0, path)))
                log.Add(
                    Path.GetRelativePath(Root, path),
                    PairFault.MissingCaption,
                    "no row of a metadata file names it"
                );
            else if (!PictureNames.Is(path) && !Find(Root).Contains(path))
                log.PassOver("files that are neither pictures nor metadata", Path.GetRelativePath(Root, path));
    }
}
