using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace Research.Corpora;

/// <summary>
/// An image-text corpus on disk: <c>corpus.json</c>, a SQLite manifest and WebDataset tar shards. Reading is thread-safe.
/// </summary>
public sealed class Corpus : IDisposable
{
    readonly CorpusInfo info;
    readonly ConcurrentDictionary<string, Lazy<SafeFileHandle>> shards = new(StringComparer.Ordinal);

    Corpus(string folder, CorpusInfo info) => (Folder, this.info) = (folder, info);

    /// <summary>Opens a corpus's folder. Only <c>corpus.json</c> is read.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder holds no corpus.</exception>
    /// <exception cref="InvalidDataException">The folder's corpus is damaged or of another format.</exception>
    public static Corpus Open(string folder) => new(Path.GetFullPath(folder), CorpusInfo.Read(folder));

    /// <summary>The folder's full path.</summary>
    public string Folder { get; }

    /// <summary>The corpus's name.</summary>
    public string Name => info.Name;

    /// <summary>A hash of every caption, tag, class, side and pixel.</summary>
    public string Fingerprint => info.Fingerprint;

    /// <summary>The side of its square pictures in pixels.</summary>
    public int ImageSize => info.ImageSize;

    /// <summary>All that <c>corpus.json</c> says.</summary>
    public CorpusInfo Info => info;

    /// <summary>The pairs that pass all given filters, in the order of ids.</summary>
    /// <param name="split">One side; by default all.</param>
    /// <param name="sources">Some sources; by default all.</param>
    /// <param name="where">A SQL condition over the manifest's columns, e.g. <c>subgroup LIKE 'face-%'</c>.</param>
    /// <exception cref="ArgumentException">An unknown source (the message lists the known) or an invalid condition.</exception>
    /// <exception cref="InvalidDataException">The manifest is missing or damaged.</exception>
    public IReadOnlyList<CorpusEntry> Query(
        Split? split = null,
        IReadOnlyCollection<string>? sources = null,
        string? where = null
    )
    {
        foreach (var source in sources ?? [])
            if (!info.Sources.ContainsKey(source))
                throw new ArgumentException(
                    $"Corpus '{Name}' has no source '{source}'; it has {string.Join(", ", info.Sources.Keys)}.",
                    nameof(sources)
                );
        return Manifest.Read(Path.Combine(Folder, Manifest.FileName), split, sources, where);
    }

    /// <summary>The encoded picture of a pair.</summary>
    /// <exception cref="InvalidDataException">The shard is missing or shorter than the manifest says; the message is the reason alone.</exception>
    public byte[] ReadImage(CorpusEntry entry)
    {
        var handle = shards.GetOrAdd(entry.Shard, name => new Lazy<SafeFileHandle>(() => OpenShard(name))).Value;
        var bytes = new byte[entry.Size];
        for (var read = 0; read < bytes.Length; )
        {
            var more = RandomAccess.Read(handle, bytes.AsSpan(read), entry.Offset + read);
            if (more == 0)
                throw new InvalidDataException($"shard {entry.Shard} is cut before byte {entry.Offset + entry.Size}");
            read += more;
        }
        return bytes;
    }

    SafeFileHandle OpenShard(string name)
    {
        if (name != Path.GetFileName(name) || name is "." or "..")
            throw new InvalidDataException($"'{name}' is no shard inside the corpus's folder");
        try
        {
            return File.OpenHandle(Path.Combine(Folder, name), options: FileOptions.RandomAccess);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"shard {name} cannot be opened: {error.Message}", error);
        }
    }

    /// <summary>Closes the shards.</summary>
    public void Dispose()
    {
        foreach (var shard in shards.Values)
            if (shard.IsValueCreated)
                shard.Value.Dispose();
        shards.Clear();
    }
}
