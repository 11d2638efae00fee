namespace Research.Corpora.Import;

/// <summary>
/// A tree of pictures whose folders are classes (ImageFolder): the caption is the class's name, with '_' and '-' read as spaces. A first
/// folder named train, val, valid, validation or test is the side and no class. A text file of the picture's name beside it (.txt) is its
/// caption instead.
/// </summary>
public sealed class ImageFolderReader : ICorpusReader
{
    static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp", ".svg", ".svgz"];
    double progress;

    /// <summary>A tree's reader.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public ImageFolderReader(string folder)
    {
        Root = Path.GetFullPath(folder);
        if (!Directory.Exists(Root))
            throw new DirectoryNotFoundException($"There is no folder {folder}.");
    }

    /// <inheritdoc/>
    public string Root { get; }

    /// <inheritdoc/>
    public double Progress => Volatile.Read(ref progress);

    /// <inheritdoc/>
    public bool CaptionsAreShared => true;

    /// <inheritdoc/>
    public IEnumerable<FoundPicture> Read(SkipLog log)
    {
        // Names alone are held, to have an order that does not depend on the disk's.
        var folders = Directory
            .EnumerateDirectories(Root, "*", new EnumerationOptions { RecurseSubdirectories = true })
            .Prepend(Root)
            .Order(StringComparer.Ordinal)
            .ToArray();
        for (var i = 0; i < folders.Length; i++)
        {
            Volatile.Write(ref progress, i / (double)folders.Length);
            var files = Directory.EnumerateFiles(folders[i]).Order(StringComparer.Ordinal);
            foreach (var path in files.Where(f => Extensions.Contains(Path.GetExtension(f).ToLowerInvariant())))
                if (PathRule.IsHidden(path))
                    log.PassOver();
                else if (Picture(path, log) is { } picture)
                    yield return picture;
        }
    }

    FoundPicture? Picture(string path, SkipLog log)
    {
        var key = Path.GetRelativePath(Root, path);
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            log.Add(key, PairFault.MissingFile, "it is gone, or a link to nothing");
            return null;
        }
        string[] folders = key.Split('/')[..^1];
        var fields = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
        if (folders.Length > 0 && SplitNames.Of(folders[0]) is { } side)
        {
            fields["split"] = Manifest.NameOf(side);
            folders = folders[1..];
        }
        if (folders.Length > 0)
        {
            fields["group"] = folders[0];
            fields["subgroup"] = fields["label"] = folders[^1];
        }
        if (Beside(path, key, log) is not { } captions)
            return null;
        if (captions.Length == 0 && folders.Length > 0)
            captions = [folders[^1].Replace('_', ' ').Replace('-', ' ')];
        return new FoundPicture(key, path, 0, file.Length) { Captions = captions, Fields = fields };
    }

    // Empty when there is no text beside the picture; null when there is one that cannot be used.
    static string[]? Beside(string path, string key, SkipLog log)
    {
        var text = new FileInfo(Path.ChangeExtension(path, ".txt"));
        if (!text.Exists)
            return [];
        if (text.Length > TextFiles.LargestText)
            log.Add(key, PairFault.TooLarge, $"its text has {text.Length} bytes");
        else
            try
            {
                if (TextFiles.Decode(File.ReadAllBytes(text.FullName)) is { } caption)
                    return [caption];
                log.Add(key, PairFault.InvalidText, "its text is no UTF-8");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                log.Add(key, PairFault.MissingFile, error.Message);
            }
        return null;
    }
}
