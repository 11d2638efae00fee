using System.IO.Compression;
using System.Text;
using System.Xml;

namespace Research.Imaging;

/// <summary>
/// What librsvg does not bound by itself: how much a compressed drawing unpacks to, and the pictures that a drawing embeds, which
/// it would decode at any size.
/// </summary>
static class SvgGuard
{
    const int LargestEntityExpansion = 1 << 20;
    const int DeepestDrawingInDrawing = 3;
    static readonly byte[] Gzip = [0x1F, 0x8B];

    /// <summary>The drawing's markup, unpacked, its embedded pictures being within the limits.</summary>
    /// <exception cref="InvalidDataException">A bound is exceeded, or the markup is malformed.</exception>
    public static byte[] Check(ReadOnlySpan<byte> svg, int largestFile) => Check(svg, largestFile, 0);

    static byte[] Check(ReadOnlySpan<byte> svg, int largestFile, int depth)
    {
        if (svg.IsEmpty)
            throw ImageFaults.Error(ImageFault.Empty, "the file is empty");
        if (svg.Length > largestFile)
            throw ImageFaults.Error(ImageFault.TooLarge, $"{svg.Length} bytes of SVG are more than {largestFile}");
        var markup = svg.StartsWith(Gzip) ? Unpack(svg, largestFile) : svg.ToArray();
        if (MayEmbed(markup))
            CheckEmbedded(markup, largestFile, depth);
        return markup;
    }

    static byte[] Unpack(ReadOnlySpan<byte> packed, int largestFile)
    {
        using var from = new GZipStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
        using var to = new MemoryStream();
        var part = new byte[1 << 16];
        try
        {
            for (int read; (read = from.Read(part)) > 0; to.Write(part, 0, read))
                if (to.Length + read > largestFile)
                    throw ImageFaults.Error(
                        ImageFault.TooLarge,
                        $"the drawing unpacks to more than {largestFile} bytes"
                    );
        }
        catch (InvalidDataException error) when (ImageFaults.Of(error) is null)
        {
            throw ImageFaults.Error(ImageFault.Corrupt, $"gzip: {error.Message}");
        }
        if (to.Length == 0)
            throw ImageFaults.Error(ImageFault.Truncated, "the gzip data are cut");
        return to.ToArray();
    }

    // Only the elements image and feImage embed pictures. An entity may spell them, and so may an encoding with zero bytes.
    static bool MayEmbed(ReadOnlySpan<byte> markup) =>
        markup.IndexOf("mage"u8) >= 0 || markup.IndexOf("<!ENTITY"u8) >= 0 || markup.Contains((byte)0);

    static void CheckEmbedded(byte[] markup, int largestFile, int depth)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Parse,
            XmlResolver = null,
            MaxCharactersFromEntities = LargestEntityExpansion,
            ConformanceLevel = ConformanceLevel.Document,
        };
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(markup), settings);
            while (reader.Read())
                if (reader.NodeType == XmlNodeType.Element && reader.LocalName is "image" or "feImage")
                    while (reader.MoveToNextAttribute())
                        if (
                            reader.LocalName == "href"
                            && reader.Value.TrimStart().StartsWith("data:", StringComparison.OrdinalIgnoreCase)
                        )
                            CheckData(reader.Value.Trim(), largestFile, depth);
        }
        catch (XmlException error)
        {
            throw ImageFaults.Error(ImageFault.Corrupt, $"markup: {error.Message}");
        }
    }

    static void CheckData(string address, int largestFile, int depth)
    {
        var comma = address.IndexOf(',');
        if (comma < 0)
            return; // librsvg shows nothing then
        byte[] content;
        try
        {
            content = address[..comma].EndsWith(";base64", StringComparison.OrdinalIgnoreCase)
                ? Convert.FromBase64String(Uri.UnescapeDataString(address[(comma + 1)..]))
                : Encoding.Latin1.GetBytes(Uri.UnescapeDataString(address[(comma + 1)..]));
        }
        catch (FormatException)
        {
            throw ImageFaults.Error(ImageFault.Corrupt, "an embedded picture is not base64");
        }
        if (ImageFormats.Sniff(content) == ImageFormat.Svg)
        {
            if (depth == DeepestDrawingInDrawing)
                throw ImageFaults.Error(ImageFault.TooLarge, $"drawings embed each other more than {depth} deep");
            Check(content, largestFile, depth + 1);
            return;
        }
        try
        {
            ImageDecoder.ReadInfo(content);
        }
        catch (InvalidDataException error)
        {
            throw ImageFaults.Error(
                ImageFaults.Of(error) ?? ImageFault.Corrupt,
                $"an embedded picture: {error.Message}"
            );
        }
    }
}
