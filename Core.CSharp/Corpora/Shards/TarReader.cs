namespace Research.Corpora;

/// <summary>A file inside an archive.</summary>
/// <param name="Name">Its name, '/' between folders.</param>
/// <param name="Offset">Where its content begins in the archive, in bytes.</param>
/// <param name="Size">Its length in bytes.</param>
public readonly record struct TarMember(string Name, long Offset, long Size)
{
    /// <summary>Whether it is a link to another member, and so has no content here.</summary>
    public bool IsLink { get; init; }
}

/// <summary>What can be wrong with an archive.</summary>
public enum TarFaultKind
{
    /// <summary>The archive ends inside a header or a member.</summary>
    Truncated,

    /// <summary>A header contradicts the format.</summary>
    Damaged,

    /// <summary>A member's name is empty, absolute, or leads out of its folder.</summary>
    UnsafeName,
}

/// <summary>Something wrong with an archive.</summary>
/// <param name="Kind">What kind of fault.</param>
/// <param name="Offset">Where, in bytes.</param>
/// <param name="Reason">What is wrong, without the archive's name.</param>
public readonly record struct TarFault(TarFaultKind Kind, long Offset, string Reason);

/// <summary>
/// Lists the plain files of a tar archive (ustar, pax and GNU long names) without unpacking anything, so that a reader can go
/// straight to their bytes. Made for archives from anywhere: every length is checked against the file before it is used.
/// </summary>
public static class TarReader
{
    /// <summary>
    /// The plain files in the order of the archive; folders, links and devices are passed over. An archive that goes on behind its end mark, as
    /// several that were put together do, is read on.
    /// </summary>
    /// <param name="archive">A stream that can seek.</param>
    /// <param name="name">What to call the archive in errors.</param>
    /// <exception cref="InvalidDataException">The archive is cut or damaged, or a member's name leads out of its folder.</exception>
    public static IEnumerable<TarMember> Members(Stream archive, string name) =>
        Members(
            archive,
            fault =>
                throw new InvalidDataException($"Archive {name} is damaged at byte {fault.Offset}: {fault.Reason}.")
        );

    /// <summary>
    /// The same for archives of which as much as possible is to be kept: a fault is told and reading goes on, behind a member of an unsafe
    /// name at once, behind a damaged header at the next sound one. What was told as <see cref="TarFaultKind.Truncated"/> is the end.
    /// </summary>
    /// <param name="archive">A stream that can seek.</param>
    /// <param name="faults">Told every fault, in order.</param>
    /// <param name="passed">Told what else is in the archive: its name and what it is. With it, links come as members.</param>
    /// <exception cref="ArgumentException">The stream cannot seek; thrown when the first member is asked for.</exception>
    public static IEnumerable<TarMember> Members(
        Stream archive,
        Action<TarFault> faults,
        Action<string, string>? passed = null
    )
    {
        ArgumentNullException.ThrowIfNull(archive);
        ArgumentNullException.ThrowIfNull(faults);
        if (!archive.CanSeek)
            throw new ArgumentException("The archive's stream must seek.", nameof(archive));
        var scan = new TarScan(archive, faults, passed);
        while (scan.Next() is { } member)
            yield return member;
    }

    /// <summary>Refuses a name that is empty, absolute or leads upward.</summary>
    /// <exception cref="ArgumentException">It is such a name.</exception>
    internal static void CheckName(string name)
    {
        if (NameFault(name) is { } fault)
            throw new ArgumentException($"The member name '{name}' {fault}.", nameof(name));
    }

    /// <summary>What is wrong with a relative path from elsewhere; null when nothing is.</summary>
    internal static string? NameFault(string name)
    {
        if (name.Length == 0)
            return "is empty";
        if (name[0] == '/' || name.Contains('\\') || name.Contains('\0'))
            return "is no relative path";
        return name.Split('/').Contains("..") ? "leads out of its folder" : null;
    }
}
