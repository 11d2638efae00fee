using Research.Imaging;

namespace Research.Corpora.Import;

/// <summary>Finds the files that a table names, inside one folder.</summary>
sealed class PathRule(string root)
{
    readonly string prefix = Path.GetFullPath(root).TrimEnd('/') + "/";

    /// <summary>Whether a file's name begins with a dot: macOS's "._" companions and other hidden files.</summary>
    public static bool IsHidden(string name) => name[(name.LastIndexOf('/') + 1)..].StartsWith('.');

    /// <summary>The full path and length of a named file; null, and an entry in the log, when it is refused or missing.</summary>
    /// <param name="name">The path as written.</param>
    /// <param name="place">Where it is written.</param>
    /// <param name="log">The log.</param>
    public (string Path, long Size)? Find(string name, string place, SkipLog log)
    {
        if (name.Length == 0 || name.Contains('\0'))
        {
            log.Add(place, PairFault.UnsafePath, "it does not name a path");
            return null;
        }
        var path = Path.GetFullPath(Path.Combine(prefix, name));
        if (!path.StartsWith(prefix, StringComparison.Ordinal))
        {
            log.Add(name, PairFault.UnsafePath, $"it leads out of {prefix} (--images names another folder)");
            return null;
        }
        if (FileKind.Target(path) is not { } file)
        {
            log.Add(name, PairFault.MissingFile, $"there is no {path} ({Remedy(name)})");
            return null;
        }
        if (FileKind.Odd(path) is { } odd)
        {
            log.Add(name, PairFault.Unsupported, $"{path} is {odd}, not a plain file");
            return null;
        }
        return (path, file.Length);
    }

    static string Remedy(string name) =>
        name.Contains("://", StringComparison.Ordinal)
            ? "it is an address: download the pictures first, as img2dataset does"
        : name.Contains('\\') ? "it has backslashes: separate folders with '/'"
        : "--images names another folder";
}

/// <summary>Finds the folder that a caption file's paths are relative to, when the user does not name it.</summary>
static class PictureFolder
{
    /// <summary>
    /// The first folder that holds a picture: the file's own and its subfolders, then its parent and that one's subfolders, then those of the
    /// parent's <c>images</c>, as COCO's <c>annotations</c> lie beside <c>train2017</c>. The file's own when none does.
    /// </summary>
    /// <param name="file">The caption file.</param>
    /// <param name="picture">The first path that it names; null when it names none.</param>
    public static string Near(string file, string? picture)
    {
        var own = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (string.IsNullOrEmpty(picture) || picture.Contains('\0'))
            return own;
        var parent = Path.GetDirectoryName(own);
        return With(own)
                .Concat(parent is null ? [] : With(parent).Concat(Inside(Path.Combine(parent, "images"))))
                .FirstOrDefault(folder => File.Exists(Path.Combine(folder, picture)))
            ?? own;
    }

    static IEnumerable<string> With(string folder) => Inside(folder).Prepend(folder);

    static IEnumerable<string> Inside(string folder) =>
        Directory.Exists(folder)
            ? Directory
                .EnumerateDirectories(folder, "*", new EnumerationOptions { IgnoreInaccessible = true })
                .Order(StringComparer.Ordinal)
            : [];
}

/// <summary>Which files are pictures.</summary>
static class PictureNames
{
    // Includes formats that are not decoded: their files are counted as such, not ignored.
    static readonly HashSet<string> Extensions = new(
        [
            "jpg",
            "jpeg",
            "jfif",
            "jpe",
            "png",
            "webp",
            "svg",
            "svgz",
            "svg.gz",
            "gif",
            "bmp",
            "tif",
            "tiff",
            "avif",
            "heic",
            "heif",
            "jxl",
            "ppm",
            "pgm",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>Whether an extension, without its dot, is a picture's.</summary>
    public static bool IsExtension(string extension) => Extensions.Contains(extension);

    /// <summary>Whether a file's name is a picture's.</summary>
    public static bool Is(string path) =>
        Extensions.Contains(Path.GetExtension(path).TrimStart('.'))
        || path.EndsWith(".svg.gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a plain file of another name begins like a picture; drawings are recognized by name only.</summary>
    public static bool IsByContent(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var begin = new byte[32];
            var format = ImageFormats.Sniff(begin.AsSpan(0, RandomAccess.Read(file, begin, 0)));
            return format is not (ImageFormat.Unknown or ImageFormat.Svg or ImageFormat.Bmp);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
