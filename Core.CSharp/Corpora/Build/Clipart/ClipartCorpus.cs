using System.Text.RegularExpressions;

namespace Research.Corpora.Build.Clipart;

/// <summary>
/// The clipart corpus: Debian's package <c>openclipart-svg</c>, some 6,000 drawings in the public domain, with titles and keywords as their
/// authors wrote them: boiler-plate, wrong titles, other languages. The folder is the class; the concept is the title's words. The package
/// links some drawings into several folders; each is taken once, from the folder that holds the file. 1,375 stars that one program
/// drew in hairlines, all with the same title, are left out.
/// </summary>
public sealed partial class ClipartCorpus : PackagedCorpus
{
    const string Folder = "/usr/share/openclipart/svg";
    const int Together = 512;

    /// <inheritdoc/>
    public override string Name => "clipart";

    /// <inheritdoc/>
    public override string Description =>
        "Open Clip Art drawings with the titles and keywords that their authors gave: honest noise";

    /// <inheritdoc/>
    protected override string BuilderVersion => "2";

    /// <inheritdoc/>
    protected internal override SplitRule Splits { get; } = new("clipart", TestShare: 0.1, ValidationShare: 0.05);

    /// <inheritdoc/>
    protected override double LargestSkippedShare => 0.03; // some drawings are no longer sound SVG

    /// <inheritdoc/>
    protected override IEnumerable<Drawings> Read()
    {
        if (!Directory.Exists(Folder))
            throw new FileNotFoundException($"There is no {Folder}: install the package openclipart-svg.", Folder);
        var files = Files(Folder);
        foreach (var part in files.Chunk(Together))
            yield return new(
                "",
                [.. part.Select(path => Drawing(Path.GetRelativePath(Folder, path), File.ReadAllBytes(path)))],
                files.Length
            );
    }

    /// <summary>The drawings of a folder and its subfolders, in path order.</summary>
    internal static string[] Files(string folder) =>
        [
            .. new DirectoryInfo(folder)
                .EnumerateFiles("*.svg", SearchOption.AllDirectories)
                .Where(file => file.LinkTarget is null && !GeneratedStar().IsMatch(file.Name))
                .Select(file => file.FullName)
                .Order(StringComparer.Ordinal),
        ];

    [GeneratedRegex(@"^star_\d+pt\d+step\.svg$")]
    private static partial Regex GeneratedStar();

    internal static DrawnPair Drawing(string path, byte[] svg)
    {
        var said = ClipartMetadata.Read(svg);
        var name = Path.GetFileNameWithoutExtension(path);
        var folders = path.Split('/')[..^1];
        var words = name.Split(['_', '-', ' '], StringSplitOptions.RemoveEmptyEntries)
            .Where(w => !w.All(char.IsAsciiDigit));
        var title = said.Title.Length > 0 ? said.Title : string.Join(' ', words);
        if (title.Length == 0)
            title = name;
        return new DrawnPair(
            "openclipart/" + path[..^Path.GetExtension(path).Length],
            title,
            said.Keywords,
            Concept(title),
            "openclipart",
            folders.FirstOrDefault(""),
            folders.LastOrDefault(""),
            "public domain",
            svg
        );
    }

    // "Star 12" and "star-13" are the same.
    static string Concept(string title)
    {
        var letters = string.Join(
            ' ',
            title
                .ToLowerInvariant()
                .Split(
                    [.. title.ToLowerInvariant().Where(c => !char.IsLetter(c)).Distinct()],
                    StringSplitOptions.RemoveEmptyEntries
                )
        );
        return letters.Length > 0 ? letters : title;
    }
}
