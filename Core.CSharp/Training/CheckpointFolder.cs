using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Research.Training;

/// <summary>
/// A run's checkpoints, one folder each, "step-000000200", complete or absent: a checkpoint is written under another name, flushed to the
/// disk, and renamed. The newest two are kept, so that a damaged newest one has one to fall back to. SHA256SUMS lists the files' hashes.
/// </summary>
sealed partial class CheckpointFolder
{
    const int Kept = 2;
    const string Prefix = "step-";
    const string Unfinished = ".unfinished-";
    const string Sums = "SHA256SUMS";
    readonly string root;

    /// <summary>Opens or creates the folder; who writes clears what a killed process left half-written, and tries whether it can write.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="writes">
    /// Whether this process writes: of those that open a folder together only one, or each would clear away what another has begun.
    /// </param>
    /// <exception cref="IOException">The folder cannot be written to; the message names it.</exception>
    public CheckpointFolder(string root, bool writes = true)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        this.root = Path.GetFullPath(root);
        try
        {
            Directory.CreateDirectory(this.root);
            if (!writes)
                return;
            foreach (var left in Directory.GetDirectories(this.root, Unfinished + "*"))
                Directory.Delete(left, recursive: true);
            var probe = Path.Combine(this.root, $"{Unfinished}{Guid.NewGuid():N}");
            Directory.CreateDirectory(probe);
            Directory.Delete(probe);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new IOException($"The checkpoint folder '{this.root}' cannot be written to: {e.Message}", e);
        }
    }

    /// <summary>The newest checkpoint's folder, or null.</summary>
    public string? Newest => Existing().FirstOrDefault();

    /// <summary>Writes a checkpoint and, once it is complete, removes those that are no longer needed.</summary>
    /// <returns>The checkpoint's folder.</returns>
    /// <exception cref="IOException">It cannot be written; what stood in the folder before is still there.</exception>
    public string Save(Checkpoint checkpoint)
    {
        var final = Path.Combine(root, Prefix + checkpoint.Step.ToString("d9", CultureInfo.InvariantCulture));
        var temporary = Path.Combine(root, $"{Unfinished}{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(temporary);
            checkpoint.Write(temporary);
            var sums = Checkpoint.Files.Select(name => $"{Hash(Path.Combine(temporary, name))}  {name}\n"); // sha256sum -c reads it
            File.WriteAllText(Path.Combine(temporary, Sums), string.Concat(sums));
            foreach (var file in Directory.GetFiles(temporary))
                Flush(file, directory: false);
            Flush(temporary, directory: true);
            if (Directory.Exists(final)) // cancelled again at the step that it resumed from: the same content
                Directory.Delete(final, recursive: true);
            Directory.Move(temporary, final);
            Flush(root, directory: true);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new IOException(
                $"Step {checkpoint.Step}: the checkpoint could not be written to '{root}': {e.Message}. Earlier checkpoints are kept.",
                e
            );
        }
        foreach (var old in Existing().Skip(Kept))
            Directory.Delete(old, recursive: true);
        return final;
    }

    /// <summary>
    /// The newest checkpoint that is intact, or null. Each damaged one that is passed over is told to <paramref name="notice"/> in a line.
    /// </summary>
    public Checkpoint? LoadNewest(Action<string> notice)
    {
        var candidates = Existing();
        for (var i = 0; i < candidates.Count; i++)
        {
            try
            {
                Verify(candidates[i]);
                return Checkpoint.Read(candidates[i]);
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                var instead = i + 1 < candidates.Count ? $"'{Path.GetFileName(candidates[i + 1])}'" : "the beginning";
                notice($"The checkpoint '{candidates[i]}' is damaged ({e.Message}); resuming from {instead} instead.");
                SetAside(candidates[i]);
            }
        }
        return null;
    }

    /// <summary>Checkpoint folders, newest first.</summary>
    List<string> Existing() =>
        [.. Directory.GetDirectories(root, Prefix + "*").OrderDescending(StringComparer.Ordinal)];

    /// <summary>Renames a damaged checkpoint, so that it neither is tried again nor counts among those that are kept.</summary>
    static void SetAside(string folder)
    {
        var aside = Path.Combine(Path.GetDirectoryName(folder)!, "damaged-" + Path.GetFileName(folder));
        if (Directory.Exists(aside))
            Directory.Delete(aside, recursive: true);
        Directory.Move(folder, aside);
    }

    static void Verify(string folder)
    {
        var expected = File.ReadAllLines(Path.Combine(folder, Sums)).Select(l => l.Split("  ", 2)).ToList();
        if (!expected.Select(e => e[^1]).SequenceEqual(Checkpoint.Files))
            throw new InvalidDataException($"{Sums} does not list {string.Join(" and ", Checkpoint.Files)}");
        foreach (var entry in expected)
            if (Hash(Path.Combine(folder, entry[^1])) != entry[0])
                throw new InvalidDataException($"{entry[^1]} does not have the hash in {Sums}");
    }

    static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Makes a file, or the entries of a folder, survive a power cut. .NET flushes only files, hence the system call.</summary>
    static void Flush(string path, bool directory)
    {
        if (!directory)
        {
            using var file = File.OpenHandle(path, access: FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(file);
            return;
        }
        if (!OperatingSystem.IsLinux())
            return;
        var descriptor = Open(path, 0); // O_RDONLY
        if (descriptor < 0)
            throw new IOException($"'{path}' cannot be opened to flush it (errno {Marshal.GetLastPInvokeError()})");
        var failed = Sync(descriptor) != 0;
        _ = Close(descriptor);
        if (failed)
            throw new IOException($"'{path}' cannot be flushed to the disk");
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
