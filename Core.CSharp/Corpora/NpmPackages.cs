using System.Text.Json;

namespace Research.Corpora;

/// <summary>The npm packages that the launcher installs into the cache folder, with their pinned versions.</summary>
public static class NpmPackages
{
    const string ListName = "npm-packages.txt";
    const string OnDemandName = "npm-packages-on-demand.txt";

    /// <summary>Package to version, from <c>Core.CSharp/Corpora/npm-packages.txt</c>.</summary>
    public static IReadOnlyDictionary<string, string> Pinned { get; } = ReadList(ListName);

    /// <summary>The large packages that are installed when the corpus that needs them is first prepared, with their versions.</summary>
    public static IReadOnlyDictionary<string, string> OnDemand { get; } = ReadList(OnDemandName);

    static Dictionary<string, string> ReadList(string name)
    {
        using var stream = typeof(NpmPackages).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        var lines = reader
            .ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.ToDictionary(line => line[..line.LastIndexOf('@')], line => line[(line.LastIndexOf('@') + 1)..]);
    }

    /// <summary>The version of a package that is installed in the cache folder.</summary>
    /// <exception cref="FileNotFoundException">It is not installed; the message names <c>./research setup</c>.</exception>
    public static string InstalledVersion(string package)
    {
        using var manifest = ReadJson(package, "package.json");
        return manifest.RootElement.GetProperty("version").GetString() ?? "";
    }

    /// <summary>A package's JSON file.</summary>
    /// <exception cref="FileNotFoundException">It is not installed; the message names <c>./research setup</c>.</exception>
    /// <exception cref="InvalidDataException">The file is no JSON.</exception>
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
