namespace Research.Corpora;

/// <summary>
/// An image-text corpus on disk: <c>corpus.json</c>, a SQLite manifest and WebDataset tar shards. Reading is thread-safe.
/// </summary>
public sealed class Corpus : IDisposable
{
    readonly CorpusInfo info;
    readonly ShardFiles shards;

    Corpus(string folder, CorpusInfo info) =>
        (Folder, this.info, shards) = (folder, info, new ShardFiles(folder, info.Root));

    /// <summary>Opens a corpus's folder. Only <c>corpus.json</c> is read.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder does not hold a corpus.</exception>
    /// <exception cref="InvalidDataException">The folder's corpus is damaged or of another format.</exception>
    public static Corpus Open(string folder) => new(Path.GetFullPath(folder), CorpusInfo.Read(folder));

    /// <summary>The folder's full path.</summary>
    public string Folder { get; }

    /// <summary>The corpus's name.</summary>
    public string Name => info.Name;

    /// <summary>A hash of every caption, tag, class, side and pixel.</summary>
    public string Fingerprint => info.Fingerprint;

    /// <summary>The side of its square pictures in pixels; 0 when they have many sizes.</summary>
    public int ImageSize => info.ImageSize;

    /// <summary>The contents of <c>corpus.json</c>.</summary>
    public CorpusInfo Info => info;

    /// <summary>The pairs that pass all given filters, in the order of ids.</summary>
    /// <param name="split">One side; by default all.</param>
    /// <param name="sources">Some sources; by default all.</param>
    /// <param name="where">A SQL condition over the manifest's columns, e.g. <c>subgroup LIKE 'face-%'</c>.</param>
    /// <exception cref="ArgumentException">An unknown source (the message lists the known ones) or an invalid condition.</exception>
    /// <exception cref="InvalidDataException">The manifest is missing or damaged.</exception>
    public IReadOnlyList<CorpusEntry> Query(
        Split? split = null,
        IReadOnlyCollection<string>? sources = null,
        string? where = null
    )
    {
        RequireSources(sources);
        return Manifest.Read(ManifestPath, split, sources, where);
    }

    /// <summary>The number of pairs that pass all given filters.</summary>
    /// <inheritdoc cref="Query"/>
    public long Count(Split? split = null, IReadOnlyCollection<string>? sources = null, string? where = null)
    {
        RequireSources(sources);
        using var query = new ManifestQuery(ManifestPath, split, sources, where);
        return query.Count();
    }

    /// <summary>The same pairs one after the other, a few thousand in memory at a time: for corpora too large for a list.</summary>
    /// <param name="split">One side; by default all.</param>
    /// <param name="sources">Some sources; by default all.</param>
    /// <param name="where">A SQL condition over the manifest's columns.</param>
    /// <param name="part">A part of the pairs that pass these; by default all.</param>
    /// <inheritdoc cref="Query"/>
    public IEnumerable<CorpusEntry> Stream(
        Split? split = null,
        IReadOnlyCollection<string>? sources = null,
        string? where = null,
        CorpusPart? part = null
    )
    {
        const int together = 4096;
        RequireSources(sources);
        using var query = new ManifestQuery(ManifestPath, split, sources, where, part);
        var (_, firsts) = query.Blocks(together);
        for (var i = 0; i < firsts.Length; i++)
            foreach (var entry in query.Range(firsts[i], i + 1 < firsts.Length ? firsts[i + 1] : long.MaxValue))
                yield return entry;
    }

    /// <summary>Refuses sources that the corpus does not have.</summary>
    internal void RequireSources(IReadOnlyCollection<string>? sources)
    {
        foreach (var source in sources ?? [])
            if (!info.Sources.ContainsKey(source))
                throw new ArgumentException(
                    $"Corpus '{Name}' has no source '{source}'; it has {string.Join(", ", info.Sources.Keys)}.",
                    nameof(sources)
                );
    }

    /// <summary>The manifest's file.</summary>
    internal string ManifestPath => Path.Combine(Folder, Manifest.FileName);

    internal ShardFiles Shards => shards;

    /// <summary>The encoded picture of a pair.</summary>
    /// <exception cref="InvalidDataException">The shard is missing or shorter than the manifest says; the message is the reason alone.</exception>
    public byte[] ReadImage(CorpusEntry entry) => shards.Read(entry.Shard, entry.Offset, entry.Size);

    /// <summary>Closes the shards.</summary>
    public void Dispose() => shards.Dispose();
}
