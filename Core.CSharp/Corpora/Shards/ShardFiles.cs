using Microsoft.Win32.SafeHandles;

namespace Research.Corpora;

/// <summary>
/// The files that hold a corpus's pictures: tar shards, or one file per picture. Reads by offset, from any thread; keeps a bounded number
/// of recently used shards open. Uses positioned reads, not memory mapping: truncating a mapped shard would end the process.
/// </summary>
sealed class ShardFiles : IDisposable
{
    /// <summary>Marks a shard in the corpus's own folder when the others are under the root.</summary>
    public const string OwnPrefix = "corpus:";

    const int MostOpen = 128;
    readonly string folder;
    readonly string? root;
    readonly Dictionary<string, LinkedListNode<(string Name, SafeFileHandle Handle)>> open = new(
        StringComparer.Ordinal
    );
    readonly LinkedList<(string Name, SafeFileHandle Handle)> recent = [];
    readonly Lock sync = new();

    /// <param name="folder">The corpus's folder.</param>
    /// <param name="root">The folder that shard names are relative to; null for the corpus's folder, which then has no subfolders.</param>
    public ShardFiles(string folder, string? root) =>
        (this.folder, this.root) = (folder, root is null ? null : Path.GetFullPath(root));

    /// <summary>Some bytes of a shard.</summary>
    /// <exception cref="InvalidDataException">The shard is missing or too short; the message is the reason alone.</exception>
    public byte[] Read(string shard, long offset, long size)
    {
        if (size > Array.MaxLength || size < 0 || offset < 0)
            throw new InvalidDataException($"shard {shard} holds no picture of {size} bytes at byte {offset}");
        if (offset == 0) // after a tar header nothing begins at 0: a separate file
            return ReadWhole(shard, size);
        while (true)
        {
            var handle = HandleOf(shard);
            try
            {
                return Read(handle, shard, offset, (int)size);
            }
            catch (ObjectDisposedException) when (!closed)
            {
                // another thread's file took this one's place before the read began: open it again
            }
        }
    }

    static byte[] Read(SafeFileHandle handle, string shard, long offset, int size)
    {
        // Checked before memory is allocated: the manifest may belong to another file.
        if (RandomAccess.GetLength(handle) < offset + size)
            throw Cut(shard, offset + size);
        var bytes = GC.AllocateUninitializedArray<byte>(size);
        for (var read = 0; read < size; )
        {
            var more = RandomAccess.Read(handle, bytes.AsSpan(read), offset + read);
            if (more == 0)
                throw Cut(shard, offset + size);
            read += more;
        }
        return bytes;
    }

    static InvalidDataException Cut(string shard, long before)
    {
        var reason = $"shard {shard} is cut before byte {before}";
        return new(reason, new EndOfStreamException(reason));
    }

    /// <summary>Tells the system which parts of shards will be read soon. It manages separate files itself.</summary>
    public void ReadAhead(IReadOnlyList<CorpusEntry> entries)
    {
        for (var i = 0; i < entries.Count; )
        {
            var (first, last) = (entries[i], entries[i]);
            for (; i < entries.Count && entries[i].Shard == first.Shard && entries[i].Offset >= last.Offset; i++)
                last = entries[i];
            if (first.Offset > 0)
                Announce(first.Shard, first.Offset, last.Offset + last.Size - first.Offset);
        }
    }

    // This is only advice: if it fails, the read itself will report why.
    void Announce(string shard, long offset, long length)
    {
        const int WillNeed = 3;
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            var handle = HandleOf(shard);
            var held = false;
            try
            {
                handle.DangerousAddRef(ref held);
                posix_fadvise((int)handle.DangerousGetHandle(), offset, length, WillNeed);
            }
            finally
            {
                if (held)
                    handle.DangerousRelease();
            }
        }
        catch (Exception error) when (error is InvalidDataException or ObjectDisposedException) { }
    }

    [System.Runtime.InteropServices.DllImport("libc")]
    static extern int posix_fadvise(int file, long offset, long length, int advice);

    byte[] ReadWhole(string name, long size)
    {
        using var handle = Open(name, FileOptions.SequentialScan);
        if (RandomAccess.GetLength(handle) != size)
            throw new InvalidDataException(
                $"file {name} has {RandomAccess.GetLength(handle)} bytes, but the manifest says {size}"
            );
        return Read(handle, name, 0, (int)size);
    }

    /// <summary>The full path of a shard.</summary>
    /// <exception cref="InvalidDataException">Its name leads out of the folder.</exception>
    public string PathOf(string name)
    {
        var own = name.StartsWith(OwnPrefix, StringComparison.Ordinal);
        if (root is null || own)
        {
            var plain = own ? name[OwnPrefix.Length..] : name;
            if (plain != Path.GetFileName(plain) || plain is "." or ".." or "")
                throw new InvalidDataException($"'{name}' is not a shard inside the corpus's folder");
            return Path.Combine(folder, plain);
        }
        var path = Path.GetFullPath(Path.Combine(root, name));
        if (!path.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal))
            throw new InvalidDataException($"'{name}' leads out of {root}");
        return path;
    }

    SafeFileHandle Open(string name, FileOptions options)
    {
        try
        {
            return File.OpenHandle(PathOf(name), options: options);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"shard {name} cannot be opened: {error.Message}", error);
        }
    }

    SafeFileHandle HandleOf(string name)
    {
        lock (sync)
        {
            if (open.TryGetValue(name, out var node))
            {
                recent.Remove(node);
                recent.AddFirst(node);
                return node.Value.Handle;
            }
            if (open.Count == MostOpen)
            {
                var (oldest, unused) = recent.Last!.Value;
                recent.RemoveLast();
                open.Remove(oldest);
                unused.Dispose(); // a read in progress still completes
            }
            var handle = Open(name, FileOptions.RandomAccess);
            open.Add(name, recent.AddFirst((name, handle)));
            return handle;
        }
    }

    bool closed;

    /// <summary>Closes all files.</summary>
    public void Dispose()
    {
        lock (sync)
        {
            closed = true;
            foreach (var (_, handle) in recent)
                handle.Dispose();
            recent.Clear();
            open.Clear();
        }
    }
}
