using System.IO.Compression;
using System.Text;

namespace Research.Corpora.Import;

/// <summary>Text of unknown origin: strict UTF-8, in lines, bounded.</summary>
static class TextFiles
{
    /// <summary>Why <see cref="Decode"/> refuses a text.</summary>
    public const string NoUtf8 = "not UTF-8 (perhaps Latin-1: iconv -f latin1 -t utf-8 turns it into UTF-8)";

    static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The text; null when it is not UTF-8. A byte-order mark is skipped.</summary>
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

    /// <summary>Unpacked bytes; text that is not packed stays as it is.</summary>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    /// <exception cref="UnpackedTooLargeException">They exceed the bound.</exception>
    public static byte[] Unpack(byte[] packed, ReadBounds bounds)
    {
        if (packed is not [0x1F, 0x8B, ..])
            return packed;
        using var from = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var to = new MemoryStream();
        var part = new byte[1 << 14];
        for (int read; (read = from.Read(part)) > 0; to.Write(part, 0, read))
            if (to.Length + read > bounds.Text)
                throw new UnpackedTooLargeException(bounds.TextReason("it unpacks to a text"));
        return to.ToArray();
    }

    /// <summary>A name without <c>.gz</c>.</summary>
    public static string WithoutGz(string name) =>
        name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name;

    /// <summary>The lines of a stream as bytes, without their ends; null for a line longer than <paramref name="largest"/>.</summary>
    public static IEnumerable<byte[]?> Lines(Stream stream, int largest)
    {
        using var line = new MemoryStream();
        var part = new byte[1 << 16];
        var tooLong = false;
        for (int read; (read = stream.Read(part)) > 0; )
        for (var start = 0; start < read; )
        {
            var end = part.AsSpan(start, read - start).IndexOf((byte)'\n');
            var length = end < 0 ? read - start : end;
            if (line.Length + length > largest)
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
