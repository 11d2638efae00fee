using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Research.Corpora.Clipart;

/// <summary>
/// The clipart corpus: Debian's package <c>openclipart-svg</c>, some 6,000 drawings in the public domain, with titles and keywords as their
/// authors wrote them: boiler-plate, wrong titles, other languages. The folder is the class. A concept is a title's words. The package
/// files some drawings in several folders by links; each is taken once, from the folder that holds the file. Its 1,375 stars that one program
/// drew in hairlines, all of one title, are left out.
/// </summary>
public static partial class ClipartCorpus
{
    /// <summary>The corpus's name.</summary>
    public const string Name = "clipart";

    /// <summary>The Debian package.</summary>
    public const string Package = "openclipart-svg";

    const string Folder = "/usr/share/openclipart/svg";

    /// <summary>Raised when the same package would give another corpus.</summary>
    const string BuilderVersion = "2";

    internal static readonly SplitRule Splits = new("clipart", TestShare: 0.1, ValidationShare: 0.05);

    /// <summary>What a build would start from.</summary>
    /// <exception cref="FileNotFoundException">The package is missing; the message names the command that installs it.</exception>
    public static IReadOnlyDictionary<string, string> Inputs()
    {
        if (!Directory.Exists(Folder))
            throw new FileNotFoundException(
                $"Debian's package {Package} is not installed (there is no {Folder}). ./research data prepare {Name} installs it.",
                Folder
            );
        return new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["builder"] = BuilderVersion,
            [Package] = InstalledVersion(),
        };
    }

    // By dpkg, which is there where the package is.
    static string InstalledVersion()
    {
        var start = new ProcessStartInfo("dpkg-query") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "-W", "-f", "${Version}", Package })
            start.ArgumentList.Add(argument);
        try
        {
            using var query = Process.Start(start)!;
            var version = query.StandardOutput.ReadToEnd().Trim();
            query.WaitForExit();
            return query.ExitCode == 0 ? version : "of unknown version";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "of unknown version";
        }
    }

    /// <summary>Builds the corpus into a folder.</summary>
    /// <param name="folder">The corpus's folder; what stands there is replaced when the new corpus is whole.</param>
    /// <param name="imageSize">The side of the pictures in pixels.</param>
    /// <param name="progress">Told what is done.</param>
    /// <param name="cancellation">Stops the build and leaves nothing.</param>
    /// <exception cref="FileNotFoundException">The package is missing.</exception>
    public static CorpusInfo Build(
        string folder,
        int imageSize,
        IProgress<PrepareProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var builder = new CorpusBuilder
        {
            Name = Name,
            ImageSize = imageSize,
            Splits = Splits,
            Inputs = Inputs(),
            LargestSkippedShare = 0.03, // some drawings are no longer sound SVG
        };
        var files = Files(Folder);
        var done = 0;
        foreach (var part in files.Chunk(512))
            builder.Add(
                part.Select(path => Drawing(Path.GetRelativePath(Folder, path), File.ReadAllBytes(path))),
                () =>
                {
                    var now = Interlocked.Increment(ref done);
                    if (now % 64 == 0)
                        progress?.Report(new PrepareProgress("drawing", now, files.Length));
                },
                cancellation
            );
        return builder.Write(folder, progress, cancellation);
    }

    /// <summary>The drawings of a folder and all within it, in order of their paths.</summary>
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

    // "Star 12" and "star-13" are one.
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
