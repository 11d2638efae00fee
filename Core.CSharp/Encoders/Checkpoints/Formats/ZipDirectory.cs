using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Research.Encoders.Formats;

/// <summary>One file of a zip archive.</summary>
/// <param name="Name">Its name, never used as a path.</param>
/// <param name="Offset">Where its bytes begin in the archive.</param>
/// <param name="Packed">The number of bytes in the archive.</param>
/// <param name="Size">The number of bytes unpacked.</param>
/// <param name="Deflated">Whether it is packed; otherwise the bytes are as they are.</param>
sealed record ZipEntry(string Name, long Offset, long Packed, long Size, bool Deflated);

/// <summary>
/// The directory of a zip archive, with 64-bit sizes, read without trusting it: every entry lies inside the file, no two overlap, and what
/// they unpack to is bounded by the file's own size.
/// </summary>
static class ZipDirectory
{
    const int LargestDirectory = 16 << 20;
    const int TailLength = 22 + ushort.MaxValue;
    const long SmallestBound = 64 << 20;
    const int LargestGrowth = 8; // weights hardly pack at all

    /// <summary>The entries by name.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged, or lies about its sizes.</exception>
    public static Dictionary<string, ZipEntry> Read(string path, SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        var (start, size, count) = FindDirectory(path, file, length);
        var directory = new byte[size];
        ReadFully(path, file, directory, start);
        var entries = new Dictionary<string, ZipEntry>(StringComparer.Ordinal);
        var taken = new List<(long Begin, long End, string Name)>();
        var at = 0;
        var unpacked = 0L;
        for (var i = 0L; i < count; i++)
        {
            if (directory.Length - at < 46 || U32(directory, at) != 0x02014B50)
                throw Bad(path, $"its directory ends after {i} of {count} entries");
            var (flags, method) = (U16(directory, at + 8), U16(directory, at + 10));
            long packed = U32(directory, at + 20),
                whole = U32(directory, at + 24),
                local = U32(directory, at + 42);
            int nameLength = U16(directory, at + 28),
                extraLength = U16(directory, at + 30),
                commentLength = U16(directory, at + 32);
            if (directory.Length - at - 46 < nameLength + extraLength + commentLength)
                throw Bad(path, $"its directory ends inside entry {i}");
            var name = Encoding.UTF8.GetString(directory, at + 46, nameLength);
            Widen(path, name, directory.AsSpan(at + 46 + nameLength, extraLength), ref whole, ref packed, ref local);
            at += 46 + nameLength + extraLength + commentLength;
            if ((flags & 1) != 0)
                throw Bad(path, $"{TensorFile.Quoted(name)} is encrypted");
            if (method is not (0 or 8))
                throw Bad(
                    path,
                    $"{TensorFile.Quoted(name)} is packed by method {method}; only stored and deflated are read"
                );
            if (method == 0 && packed != whole)
                throw Bad(
                    path,
                    $"{TensorFile.Quoted(name)} is stored, but has {packed} bytes packed and {whole} unpacked"
                );
            var offset = DataOffset(path, file, name, local, start);
            if (packed > start - offset)
                throw Bad(
                    path,
                    $"{TensorFile.Quoted(name)} claims {packed} bytes, more than the archive has after byte {offset}"
                );
            if (whole > Bound(length) - unpacked)
                throw Bad(path, $"it would unpack to more than {Bound(length)} bytes at {TensorFile.Quoted(name)}");
            unpacked += whole;
            if (!entries.TryAdd(name, new ZipEntry(name, offset, packed, whole, method == 8)))
                throw Bad(path, $"{TensorFile.Quoted(name)} occurs twice");
            taken.Add((local, offset + packed, name));
        }
        taken.Sort();
        for (var i = 1; i < taken.Count; i++)
            if (taken[i].Begin < taken[i - 1].End)
                throw Bad(path, $"{TensorFile.Quoted(taken[i].Name)} overlaps {TensorFile.Quoted(taken[i - 1].Name)}");
        return entries;
    }

    /// <summary>Fills a span with an entry's bytes from a place on, unpacked.</summary>
    /// <exception cref="InvalidDataException">The entry is damaged.</exception>
    public static void Read(string path, SafeFileHandle file, ZipEntry entry, long from, Span<byte> target)
    {
        if (from < 0 || target.Length > entry.Size - from)
            throw Bad(path, $"{TensorFile.Quoted(entry.Name)} has {entry.Size} bytes, not {from} + {target.Length}");
        if (!entry.Deflated)
        {
            ReadFully(path, file, target, entry.Offset + from);
            return;
        }
        using var stream = Unpack(file, entry);
        try
        {
            Skip(stream, from);
            stream.ReadExactly(target);
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException)
        {
            throw new InvalidDataException(
                Bad(path, $"{TensorFile.Quoted(entry.Name)} cannot be unpacked ({e.Message})").Message,
                e
            );
        }
    }

    static long Bound(long length) => Math.Max(SmallestBound, LargestGrowth * length);

    static (long Start, int Size, long Count) FindDirectory(string path, SafeFileHandle file, long length)
    {
        var tail = new byte[Math.Min(length, TailLength)];
        ReadFully(path, file, tail, length - tail.Length);
        var at = tail.Length - 22;
        while (at >= 0 && (U32(tail, at) != 0x06054B50 || U16(tail, at + 20) != tail.Length - at - 22))
            at--;
        if (at < 0)
            throw Bad(path, "it has no directory at its end: the file is cut off");
        ulong count = U16(tail, at + 10),
            size = U32(tail, at + 12),
            start = U32(tail, at + 16);
        if ((count == ushort.MaxValue || size == uint.MaxValue || start == uint.MaxValue) && at >= 20)
        {
            if (U32(tail, at - 20) != 0x07064B50)
                throw Bad(path, "its directory needs 64-bit sizes and has none");
            var wide = new byte[56];
            var place = U64(tail, at - 12);
            if (place > (ulong)Math.Max(0, length - wide.Length))
                throw Bad(path, $"its 64-bit directory would begin at byte {place} of {length}");
            ReadFully(path, file, wide, (long)place);
            if (U32(wide, 0) != 0x06064B50)
                throw Bad(path, $"byte {place} does not begin a 64-bit directory");
            (count, size, start) = (U64(wide, 32), U64(wide, 40), U64(wide, 48));
        }
        if (size > LargestDirectory)
            throw Bad(path, $"its directory claims {size} bytes, more than the {LargestDirectory} allowed");
        if (start > (ulong)length || size > (ulong)length - start)
            throw Bad(path, $"its directory would lie at byte {start} with {size} bytes, and the file has {length}");
        if (count > size / 46)
            throw Bad(path, $"its directory claims {count} entries in {size} bytes");
        return ((long)start, (int)size, (long)count);
    }

    // The 64-bit forms stand in an extra field, in this order, each only where its 32-bit place is full.
    static void Widen(
        string path,
        string name,
        ReadOnlySpan<byte> extra,
        ref long whole,
        ref long packed,
        ref long local
    )
    {
        while (extra.Length >= 4)
        {
            var (kind, size) = (U16(extra, 0), U16(extra, 2));
            if (size > extra.Length - 4)
                return; // padding of some writers
            var field = extra.Slice(4, size);
            extra = extra[(4 + size)..];
            if (kind != 1)
                continue;
            Take(ref field, ref whole);
            Take(ref field, ref packed);
            Take(ref field, ref local);
        }
        if (whole == uint.MaxValue || packed == uint.MaxValue || local == uint.MaxValue)
            throw Bad(path, $"{TensorFile.Quoted(name)} needs 64-bit sizes and has none");

        void Take(ref ReadOnlySpan<byte> field, ref long value)
        {
            if (value != uint.MaxValue || field.Length < 8)
                return;
            var wide = U64(field, 0);
            if (wide > long.MaxValue / 2)
                throw Bad(path, $"{TensorFile.Quoted(name)} claims {wide} bytes");
            value = (long)wide;
            field = field[8..];
        }
    }

    static long DataOffset(string path, SafeFileHandle file, string name, long local, long directory)
    {
        Span<byte> header = stackalloc byte[30];
        if (local > directory - header.Length)
            throw Bad(path, $"{TensorFile.Quoted(name)} would begin at byte {local}, behind the archive's data");
        ReadFully(path, file, header, local);
        var offset = local + header.Length + U16(header, 26) + U16(header, 28);
        return U32(header, 0) == 0x04034B50 && offset <= directory
            ? offset
            : throw Bad(path, $"byte {local} does not begin {TensorFile.Quoted(name)}");
    }

    static DeflateStream Unpack(SafeFileHandle file, ZipEntry entry) =>
        new(new FilePart(file, entry.Offset, entry.Packed), CompressionMode.Decompress);

    static void Skip(Stream stream, long count)
    {
        var buffer = new byte[Math.Min(count, 1 << 16)];
        for (; count > 0; count -= Math.Min(count, buffer.Length))
            stream.ReadExactly(buffer, 0, (int)Math.Min(count, buffer.Length));
    }

    static void ReadFully(string path, SafeFileHandle file, Span<byte> target, long offset)
    {
        while (target.Length > 0)
        {
            var count = RandomAccess.Read(file, target, offset);
            if (count == 0)
                throw Bad(path, $"it ends at byte {offset}, in the middle of its data");
            target = target[count..];
            offset += count;
        }
    }

    static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    internal static InvalidDataException Bad(string path, string problem) =>
        new(
            $"'{path}' is not a usable archive of torch.save: {problem}. Fetch it again, or save it again from its source."
        );
}
