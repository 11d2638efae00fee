using System.Text;

namespace Research.Imaging;

/// <summary>A file's format by its first bytes, whatever its name.</summary>
public enum ImageFormat
{
    /// <summary>None of the formats below.</summary>
    Unknown,

    /// <summary>JPEG, decoded.</summary>
    Jpeg,

    /// <summary>PNG, decoded.</summary>
    Png,

    /// <summary>WebP, decoded; the first frame of an animation.</summary>
    WebP,

    /// <summary>SVG, plain or gzip, rasterised.</summary>
    Svg,

    /// <summary>GIF, recognised only.</summary>
    Gif,

    /// <summary>BMP, recognised only.</summary>
    Bmp,

    /// <summary>TIFF, recognised only.</summary>
    Tiff,

    /// <summary>AVIF, recognised only.</summary>
    Avif,

    /// <summary>HEIC, recognised only.</summary>
    Heic,

    /// <summary>JPEG XL, recognised only.</summary>
    JpegXl,
}

static class ImageFormats
{
    const int SvgLookAhead = 4096;

    public static ImageFormat Sniff(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return ImageFormat.Jpeg;
        if (file.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']))
            return ImageFormat.Png;
        if (file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8))
            return ImageFormat.WebP;
        if (file.StartsWith("GIF8"u8))
            return ImageFormat.Gif;
        if (file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8))
            return ImageFormat.Tiff;
        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]) || (file.Length >= 8 && file[4..].StartsWith("JXL "u8)))
            return ImageFormat.JpegXl;
        if (file.Length >= 12 && file[4..].StartsWith("ftyp"u8))
            return file[8..].StartsWith("avi"u8) ? ImageFormat.Avif
                : file[8..].StartsWith("he"u8) || file[8..].StartsWith("mif1"u8) ? ImageFormat.Heic
                : ImageFormat.Unknown;
        if (LooksLikeSvg(file) || file.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B])) // gzip: the only such picture is SVGZ
            return ImageFormat.Svg;
        return file.StartsWith("BM"u8) ? ImageFormat.Bmp : ImageFormat.Unknown;
    }

    // Markup whose first element, after declarations and comments, may be svg. Wide encodings are read as Latin text. A declaration
    // of another encoding hides the rest: the SVG reader then refuses it.
    static bool LooksLikeSvg(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith(Encoding.UTF8.Preamble))
            file = file[3..];
        var wide =
            file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])
            || file.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])
            || file.StartsWith("<\0"u8)
            || file.StartsWith("\0<"u8);
        var head = file[..Math.Min(file.Length, SvgLookAhead)];
        if (wide)
            return Encoding.Latin1.GetString(head).Replace("\0", "").Contains("<svg", StringComparison.Ordinal);
        head = head.TrimStart(" \t\r\n"u8);
        return head.Length > 0
            && head[0] == '<'
            && (head.IndexOf("<svg"u8) >= 0 || head.IndexOf(":svg"u8) >= 0 || IsOfAnotherEncoding(head));
    }

    static bool IsOfAnotherEncoding(ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf("?>"u8);
        return head.StartsWith("<?xml"u8) && end > 0 && head[(end + 2)..].TrimStart(" \t\r\n"u8) is not [(byte)'<', ..];
    }
}
