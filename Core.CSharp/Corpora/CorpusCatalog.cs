using Research.Corpora.Build;

namespace Research.Corpora;

/// <summary>The progress of a corpus's build.</summary>
/// <param name="Stage">The present stage.</param>
/// <param name="Done">Items done in this stage.</param>
/// <param name="Total">Items in this stage.</param>
public readonly record struct PrepareProgress(string Stage, int Done, int Total);

/// <summary>A corpus of the catalog, prepared or not.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it holds.</param>
/// <param name="Prepared">The prepared corpora, one per image size.</param>
public sealed record CatalogEntry(string Name, string Description, IReadOnlyList<CorpusInfo> Prepared);

/// <summary>
/// The corpora known by name. They are built once into the cache folder, <c>corpora/NAME-SIZE</c>, and opened from there.
/// </summary>
public static class CorpusCatalog
{
    /// <summary>The default image size.</summary>
    public const int DefaultImageSize = 32;

    /// <summary>The names of the corpora that can be prepared.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. PackagedCorpora.All.Keys];

    static string ImportsFolder => Path.Combine(CacheFolder.Root, "corpora", "imported");

    /// <summary>The names of the corpora that were imported on this machine.</summary>
    public static IReadOnlyList<string> Imported =>
        Directory.Exists(ImportsFolder)
            ?
            [
                .. Directory
                    .EnumerateDirectories(ImportsFolder)
                    .Where(f => File.Exists(Path.Combine(f, CorpusInfo.FileName)))
                    .Select(f => Path.GetFileName(f))
                    .Where(n => !n.StartsWith('.'))
                    .Order(StringComparer.Ordinal),
            ]
            : [];

    /// <summary>All names that can be opened or prepared.</summary>
    public static IReadOnlyList<string> Known => [.. Names, .. Imported];

    /// <summary>Whether a corpus was imported under this name.</summary>
    public static bool IsImported(string name) =>
        IsImportName(name) && File.Exists(Path.Combine(ImportFolder(name), CorpusInfo.FileName));

    /// <summary>The folder that a corpus of this name is imported to.</summary>
    /// <exception cref="ArgumentException">The name is invalid, or belongs to a corpus that is built here.</exception>
    public static string ImportFolder(string name)
    {
        RequireImportName(name);
        return Path.Combine(ImportsFolder, name);
    }

    static bool IsImportName(string name) =>
        name.Length is > 0 and <= 64
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.')
        && !PackagedCorpora.All.ContainsKey(name);

    internal static void RequireImportName(string name)
    {
        if (!IsImportName(name))
            throw new ArgumentException(
                $"'{name}' cannot name an import: use up to 64 lower-case letters, digits, '-', '_' and '.', beginning with a letter or digit, and none of {string.Join(", ", Names)}.",
                nameof(name)
            );
    }

    /// <summary>A corpus's full path, whether it exists or not.</summary>
    /// <exception cref="ArgumentException">The name is unknown; the message lists the known ones.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The image size is impossible.</exception>
    public static string Folder(string name, int imageSize = DefaultImageSize)
    {
        if (IsImported(name))
            return ImportFolder(name);
        Find(name);
        if (imageSize is < 8 or > 1024)
            throw new ArgumentOutOfRangeException(
                nameof(imageSize),
                imageSize,
                $"An image size of {imageSize} pixels: use 8 to 1024."
            );
        return Path.Combine(CacheFolder.Root, "corpora", $"{name}-{imageSize}");
    }

    /// <summary>
    /// Builds a corpus unless it already exists, built from the same inputs by the same builder. Two processes that prepare
    /// the same corpus build it once.
    /// </summary>
    /// <param name="name">The corpus's name.</param>
    /// <param name="imageSize">The side of its pictures in pixels.</param>
    /// <param name="progress">Receives the progress; not called when there is nothing to do.</param>
    /// <param name="force">Builds in any case.</param>
    /// <param name="cancellation">Stops the build and leaves nothing.</param>
    /// <exception cref="ArgumentException">The name is unknown; the message lists the known ones.</exception>
    /// <exception cref="FileNotFoundException">An input is missing; the message names <c>./research setup</c>.</exception>
    /// <exception cref="IOException">The cache folder cannot be written.</exception>
    public static CorpusInfo Prepare(
        string name,
        int imageSize = DefaultImageSize,
        IProgress<PrepareProgress>? progress = null,
        bool force = false,
        CancellationToken cancellation = default
    )
    {
        if (IsImported(name))
            return CorpusInfo.Read(ImportFolder(name));
        var corpus = Find(name);
        var folder = Folder(name, imageSize);
        var inputs = corpus.Inputs();
        if (!force && Standing(folder, inputs) is { } before)
            return before;
        using var alone = AtomicFolder.Lock(folder, cancellation);
        if (!force && Standing(folder, inputs) is { } meanwhile)
            return meanwhile;
        AtomicFolder.RemoveLeftovers(folder);
        return corpus.Build(folder, imageSize, progress, cancellation);
    }

    /// <summary>Whether a corpus can be opened.</summary>
    public static bool IsPrepared(string name, int imageSize = DefaultImageSize) =>
        Read(Folder(name, imageSize)) is not null;

    /// <summary>Opens a prepared corpus.</summary>
    /// <exception cref="ArgumentException">The name is unknown; the message lists the known ones.</exception>
    /// <exception cref="DirectoryNotFoundException">It is not prepared; the message gives the command that prepares it.</exception>
    /// <exception cref="InvalidDataException">It is damaged or in another format.</exception>
    public static Corpus Open(string name, int imageSize = DefaultImageSize)
    {
        var folder = Folder(name, imageSize);
        if (!File.Exists(Path.Combine(folder, CorpusInfo.FileName)))
            throw new DirectoryNotFoundException(
                $"Corpus '{name}' at {imageSize} px is not prepared (no {folder}). Run ./research data prepare {name} --size {imageSize}."
            );
        return Corpus.Open(folder);
    }

    /// <summary>All corpora, with their prepared sizes.</summary>
    public static IReadOnlyList<CatalogEntry> List()
    {
        var parent = Path.Combine(CacheFolder.Root, "corpora");
        string[] folders = Directory.Exists(parent)
            ? [.. Directory.EnumerateDirectories(parent).Order(StringComparer.Ordinal)]
            : [];
        var prepared = folders
            .Where(f => !Path.GetFileName(f).StartsWith('.'))
            .Select(Read)
            .OfType<CorpusInfo>()
            .ToLookup(info => info.Name);
        return
        [
            .. PackagedCorpora.All.Values.Select(corpus => new CatalogEntry(
                corpus.Name,
                corpus.Description,
                [.. prepared[corpus.Name].OrderBy(i => i.ImageSize)]
            )),
            .. Imported.Select(name =>
                Read(ImportFolder(name)) is { } info
                    ? new CatalogEntry(name, $"imported from {info.Inputs.GetValueOrDefault("source")}", [info])
                    : new CatalogEntry(name, "imported, but damaged", [])
            ),
        ];
    }

    static PackagedCorpus Find(string name) =>
        PackagedCorpora.All.TryGetValue(name, out var corpus)
            ? corpus
            : throw new ArgumentException($"Unknown corpus '{name}'. Known: {string.Join(", ", Known)}.", nameof(name));

    static CorpusInfo? Standing(string folder, IReadOnlyDictionary<string, string> inputs)
    {
        var info = Read(folder);
        var same =
            info is not null
            && info.Inputs.Count == inputs.Count
            && info.Inputs.All(i => inputs.GetValueOrDefault(i.Key) == i.Value);
        return same ? info : null;
    }

    // Null when this program can use none: it will be built anew.
    static CorpusInfo? Read(string folder)
    {
        try
        {
            return CorpusInfo.Read(folder);
        }
        catch (Exception error) when (error is InvalidDataException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
