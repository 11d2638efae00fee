using System.Text;

namespace Research.Corpora;

/// <summary>A file inside an archive.</summary>
/// <param name="Name">Its name, '/' between folders.</param>
/// <param name="Offset">Where its content begins in the archive, in bytes.</param>
/// <param name="Size">Its length in bytes.</param>
public readonly record struct TarMember(string Name, long Offset, long Size);

/// <summary>
/// Lists the plain files of a tar archive (ustar, pax and GNU long names) without unpacking anything, so that a reader can go
/// straight to their bytes. Made for archives from anywhere: every length is checked against the file before it is used.
/// </summary>
public static class TarReader
{
    const int Block = 512;
    const long LargestExtension = 1 << 20; // a pax header or long name

    /// <summary>The plain files in the order of the archive; folders, links and devices are passed over.</summary>
    /// <param name="archive">A stream that can seek.</param>
    /// <param name="name">What to call the archive in errors.</param>
    /// <exception cref="InvalidDataException">The archive is cut or damaged, or a member's name leads out of its folder.</exception>
    public static IEnumerable<TarMember> Members(Stream archive, string name)
    {
        ArgumentNullException.ThrowIfNull(archive);
        if (!archive.CanSeek)
            throw new ArgumentException("The archive's stream must seek.", nameof(archive));
        var header = new byte[Block];
        string? longName = null;
        long? longSize = null;
        var total = archive.Length;
        for (long at = 0; ; )
        {
            if (at == total && at > 0 && longName is null)
                yield break; // some writers leave the end mark out
            if (at + Block > total)
                throw Damaged(name, at, "it is cut inside a header");
            archive.Position = at;
            archive.ReadExactly(header);
            if (!header.AsSpan().ContainsAnyExcept((byte)0))
                yield break;
            CheckSum(header, name, at);
            var size = Number(header.AsSpan(124, 12), name, at);
            var content = at + Block;
            var kind = header[156];
            if (kind is (byte)'0' or 0 or (byte)'7')
                size = longSize ?? size;
            if (size > total - content)
                throw Damaged(name, at, $"it is cut: a member of {size} bytes, {total - content} are left");
            at = content + size + (Block - size % Block) % Block;
            switch (kind)
            {
                case (byte)'L':
                    longName = Text(ReadExtension(archive, content, size, name)).TrimEnd('\0');
                    break;
                case (byte)'x':
                    (longName, longSize) = Pax(ReadExtension(archive, content, size, name), name, content);
                    break;
                case (byte)'0' or 0 or (byte)'7':
                    var member = longName ?? OwnName(header);
                    (longName, longSize) = (null, null);
                    if (member.EndsWith('/'))
                        break; // old archives mark folders so
                    if (Fault(member) is { } fault)
                        throw Damaged(name, content - Block, $"the member name '{member}' {fault}");
                    yield return new TarMember(
                        member.StartsWith("./", StringComparison.Ordinal) ? member[2..] : member,
                        content,
                        size
                    );
                    break;
                default:
                    if (kind is not (byte)'g' and not (byte)'K')
                        (longName, longSize) = (null, null);
                    break;
            }
        }
    }

    /// <summary>Refuses a name that is empty, absolute or leads upward.</summary>
    /// <exception cref="ArgumentException">It is such a name.</exception>
    internal static void CheckName(string name)
    {
        if (Fault(name) is { } fault)
            throw new ArgumentException($"The member name '{name}' {fault}.", nameof(name));
    }

    static string? Fault(string name)
    {
        if (name.Length == 0)
            return "is empty";
        if (name[0] == '/' || name.Contains('\\') || name.Contains('\0'))
            return "is no relative path";
        return name.Split('/').Contains("..") ? "leads out of its folder" : null;
    }

    static byte[] ReadExtension(Stream archive, long at, long size, string name)
    {
        if (size > LargestExtension)
            throw Damaged(name, at, $"an extended header of {size} bytes (at most {LargestExtension})");
        var content = new byte[size];
        archive.Position = at;
        archive.ReadExactly(content);
        return content;
    }

    // Records of "length key=value\n"; the length counts itself.
    static (string? Path, long? Size) Pax(byte[] records, string name, long at)
    {
        string? path = null;
        long? size = null;
        for (var start = 0; start < records.Length; )
        {
            var rest = records.AsSpan(start);
            var space = rest.IndexOf((byte)' ');
            if (
                space is < 1 or > 9
                || !int.TryParse(rest[..space], out var length)
                || length <= space + 1
                || length > rest.Length
            )
                throw Damaged(name, at, "an extended header is malformed");
            var record = rest[(space + 1)..length].TrimEnd((byte)'\n');
            start += length;
            var equals = record.IndexOf((byte)'=');
            if (equals < 0)
                throw Damaged(name, at, "an extended header is malformed");
            if (record[..equals].SequenceEqual("path"u8))
                path = Text(record[(equals + 1)..]);
            else if (record[..equals].SequenceEqual("size"u8))
                size =
                    long.TryParse(record[(equals + 1)..], out var value) && value >= 0
                        ? value
                        : throw Damaged(name, at, "an extended header states no valid size");
        }
        return (path, size);
    }

    static string OwnName(byte[] header)
    {
        var own = Text(UpToZero(header.AsSpan(0, 100)));
        if (!header.AsSpan(257, 6).SequenceEqual("ustar\0"u8)) // GNU's variant keeps other things in the prefix
            return own;
        var prefix = Text(UpToZero(header.AsSpan(345, 155)));
        return prefix.Length == 0 ? own : prefix + "/" + own;
    }

    static ReadOnlySpan<byte> UpToZero(ReadOnlySpan<byte> field) =>
        field.IndexOf((byte)0) is var end and >= 0 ? field[..end] : field;

    static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    static void CheckSum(byte[] header, string name, long at)
    {
        var stated = Number(header.AsSpan(148, 8), name, at);
        long sum = 8 * ' ';
        for (var i = 0; i < Block; i++)
            if (i is < 148 or >= 156)
                sum += header[i];
        if (sum != stated)
            throw Damaged(name, at, "a header's checksum is wrong");
    }

    // Octal digits, or GNU's base 256 when the first bit is set.
    static long Number(ReadOnlySpan<byte> field, string name, long at)
    {
        long value = 0;
        if ((field[0] & 0x80) != 0)
        {
            foreach (var b in field[1..])
                value =
                    value > long.MaxValue >> 8 ? throw Damaged(name, at, "a number is out of range") : (value << 8) | b;
            return value;
        }
        foreach (var b in field.Trim(" \0"u8))
            value = b is >= (byte)'0' and <= (byte)'7'
                ? (value << 3) | (long)(b - '0')
                : throw Damaged(name, at, "a number is malformed");
        return value;
    }

    static InvalidDataException Damaged(string name, long at, string how) =>
        new($"Archive {name} is damaged at byte {at}: {how}.");
}
