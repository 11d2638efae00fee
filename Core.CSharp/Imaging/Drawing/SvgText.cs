using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace Research.Imaging.Drawing;

/// <summary>
/// A drawing's text as UTF-8 without an XML declaration: guard and librsvg read the same characters, whatever encoding the file claims.
/// Only UTF-8 and UTF-16 are accepted.
/// </summary>
static partial class SvgText
{
    const int LongestDeclaration = 1024;
    static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];
    static ReadOnlySpan<byte> LittleEndianMark => [0xFF, 0xFE];
    static ReadOnlySpan<byte> BigEndianMark => [0xFE, 0xFF];

    /// <summary>The text; a slice of the file itself if that is UTF-8.</summary>
    /// <exception cref="InvalidDataException">The bytes are neither UTF-8 nor UTF-16, or the declaration names another encoding.</exception>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> file)
    {
        var text =
            file.StartsWith(Utf8Mark) ? file[Utf8Mark.Length..]
            : file.StartsWith(LittleEndianMark) ? FromUtf16(file[2..], bigEndian: false)
            : file.StartsWith(BigEndianMark) ? FromUtf16(file[2..], bigEndian: true)
            : file.StartsWith("<\0"u8) ? FromUtf16(file, bigEndian: false)
            : file.StartsWith("\0<"u8) ? FromUtf16(file, bigEndian: true)
            : file;
        if (!Utf8.IsValid(text))
            throw ImageFaults.Error(
                ImageFault.Unsupported,
                $"the drawing is neither UTF-8 nor UTF-16 (byte {FirstInvalid(text)}){Declared(text)}: save it as UTF-8"
            );
        return WithoutDeclaration(text);
    }

    /// <summary>
    /// Refuses a drawing inside another, which librsvg will read as it is, unless its bytes can only be UTF-8.
    /// </summary>
    /// <exception cref="InvalidDataException">They can be something else.</exception>
    public static void RequireUtf8(ReadOnlySpan<byte> file)
    {
        if (!Utf8.IsValid(file) || file.Contains((byte)0))
            throw ImageFaults.Error(ImageFault.Unsupported, "a drawing inside it is not UTF-8");
        if (Encoding(file.StartsWith(Utf8Mark) ? file[Utf8Mark.Length..] : file) is { } named && !IsUtf8(named))
            throw ImageFaults.Error(
                ImageFault.Unsupported,
                $"a drawing inside it claims to be encoded in {Shown(named)}, not UTF-8"
            );
    }

    static ReadOnlySpan<byte> WithoutDeclaration(ReadOnlySpan<byte> text)
    {
        if (Encoding(text) is { } named && !IsUtf8(named) && !IsUtf16(named))
            throw ImageFaults.Error(
                ImageFault.Unsupported,
                $"the drawing claims to be encoded in {Shown(named)}; only UTF-8 and UTF-16 are accepted: save it as UTF-8"
            );
        if (!text.StartsWith("<?xml"u8) || text.Length == 5 || !" \t\r\n"u8.Contains(text[5]))
            return text;
        var end = text.IndexOf("?>"u8);
        if (end < 0 || end > LongestDeclaration)
            throw ImageFaults.Error(ImageFault.Corrupt, "the XML declaration does not end");
        return text[(end + 2)..];
    }

    // Null where nothing is declared.
    static string? Encoding(ReadOnlySpan<byte> text)
    {
        if (!text.StartsWith("<?xml"u8))
            return null;
        var end = text.IndexOf("?>"u8);
        var head = text[..Math.Min(end < 0 ? text.Length : end, LongestDeclaration)];
        var match = EncodingPattern().Match(System.Text.Encoding.Latin1.GetString(head));
        return match.Success ? match.Groups["name"].Value : null;
    }

    static string Declared(ReadOnlySpan<byte> text) =>
        Encoding(text) is { } named && !IsUtf8(named) ? $" and claims to be {Shown(named)}" : "";

    static string Shown(string name) =>
        $"'{string.Concat(name.Take(40).Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':'))}'";

    static bool IsUtf8(string name) =>
        name.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
        || name.Equals("utf8", StringComparison.OrdinalIgnoreCase);

    // Text in UTF-8 may also claim UTF-16: programs save the declaration they had in memory.
    static bool IsUtf16(string name) =>
        name.StartsWith("utf-16", StringComparison.OrdinalIgnoreCase)
        || name.Equals("utf16", StringComparison.OrdinalIgnoreCase);

    static ReadOnlySpan<byte> FromUtf16(ReadOnlySpan<byte> text, bool bigEndian)
    {
        try
        {
            return System.Text.Encoding.UTF8.GetBytes(
                new UnicodeEncoding(bigEndian, byteOrderMark: false, throwOnInvalidBytes: true).GetString(text)
            );
        }
        catch (DecoderFallbackException error)
        {
            throw ImageFaults.Error(
                ImageFault.Unsupported,
                $"the drawing begins like UTF-16 but is not (byte {error.Index}): save it as UTF-8"
            );
        }
    }

    static int FirstInvalid(ReadOnlySpan<byte> text)
    {
        for (var at = 0; at < text.Length; )
        {
            if (Rune.DecodeFromUtf8(text[at..], out _, out var length) != OperationStatus.Done)
                return at;
            at += length;
        }
        return text.Length;
    }

    [GeneratedRegex("""\sencoding\s*=\s*(["'])(?<name>.*?)\1""", RegexOptions.Singleline)]
    private static partial Regex EncodingPattern();
}
