using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Research.Corpora.Import;

/// <summary>What .NET does not tell about a path. Opening a pipe waits for a writer, and reading a device never ends.</summary>
static class FileKind
{
    const int CurrentFolder = -100;
    const uint TypeAndNumber = 0x1 | 0x100;
    const int LargestEntry = 256; // struct statx, the same on all of Linux

    /// <summary>What a path is, links followed, when it is neither a plain file nor a folder; null for these, and where nothing exists.</summary>
    public static string? Odd(string path) =>
        Status(path) is not { } status
            ? null
            : (status.Mode & 0xF000) switch
            {
                0x1000 => "a pipe",
                0x2000 or 0x6000 => "a device",
                0xC000 => "a socket",
                _ => null,
            };

    /// <summary>The file at a path, links followed; null where there is none.</summary>
    public static FileInfo? Target(string path)
    {
        var file = new FileInfo(path);
        if (file.Exists && file.LinkTarget is not null)
            return file.ResolveLinkTarget(true) is FileInfo { Exists: true } target ? target : null;
        return file.Exists ? file : null;
    }

    /// <summary>A key that is equal for two paths of the same folder.</summary>
    public static string Identity(string folder) =>
        Status(folder) is { } status
            ? status.Identity
            : new DirectoryInfo(folder).ResolveLinkTarget(true)?.FullName ?? Path.GetFullPath(folder);

    static (int Mode, string Identity)? Status(string path)
    {
        if (!OperatingSystem.IsLinux() || path.Contains('\0'))
            return null;
        var entry = new byte[LargestEntry];
        try
        {
            if (statx(CurrentFolder, [.. Encoding.UTF8.GetBytes(path), 0], 0, TypeAndNumber, entry) != 0)
                return null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
        var mode = BinaryPrimitives.ReadUInt16LittleEndian(entry.AsSpan(28));
        var device = BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(136));
        return (mode, $"{device}:{BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(32))}");
    }

    [DllImport("libc")]
    static extern int statx(int folder, byte[] path, int flags, uint mask, byte[] entry);
}
