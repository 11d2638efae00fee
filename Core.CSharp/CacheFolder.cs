namespace Research;

/// <summary>
/// Where downloaded packages and built corpora live: <c>$RESEARCH_CACHE</c>, by default <c>~/.cache/research</c>
/// (or <c>$XDG_CACHE_HOME/research</c>).
/// </summary>
public static class CacheFolder
{
    /// <summary>The cache folder's full path; it need not exist yet. Read from the environment at every call.</summary>
    public static string Root
    {
        get
        {
            var set = Environment.GetEnvironmentVariable("RESEARCH_CACHE");
            if (!string.IsNullOrWhiteSpace(set))
                return Path.GetFullPath(set);
            var caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrWhiteSpace(caches))
                caches = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.GetFullPath(Path.Combine(caches, "research"));
        }
    }

    /// <summary>A file of an npm package that the launcher has installed.</summary>
    /// <param name="package">The package's name, e.g. "emojibase-data" or "@iconify-json/noto".</param>
    /// <param name="relativePath">The file inside the package, with '/' between folders.</param>
    /// <exception cref="FileNotFoundException">The package or the file is missing; the message names <c>./research setup</c>.</exception>
    public static string NpmFile(string package, string relativePath)
    {
        var folder = Path.Combine(Root, "npm", "node_modules", package);
        var file = Path.Combine(folder, relativePath);
        if (File.Exists(file))
            return file;
        var missing = Directory.Exists(folder)
            ? $"npm package '{package}' lacks the file '{relativePath}'"
            : $"npm package '{package}' is not installed";
        throw new FileNotFoundException($"{missing} (looked for {file}). Run ./research setup.", file);
    }
}
