using System.IO.Compression;
using System.Text;

namespace Research.Corpora.Import;

/// <summary>Text of unknown origin: strict UTF-8, bounded, unpacked where its name ends in <c>.gz</c>.</summary>
static class TextFiles
{
    /// <summary>What a text beside a picture may have: 16 MiB, unpacked.</summary>
    public const int LargestText = 16 << 20;

    static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The text; null when it is no UTF-8. A byte order mark is passed over.</summary>
    public static string? Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>Unpacked bytes.</summary>
    /// <exception cref="InvalidDataException">They are damaged or more than <paramref name="most"/>.</exception>
    public static byte[] Unpack(byte[] packed, int most = LargestText)
    {
        using var from = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var to = new MemoryStream();
        var part = new byte[1 << 14];
        for (int read; (read = from.Read(part)) > 0; to.Write(part, 0, read))
            if (to.Length + read > most)
                throw new InvalidDataException($"unpacks to more than {most} bytes");
        return to.ToArray();
    }

    /// <summary>Opens a file to read in order, unpacking it where its name says so.</summary>
    /// <exception cref="InvalidDataException">It is UTF-16, which some programs write unasked.</exception>
    public static Stream Open(string path)
    {
        var file = new FileStream(
            path,
            new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 1 << 16 }
        );
        Span<byte> mark = stackalloc byte[2];
        var wide = file.ReadAtLeast(mark, 2, false) == 2 && mark is [0xFF, 0xFE] or [0xFE, 0xFF];
        file.Position = 0;
        if (wide)
        {
            file.Dispose();
            throw new InvalidDataException($"{path} is UTF-16. Save it as UTF-8.");
        }
        return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? new BufferedStream(new GZipStream(file, CompressionMode.Decompress), 1 << 16)
            : file;
    }

    /// <summary>A name without <c>.gz</c>.</summary>
    public static string WithoutGz(string name) =>
        name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name;

    /// <summary>
    /// The lines of a stream as bytes, without their ends; null stands for one longer than <see cref="LargestText"/>.
    /// </summary>
    public static IEnumerable<byte[]?> Lines(Stream stream)
    {
        using var line = new MemoryStream();
        var part = new byte[1 << 16];
        var tooLong = false;
        for (int read; (read = stream.Read(part)) > 0; )
        for (var start = 0; start < read; )
        {
            var end = part.AsSpan(start, read - start).IndexOf((byte)'\n');
            var length = end < 0 ? read - start : end;
            if (line.Length + length > LargestText)
                tooLong = true;
            else
                line.Write(part, start, length);
            start += length + 1;
            if (end < 0)
                continue;
            yield return tooLong ? null : Trimmed(line);
            line.SetLength(0);
            tooLong = false;
        }
        if (line.Length > 0 || tooLong)
            yield return tooLong ? null : Trimmed(line);
    }

    static byte[] Trimmed(MemoryStream line) =>
        line.GetBuffer().AsSpan(0, (int)line.Length).TrimEnd((byte)'\r').ToArray();
}
