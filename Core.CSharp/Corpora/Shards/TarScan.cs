using System.Text;

namespace Research.Corpora;

/// <summary>One pass over an archive's headers; see <see cref="TarReader"/>.</summary>
sealed class TarScan(Stream archive, Action<TarFault> faults, Action<string, string>? passed)
{
    const int Block = 512;
    const long LargestExtension = 1 << 20; // a pax header or long name
    static readonly byte[] Magic = "ustar"u8.ToArray();

    readonly byte[] header = new byte[Block];
    readonly long total = archive.Length;
    long at;
    string? longName;
    long? longSize;

    /// <summary>The next plain file; null at the end.</summary>
    public TarMember? Next()
    {
        while (true)
        {
            if (at == total && at > 0 && longName is null)
                return null; // some writers leave the end mark out
            if (at + Block > total)
                return End(at, "it is cut off inside a header");
            Read(at, header);
            if (!header.AsSpan().ContainsAnyExcept((byte)0))
            {
                if (!FindMore())
                    return null;
                continue;
            }
            if (HeaderFault(header) is { } fault)
            {
                Damaged(at, fault);
                continue;
            }
            if (Number(header.AsSpan(124, 12)) is not { } size)
            {
                Damaged(at, "a number is malformed or out of range");
                continue;
            }
            var content = at + Block;
            var kind = header[156];
            var plain = kind is (byte)'0' or 0 or (byte)'7';
            if (plain)
                size = longSize ?? size;
            if (size > total - content)
                return End(at, $"it is cut off: a member has {size} bytes, but {total - content} are left");
            var next = content + size + (Block - size % Block) % Block;
            if (kind is (byte)'1' or (byte)'2' && passed is not null)
            {
                at = next;
                if (Member(content, 0) is { } link)
                    return link with { IsLink = true };
                continue;
            }
            if (!plain)
            {
                if (Other(kind) is { } what)
                    passed?.Invoke(longName ?? OwnName(header), what);
                if (Extension(kind, content, size) is { } wrong)
                    Damaged(at, wrong);
                else
                    at = next;
                continue;
            }
            at = next;
            if (Member(content, size) is { } member)
                return member;
        }
    }

    // After the end mark there are zeros, or another archive that was appended, or other data, which are a fault.
    bool FindMore()
    {
        var part = new byte[1 << 16];
        for (var from = at; from < total; from += part.Length)
        {
            var length = (int)Math.Min(part.Length, total - from);
            archive.Position = from;
            archive.ReadExactly(part, 0, length);
            var found = part.AsSpan(0, length).IndexOfAnyExcept((byte)0);
            if (found < 0)
                continue;
            var block = from + found / Block * Block;
            if (block + Block <= total)
            {
                Read(block, header);
                if (HeaderFault(header) is null)
                {
                    at = block;
                    return true;
                }
            }
            Damaged(block, "after the end mark there are data that are not an archive");
            return at < total;
        }
        at = total;
        return false;
    }

    static string? Other(byte kind) =>
        kind switch
        {
            (byte)'3' or (byte)'4' => "devices in archives",
            (byte)'6' => "pipes in archives",
            (byte)'5' or (byte)'L' or (byte)'K' or (byte)'x' or (byte)'g' or (byte)'1' or (byte)'2' => null,
            _ => "members of kinds that are not read in archives",
        };

    // Null when the header does not belong to a wanted file.
    TarMember? Member(long content, long size)
    {
        var member = longName ?? OwnName(header);
        (longName, longSize) = (null, null);
        if (member.EndsWith('/'))
            return null; // old archives mark folders this way
        if (TarReader.NameFault(member) is { } fault)
        {
            faults(new TarFault(TarFaultKind.UnsafeName, content - Block, $"the member name '{member}' {fault}"));
            return null;
        }
        return new TarMember(member.StartsWith("./", StringComparison.Ordinal) ? member[2..] : member, content, size);
    }

    // What is wrong with it; null when it was read.
    string? Extension(byte kind, long content, long size)
    {
        if (kind is (byte)'L' or (byte)'x')
        {
            if (size > LargestExtension)
                return $"an extended header of {size} bytes (at most {LargestExtension})";
            var extension = new byte[size];
            Read(content, extension);
            if (kind == (byte)'x')
                return Pax(extension);
            longName = Text(extension).TrimEnd('\0');
        }
        else if (kind is not (byte)'g' and not (byte)'K')
            (longName, longSize) = (null, null);
        return null;
    }

    TarMember? End(long offset, string reason)
    {
        faults(new TarFault(TarFaultKind.Truncated, offset, reason));
        at = total;
        (longName, longSize) = ("", null); // nothing follows, and a second call gives the same
        return null;
    }

    // To the next block with a sound header. An archive older than ustar has no magic word to search for.
    void Damaged(long offset, string reason)
    {
        faults(new TarFault(TarFaultKind.Damaged, offset, reason));
        (longName, longSize) = (null, null);
        var block = new byte[Block];
        for (at = offset + Block; at + Block <= total; at += Block)
        {
            Read(at, block);
            if (block.AsSpan(257, Magic.Length).SequenceEqual(Magic) && HeaderFault(block) is null)
                return;
        }
        at = total;
    }

    void Read(long position, byte[] target)
    {
        archive.Position = position;
        archive.ReadExactly(target);
    }

    // Records of "length key=value\n"; the length counts itself.
    string? Pax(byte[] records)
    {
        const string malformed = "an extended header is malformed";
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
                return malformed;
            var record = rest[(space + 1)..length].TrimEnd((byte)'\n');
            start += length;
            var equals = record.IndexOf((byte)'=');
            if (equals < 0)
                return malformed;
            if (record[..equals].SequenceEqual("path"u8))
                path = Text(record[(equals + 1)..]);
            else if (record[..equals].SequenceEqual("size"u8))
            {
                if (!long.TryParse(record[(equals + 1)..], out var value) || value < 0)
                    return "an extended header has an invalid size";
                size = value;
            }
        }
        (longName, longSize) = (path, size);
        return null;
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

    static string? HeaderFault(byte[] header)
    {
        if (Number(header.AsSpan(148, 8)) is not { } stated)
            return "a number is malformed or out of range";
        long sum = 8 * ' ';
        for (var i = 0; i < Block; i++)
            if (i is < 148 or >= 156)
                sum += header[i];
        return sum == stated ? null : "a header's checksum is wrong";
    }

    // Octal digits, or GNU's base 256 when the first bit is set.
    static long? Number(ReadOnlySpan<byte> field)
    {
        long value = 0;
        if ((field[0] & 0x80) != 0)
        {
            foreach (var b in field[1..])
            {
                if (value > long.MaxValue >> 8)
                    return null;
                value = (value << 8) | b;
            }
            return value;
        }
        foreach (var b in field.Trim(" \0"u8))
        {
            if (b is < (byte)'0' or > (byte)'7')
                return null;
            value = (value << 3) | (long)(b - '0');
        }
        return value;
    }
}
