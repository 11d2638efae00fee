namespace Research.Corpora.Import;

/// <summary>
/// The folders of a tree, each once: links to folders are followed unless they lead to one already in the tree, so that loops end.
/// </summary>
static class FolderTree
{
    static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>The folders, the root first and then in path order.</summary>
    /// <param name="root">The tree's root.</param>
    /// <param name="log">Receives what is passed over.</param>
    public static IReadOnlyList<string> Folders(string root, SkipLog log)
    {
        var (found, seen) = (new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        var links = new SortedSet<string>(StringComparer.Ordinal);
        Walk(root);
        while (links.Min is { } link)
        {
            links.Remove(link);
            if (seen.Contains(FileKind.Identity(link)))
                log.PassOver("links to folders that are already read", Path.GetRelativePath(root, link));
            else
                Walk(link);
        }
        found.Sort(StringComparer.Ordinal);
        return found;

        void Walk(string from)
        {
            var open = new Stack<string>([from]);
            while (open.TryPop(out var folder))
            {
                if (!seen.Add(FileKind.Identity(folder)))
                    continue;
                found.Add(folder);
                try
                {
                    foreach (var inside in new DirectoryInfo(folder).EnumerateDirectories("*", All))
                        if (PathRule.IsHidden(inside.Name))
                            log.PassOver(
                                "folders whose names begin with a dot",
                                Path.GetRelativePath(root, inside.FullName)
                            );
                        else if (inside.LinkTarget is not null)
                            links.Add(inside.FullName);
                        else
                            open.Push(inside.FullName);
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    log.Add(Path.GetRelativePath(root, folder), PairFault.MissingFile, error.Message);
                }
            }
        }
    }

    /// <summary>The files of a folder in name order; none for an unreadable one, which is already logged.</summary>
    public static IReadOnlyList<string> Files(string folder)
    {
        try
        {
            var files = Directory.GetFiles(folder, "*", All);
            Array.Sort(files, StringComparer.Ordinal);
            return files;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
