using System.IO.Compression;
using System.Text;
using System.Xml;

namespace Research.Imaging.Drawing;

/// <summary>
/// Refuses what is known to make librsvg end the process, fill the memory or never return, before librsvg sees it; the reason names
/// the element. Unknown dangers meet the limits of the drawing process.
/// </summary>
static class SvgGuard
{
    /// <summary>The deepest nesting of elements: libxml2's own bound.</summary>
    public const int DeepestElement = 257;

    /// <summary>The largest number of elements; a million of them takes librsvg 1.2 GB.</summary>
    public const int MostElements = 300_000;

    /// <summary>The largest number of attributes on an element; librsvg's time grows with its square.</summary>
    public const int MostAttributes = 1000;

    /// <summary>The longest text, in characters: 100,000 take librsvg 30 s and 400 MB.</summary>
    public const int LongestText = 20_000;

    /// <summary>The largest number of pixels in an embedded picture.</summary>
    public const long LargestEmbedded = 64_000_000;

    static readonly DecodeOptions AnySize = new() { LargestPixelCount = long.MaxValue };
    const int LargestEntityExpansion = 1 << 20;
    const int DeepestDrawingInDrawing = 3;
    static readonly byte[] Gzip = [0x1F, 0x8B];

    static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Parse,
        XmlResolver = null,
        MaxCharactersFromEntities = LargestEntityExpansion,
        ConformanceLevel = ConformanceLevel.Document,
        IgnoreComments = true,
    };

    /// <summary>The drawing's markup for librsvg: unpacked, in UTF-8, within the limits.</summary>
    /// <exception cref="InvalidDataException">A bound is exceeded, or the markup is malformed.</exception>
    public static ReadOnlySpan<byte> Check(ReadOnlySpan<byte> svg) => Check(svg, 0);

    static ReadOnlySpan<byte> Check(ReadOnlySpan<byte> svg, int depth)
    {
        if (svg.IsEmpty)
            throw ImageFaults.Error(ImageFault.Empty, "the file is empty");
        var markup = SvgText.Of(svg.StartsWith(Gzip) ? Unpack(svg) : svg);
        Scan(markup, depth);
        return markup;
    }

    static byte[] Unpack(ReadOnlySpan<byte> packed)
    {
        using var from = new GZipStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
        using var to = new MemoryStream();
        var part = new byte[1 << 16];
        try
        {
            for (int read; (read = from.Read(part)) > 0; to.Write(part, 0, read))
                if (to.Length + read > Svg.LargestFile)
                    throw ImageFaults.Error(
                        ImageFault.TooLarge,
                        $"the drawing unpacks to more than {Svg.LargestFile} bytes"
                    );
        }
        catch (InvalidDataException error) when (ImageFaults.Of(error) is null)
        {
            throw ImageFaults.Error(ImageFault.Corrupt, $"gzip: {error.Message}");
        }
        if (to.Length == 0)
            throw ImageFaults.Error(ImageFault.Truncated, "the gzip data are cut off");
        return to.ToArray();
    }

    static unsafe void Scan(ReadOnlySpan<byte> markup, int depth)
    {
        fixed (byte* start = markup)
        {
            try
            {
                using var stream = new UnmanagedMemoryStream(start, markup.Length);
                using var text = new StreamReader(stream, new UTF8Encoding(false), false);
                using var reader = XmlReader.Create(text, Settings);
                Scan(reader, depth);
            }
            catch (XmlException error)
                when (error.Message.Contains(
                        nameof(XmlReaderSettings.MaxCharactersFromEntities),
                        StringComparison.Ordinal
                    )
                )
            {
                throw TooLarge($"its entities expand to more than {LargestEntityExpansion} characters");
            }
            catch (XmlException error)
            {
                throw ImageFaults.Error(ImageFault.Corrupt, $"markup: {error.Message}");
            }
        }
    }

    static void Scan(XmlReader reader, int depth)
    {
        var (elements, textDepth, textLength, element) = (0, -1, 0, "");
        while (reader.Read())
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    if (++elements > MostElements)
                        throw TooLarge($"more than {MostElements} elements");
                    if (reader.Depth >= DeepestElement)
                        throw TooLarge($"elements nest more than {DeepestElement} deep");
                    if (reader.AttributeCount > MostAttributes)
                        throw TooLarge($"<{Shown(reader.LocalName)}> has more than {MostAttributes} attributes");
                    if (textDepth < 0 && reader.LocalName == "text" && !reader.IsEmptyElement)
                        (textDepth, textLength) = (reader.Depth, 0);
                    element = reader.LocalName;
                    CheckAttributes(reader, element, depth);
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA when element == "style":
                    SvgNumbers.CheckStyle(reader.Value);
                    break;
                case XmlNodeType.EndElement when reader.Depth == textDepth:
                    textDepth = -1;
                    break;
                case XmlNodeType.Text
                or XmlNodeType.CDATA when textDepth >= 0 && (textLength += reader.Value.Length) > LongestText:
                    throw TooLarge($"<text> has more than {LongestText} characters");
            }
    }

    static void CheckAttributes(XmlReader reader, string element, int depth)
    {
        while (reader.MoveToNextAttribute())
        {
            var attribute = reader.LocalName;
            if (SvgNumbers.IsBounded(element, attribute))
                SvgNumbers.Check(attribute, reader.Value);
            else if (
                attribute == "href"
                && element is "image" or "feImage"
                && SvgData.Content(reader.Value) is { } content
            )
                CheckEmbedded(content, depth);
        }
        reader.MoveToElement();
    }

    static void CheckEmbedded(byte[] content, int depth)
    {
        if (ImageFormats.Sniff(content) == ImageFormat.Svg)
        {
            if (depth == DeepestDrawingInDrawing)
                throw TooLarge($"drawings embed each other more than {depth} deep");
            if (content.AsSpan().StartsWith(Gzip))
                throw ImageFaults.Error(ImageFault.Unsupported, "a drawing inside it is compressed");
            SvgText.RequireUtf8(content);
            Check(content, depth + 1);
            return;
        }
        try
        {
            var info = ImageDecoder.ReadInfo(content, AnySize);
            if ((long)info.Width * info.Height > LargestEmbedded)
                throw TooLarge($"{info.Width} x {info.Height} pixels are more than {LargestEmbedded}");
        }
        catch (InvalidDataException error)
        {
            throw ImageFaults.Error(
                ImageFaults.Of(error) ?? ImageFault.Corrupt,
                $"an embedded picture: {error.Message}"
            );
        }
    }

    internal static InvalidDataException TooLarge(string reason) => ImageFaults.Error(ImageFault.TooLarge, reason);

    internal static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
