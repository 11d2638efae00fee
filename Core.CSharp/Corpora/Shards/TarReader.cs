namespace Research.Corpora;

/// <summary>A file inside an archive.</summary>
/// <param name="Name">Its name, '/' between folders.</param>
/// <param name="Offset">Where its content begins in the archive, in bytes.</param>
/// <param name="Size">Its length in bytes.</param>
public readonly record struct TarMember(string Name, long Offset, long Size)
{
    /// <summary>Whether it is a link to another member, and so has no content.</summary>
    public bool IsLink { get; init; }
}

/// <summary>The kinds of archive faults.</summary>
public enum TarFaultKind
{
    /// <summary>The archive ends inside a header or a member.</summary>
    Truncated,

    /// <summary>A header contradicts the format.</summary>
    Damaged,

    /// <summary>A member's name is empty, absolute, or leads out of its folder.</summary>
    UnsafeName,
}

/// <summary>A fault of an archive.</summary>
/// <param name="Kind">The kind of fault.</param>
/// <param name="Offset">Where, in bytes.</param>
/// <param name="Reason">What is wrong, without the archive's name.</param>
public readonly record struct TarFault(TarFaultKind Kind, long Offset, string Reason);

/// <summary>
/// Lists the plain files of a tar archive (ustar, pax and GNU long names) without unpacking it, so that a reader can go
/// straight to their bytes. Made for untrusted archives: every length is checked against the file before use.
/// </summary>
public static class TarReader
{
    /// <summary>
    /// The plain files in archive order; folders, links and devices are skipped. Reading continues after an end mark, because archives
    /// are sometimes concatenated.
    /// </summary>
    /// <param name="archive">A seekable stream.</param>
    /// <param name="name">What to call the archive in errors.</param>
    /// <exception cref="InvalidDataException">The archive is cut off or damaged, or a member's name leads out of its folder.</exception>
    public static IEnumerable<TarMember> Members(Stream archive, string name) =>
        Members(
            archive,
            fault =>
                throw new InvalidDataException($"Archive {name} is damaged at byte {fault.Offset}: {fault.Reason}.")
        );

    /// <summary>
    /// The same, keeping as much of a damaged archive as possible: each fault is reported and reading continues, directly after a member
    /// with an unsafe name, after a damaged header at the next sound one. A <see cref="TarFaultKind.Truncated"/> fault is the last.
    /// </summary>
    /// <param name="archive">A seekable stream.</param>
    /// <param name="faults">Receives every fault, in order.</param>
    /// <param name="passed">Receives the name and kind of everything else in the archive. With it, links come as members.</param>
    /// <exception cref="ArgumentException">The stream cannot seek; thrown when the first member is read.</exception>
    public static IEnumerable<TarMember> Members(
        Stream archive,
        Action<TarFault> faults,
        Action<string, string>? passed = null
    )
    {
        ArgumentNullException.ThrowIfNull(archive);
        ArgumentNullException.ThrowIfNull(faults);
        if (!archive.CanSeek)
            throw new ArgumentException("The archive's stream must be seekable.", nameof(archive));
        var scan = new TarScan(archive, faults, passed);
        while (scan.Next() is { } member)
            yield return member;
    }

    /// <summary>Refuses a name that is empty, absolute or leads upward.</summary>
    /// <exception cref="ArgumentException">The name is one of these.</exception>
    internal static void CheckName(string name)
    {
        if (NameFault(name) is { } fault)
            throw new ArgumentException($"The member name '{name}' {fault}.", nameof(name));
    }

    /// <summary>What is wrong with a foreign relative path; null when nothing is.</summary>
    internal static string? NameFault(string name)
    {
        if (name.Length == 0)
            return "is empty";
        if (name[0] == '/' || name.Contains('\\') || name.Contains('\0'))
            return "is not a relative path";
        return name.Split('/').Contains("..") ? "leads out of its folder" : null;
    }
}
