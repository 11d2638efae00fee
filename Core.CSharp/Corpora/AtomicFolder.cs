namespace Research.Corpora;

/// <summary>
/// A folder that appears whole or not at all: files go to a work folder beside it, which <see cref="Commit"/> renames.
/// <see cref="Lock"/> keeps two processes from building one folder at once.
/// </summary>
sealed class AtomicFolder : IDisposable
{
    readonly string final;

    /// <summary>Creates the work folder.</summary>
    /// <exception cref="IOException">The parent cannot be written; the message names it.</exception>
    public AtomicFolder(string folder)
    {
        final = Path.GetFullPath(folder);
        var parent =
            Path.GetDirectoryName(final)
            ?? throw new ArgumentException($"'{folder}' has no parent folder.", nameof(folder));
        try
        {
            Directory.CreateDirectory(parent);
            Work = Path.Combine(
                parent,
                $".{Path.GetFileName(final)}.{Environment.ProcessId}-{Guid.NewGuid():N}.partial"
            );
            Directory.CreateDirectory(Work);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Cannot write to {parent}: {error.Message}", error);
        }
    }

    /// <summary>Where to write.</summary>
    public string Work { get; }

    /// <summary>Moves the work folder to its final place, replacing what was there.</summary>
    public void Commit()
    {
        if (Directory.Exists(final))
        {
            var old = Work + ".old";
            Directory.Move(final, old);
            Directory.Move(Work, final);
            Directory.Delete(old, recursive: true);
        }
        else
            Directory.Move(Work, final);
    }

    /// <summary>Removes the work folder unless it was committed.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Work))
            Directory.Delete(Work, recursive: true);
    }

    /// <summary>Removes what killed builds of a folder left behind. Call only under <see cref="Lock"/>.</summary>
    public static void RemoveLeftovers(string folder)
    {
        var final = Path.GetFullPath(folder);
        var parent = Path.GetDirectoryName(final);
        if (Directory.Exists(parent))
            foreach (var leftover in Directory.EnumerateDirectories(parent, $".{Path.GetFileName(final)}.*.partial*"))
                Directory.Delete(leftover, recursive: true);
    }

    /// <summary>Waits until no other process builds this folder; dispose the result to let the next one in.</summary>
    public static IDisposable Lock(string folder, CancellationToken cancellation)
    {
        var final = Path.GetFullPath(folder);
        var parent = Path.GetDirectoryName(final)!;
        var path = Path.Combine(parent, $".{Path.GetFileName(final)}.lock");
        try
        {
            Directory.CreateDirectory(parent);
            File.Open(path, FileMode.OpenOrCreate).Dispose();
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"Cannot write to {parent}: {error.Message}", error);
        }
        catch (IOException) when (File.Exists(path))
        {
            // another process holds it: wait below
        }
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                if (cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(200)))
                    cancellation.ThrowIfCancellationRequested();
            }
        }
    }
}
