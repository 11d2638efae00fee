using System.Diagnostics;
using System.Text.Json;

namespace Research.Corpora.Build;

/// <summary>
/// A package that a corpus is built from. Each corpus's folder lists its own: <c>packages.txt</c> those that every set-up installs,
/// <c>packages-on-demand.txt</c> large ones installed when the corpus is prepared; a line is <c>npm NAME@VERSION</c> or <c>debian NAME</c>.
/// </summary>
/// <param name="Name">The package's name.</param>
/// <param name="Version">The pinned version; null for a Debian package.</param>
/// <param name="OnDemand">Whether it is installed when the corpus is prepared.</param>
public sealed record CorpusPackage(string Name, string? Version, bool OnDemand)
{
    /// <summary>The packages that a folder of <c>Corpora/Build</c> lists.</summary>
    public static IReadOnlyList<CorpusPackage> Of(string folder) =>
        [.. Lines($"{folder}/packages.txt", false), .. Lines($"{folder}/packages-on-demand.txt", true)];

    static IEnumerable<CorpusPackage> Lines(string list, bool onDemand)
    {
        using var stream = typeof(CorpusPackage).Assembly.GetManifestResourceStream("corpora/" + list);
        if (stream is null)
            yield break;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            if (line.Split(' ') is ["npm", var pinned] && pinned.LastIndexOf('@') is > 0 and var at)
                yield return new(pinned[..at], pinned[(at + 1)..], onDemand);
            else if (line.Split(' ') is ["debian", var name])
                yield return new(name, null, onDemand);
            else if (line.Length > 0)
                throw new InvalidDataException(
                    $"Corpora/Build/{list}: '{line}' is not a line 'npm NAME@VERSION' or 'debian NAME'."
                );
    }

    /// <summary>The installed version: npm's in the cache folder, Debian's on the machine.</summary>
    /// <exception cref="FileNotFoundException">It is not installed; the message names the command that installs it.</exception>
    public string InstalledVersion()
    {
        if (Version is null)
            return DebianVersion();
        using var manifest = ReadJson(Name, "package.json");
        return manifest.RootElement.GetProperty("version").GetString() ?? "";
    }

    string DebianVersion()
    {
        var start = new ProcessStartInfo("dpkg-query") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "-W", "-f", "${Version}", Name })
            start.ArgumentList.Add(argument);
        try
        {
            using var query = Process.Start(start)!;
            var version = query.StandardOutput.ReadToEnd().Trim();
            query.WaitForExit();
            return query.ExitCode == 0 && version.Length > 0
                ? version
                : throw new FileNotFoundException($"Debian's package {Name} is not installed.", Name);
        }
        catch (System.ComponentModel.Win32Exception) // there is no dpkg: installed by other means
        {
            return "of unknown version";
        }
    }

    /// <summary>A JSON file of an npm package.</summary>
    /// <exception cref="FileNotFoundException">It is not installed; the message names <c>./research setup</c>.</exception>
    /// <exception cref="InvalidDataException">The file is not JSON.</exception>
    internal static JsonDocument ReadJson(string package, string relativePath)
    {
        var path = CacheFolder.NpmFile(package, relativePath);
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path} is damaged: {error.Message} Run ./research setup.", error);
        }
    }
}
