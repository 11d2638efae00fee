namespace Research.Corpora.Import;

/// <summary>Finds the files that a table names, and keeps to a folder.</summary>
sealed class PathRule(string root)
{
    readonly string prefix = Path.GetFullPath(root).TrimEnd('/') + "/";

    /// <summary>Whether a file's name begins with a dot: macOS's "._" companions and other files that no listing shows.</summary>
    public static bool IsHidden(string name) => name[(name.LastIndexOf('/') + 1)..].StartsWith('.');

    /// <summary>The full path and length of a named file; null when it is refused or missing, which is told to the log.</summary>
    public (string Path, long Size)? Find(string name, SkipLog log)
    {
        if (name.Length == 0 || name.Contains('\0'))
        {
            log.Add(name, PairFault.UnsafePath, "it is no path");
            return null;
        }
        var path = Path.GetFullPath(Path.Combine(prefix, name));
        if (!path.StartsWith(prefix, StringComparison.Ordinal))
        {
            log.Add(name, PairFault.UnsafePath, $"it leads out of {prefix} (--images names another folder)");
            return null;
        }
        var file = new FileInfo(path);
        if (file.Exists)
            return (path, file.Length);
        log.Add(name, PairFault.MissingFile, $"there is no {path} (--images names another folder)");
        return null;
    }
}
