namespace Research.Corpora.Import;

/// <summary>
/// COCO's folder: <c>annotations/captions_train2017.json</c> and the like, pictures in <c>train2017</c> or <c>images/train2017</c>. The
/// word train, val or test in a file's name decides its pictures' side.
/// </summary>
public sealed class CocoFolderReader : ICorpusReader
{
    readonly CaptionJsonReader[] files;

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">The folder that holds <c>annotations</c>.</param>
    /// <param name="images">The folder of all pictures; null for folders near the files.</param>
    /// <exception cref="FileNotFoundException">It has no <c>annotations/captions_*.json</c>.</exception>
    /// <exception cref="InvalidDataException">One of the files is not JSON.</exception>
    /// <param name="bounds">Bounds of items and of the captions that are held.</param>
    public CocoFolderReader(string folder, string? images = null, ReadBounds? bounds = null)
    {
        Root = Path.GetFullPath(images ?? folder);
        files = [.. Find(folder).Select(path => new CaptionJsonReader(path, images, bounds) { Common = Side(path) })];
        if (files.Length == 0)
            throw new FileNotFoundException($"There is no annotations/captions_*.json in {folder}.", folder);
    }

    /// <summary>The caption files of a folder.</summary>
    internal static IEnumerable<string> Find(string folder) =>
        Directory.Exists(Path.Combine(folder, "annotations"))
            ? Directory
                .EnumerateFiles(Path.Combine(folder, "annotations"), "captions_*.json")
                .Order(StringComparer.Ordinal)
            : [];

    static IReadOnlyDictionary<string, Field> Side(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path)["captions_".Length..];
        return SplitNames.Of(name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9')) is { } side
            ? new Dictionary<string, Field> { ["split"] = Field.Of(Manifest.NameOf(side)) }
            : FoundPicture.NoFields;
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public double Progress => files.Average(f => f.Progress);

    /// <inheritdoc/>
    public IEnumerable<FoundPicture> Read(SkipLog log) =>
        files.SelectMany(file =>
            file.Read(log).Select(p => p with { Key = Path.GetRelativePath(Root, Path.Combine(file.Root, p.Key)) })
        );
}
