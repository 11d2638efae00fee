namespace Research.Corpora.Import;

/// <summary>
/// A tree of pictures whose folders are classes (ImageFolder): the caption is the class's name, with '_' and '-' read as spaces. A first
/// folder named train, val, valid, validation or test is a side and not a class where all first folders have such names
/// (<see cref="SideFolders"/>). A text file beside a picture with its name (.txt) is its caption instead, unless blank. Pictures are recognized
/// by their names or, failing that, by their content.
/// </summary>
public sealed class ImageFolderReader : ICorpusReader
{
    readonly SideFolders sides;
    readonly ReadBounds bounds;
    double progress;

    /// <summary>Reads a tree.</summary>
    /// <param name="folder">The tree's root.</param>
    /// <param name="sides">Whether folders with names of sides are sides.</param>
    /// <param name="bounds">Bounds of the texts.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public ImageFolderReader(string folder, SideFolders sides = SideFolders.Auto, ReadBounds? bounds = null)
    {
        (Root, this.sides, this.bounds) = (Path.GetFullPath(folder), sides, bounds ?? ReadBounds.Default);
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
        // Only names are held, for an order that does not depend on the disk's.
        var folders = FolderTree.Folders(Root, log);
        var parents = folders.Select(Path.GetDirectoryName).ToHashSet();
        var areSides = AreSides(folders, log);
        for (var i = 0; i < folders.Count; i++)
        {
            Volatile.Write(ref progress, i / (double)folders.Count);
            var pictures = Pictures(folders[i], log);
            if (pictures.Count == 0 && !parents.Contains(folders[i]))
                log.PassOver("folders without a picture", Name(folders[i]));
            foreach (var path in pictures)
                if (Picture(path, areSides, log) is { } picture)
                    yield return picture;
        }
    }

    string Name(string path) => Path.GetRelativePath(Root, path);

    // A folder's pictures; everything else in it is logged, except the pictures' texts.
    List<string> Pictures(string folder, SkipLog log)
    {
        var (pictures, others) = (new List<string>(), new List<(string Path, string What)>());
        foreach (var path in FolderTree.Files(folder))
            if (PathRule.IsHidden(path))
                log.PassOver(SkipLog.Hidden, Name(path));
            else if (FileKind.Odd(path) is { } odd)
                others.Add((path, $"files that are {odd}"));
            else if (PictureNames.Is(path) || !IsText(path) && PictureNames.IsByContent(path))
                pictures.Add(path);
            else
                others.Add((path, "files that are not pictures"));
        var texts = pictures.Select(TextOf).ToHashSet(StringComparer.Ordinal);
        foreach (var (path, what) in others)
            if (!texts.Contains(path))
                log.PassOver(what, Name(path));
        return pictures;
    }

    static bool IsText(string path) => path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase);

    static string TextOf(string picture) => Path.ChangeExtension(picture, ".txt");

    bool AreSides(IReadOnlyList<string> folders, SkipLog log)
    {
        var first = folders
            .Where(f => f != Root && HasPicture(f))
            .Select(f => Name(f).Split('/')[0])
            .Distinct()
            .ToLookup(name => SplitNames.Of(name) is not null);
        if (!first[true].Any())
            return sides == SideFolders.Sides;
        var (named, others) = (Listed(first[true]), Listed(first[false]));
        var yes = sides == SideFolders.Sides || sides == SideFolders.Auto && !first[false].Any();
        log.Note(
            yes
                ? $"read as sides by their names: {named} (--no-sides reads them as classes)"
                : $"read as classes: {named}"
                    + (
                        sides == SideFolders.Auto
                            ? $", because {others} beside them are not sides (--sides reads them as sides)"
                            : ""
                    )
        );
        return yes;
    }

    static bool HasPicture(string folder)
    {
        try
        {
            return Directory.EnumerateFiles(folder).Any(PictureNames.Is);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // already logged by the walk of the tree
        }
    }

    static string Listed(IEnumerable<string> names)
    {
        string[] all = [.. names];
        return string.Join(", ", all.Take(3)) + (all.Length > 3 ? $" and {all.Length - 3} more" : "");
    }

    FoundPicture? Picture(string path, bool areSides, SkipLog log)
    {
        var key = Name(path);
        if (FileKind.Target(path) is not { } file)
        {
            log.Add(key, PairFault.MissingFile, "it no longer exists, or is a link to nothing");
            return null;
        }
        string[] folders = key.Split('/')[..^1];
        var fields = new Dictionary<string, Field>(StringComparer.OrdinalIgnoreCase);
        if (areSides && folders.Length > 0 && SplitNames.Of(folders[0]) is { } side)
        {
            fields["split"] = Field.Of(Manifest.NameOf(side));
            folders = folders[1..];
        }
        if (folders.Length > 0)
        {
            fields["group"] = Field.Of(folders[0]);
            fields["subgroup"] = fields["label"] = Field.Of(folders[^1]);
        }
        if (Beside(path, key, log) is not { } caption)
            return null;
        if (string.IsNullOrWhiteSpace(caption))
            caption = folders.Length > 0 ? folders[^1].Replace('_', ' ').Replace('-', ' ') : "";
        return new FoundPicture(key, path, 0, file.Length) { Captions = [caption], Fields = fields };
    }

    // Empty when there is no text beside the picture; null when there is one but it cannot be used.
    string? Beside(string path, string key, SkipLog log)
    {
        var text = new FileInfo(TextOf(path));
        if (!text.Exists || text.FullName == path)
            return "";
        if (FileKind.Odd(text.FullName) is { } odd)
            log.Add(key, PairFault.Unsupported, $"its text is {odd}, not a plain file");
        else if (text.Length > bounds.Text)
            log.Add(key, PairFault.TooLarge, bounds.TextReason("its text is one"));
        else
            try
            {
                if (TextFiles.Decode(File.ReadAllBytes(text.FullName)) is { } caption)
                    return caption;
                log.Add(key, PairFault.InvalidText, $"its text is {TextFiles.NoUtf8}");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                log.Add(key, PairFault.MissingFile, error.Message);
            }
        return null;
    }
}
