namespace Research.Corpora.Import;

/// <summary>Finds the folder that a caption file's paths are relative to, where nobody names it.</summary>
static class PictureFolder
{
    /// <summary>
    /// The first folder that holds a picture: the file's own and those inside, then its parent and those inside, then those in the parent's
    /// <c>images</c>, as COCO's <c>annotations</c> lie beside <c>train2017</c>. The file's own when none does.
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
