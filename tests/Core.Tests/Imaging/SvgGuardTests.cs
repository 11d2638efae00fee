using System.Text;
using Research.Imaging;
using Research.Imaging.Drawing;
using Xunit;

namespace Research.Tests.Imaging;

public class SvgGuardTests
{
    const string Open =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"0 0 8 8\">";
    const string Black = Open + "<path d=\"M0 0h8v8h-8z\"/></svg>";

    static RgbImage Draw(byte[] svg) => Svg.Rasterise(svg, 8);

    static RgbImage Draw(string body) => Draw(Encoding.UTF8.GetBytes(Open + body + "</svg>"));

    static (ImageFault? Fault, string Reason) Refused(byte[] svg)
    {
        var error = Assert.Throws<InvalidDataException>(() => Draw(svg));
        return (ImageFaults.Of(error), error.Message);
    }

    static string Times(int count, string text) => string.Concat(Enumerable.Repeat(text, count));

    static string Kernel(string order, int numbers) =>
        $"<filter id=\"f\"><feConvolveMatrix order=\"{order}\" kernelMatrix=\"{Times(numbers, "1 ")}\"/></filter><rect filter=\"url(#f)\" width=\"8\" height=\"8\"/>";

    public static TheoryData<string, string> Refusals =>
        new()
        {
            { Kernel("64", 64 * 64), "'64' has more than 400 numbers" },
            { Kernel("3 200", 600), "'3 200' has more than 400 numbers" },
            { Kernel("&#54;4", 64 * 64), "'64' has more than 400 numbers" },
            { "<text font-size=\"1e9\">x</text>", "font-size '1e9' is more than 1000000" },
            { "<text style=\"fill: red; Font-Size : 2000000px\">x</text>", "font-size '2000000px'" },
            {
                "<text>" + Times(2001, "<tspan>0123456789</tspan>") + "</text>",
                "<text> has more than 20000 characters"
            },
            { Times(300_001, "<g/>"), "more than 300000 elements" },
            { Times(300, "<g>") + Times(300, "</g>"), "nest more than 257 deep" },
            {
                "<g " + string.Join(' ', Enumerable.Range(0, 1001).Select(i => $"a{i}=\"\"")) + "/>",
                "<g> has more than 1000 attributes"
            },
            { "<filter id=\"f\"><feTurbulence numOctaves=\"1e6\"/></filter>", "numOctaves '1e6' is more than 64" },
        };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_is_known_to_end_or_fill_the_process_is_refused_by_name(string body, string reason)
    {
        var refused = Refused(Encoding.UTF8.GetBytes(Open + body + "</svg>"));
        Assert.Equal(ImageFault.TooLarge, refused.Fault);
        Assert.Contains(reason, refused.Reason);
    }

    [Fact]
    public void What_lies_at_the_bounds_is_drawn()
    {
        Draw(Kernel("20", 400));
        Draw(Kernel("3", 9));
        Draw(Times(255, "<g>") + "<path d=\"M0 0h8v8h-8z\"/>" + Times(255, "</g>"));
        Draw("<text font-size=\"1.5em\" style=\"font-size:12px\">abc</text>");
        Draw("<desc>" + Times(2001, "0123456789") + "</desc><text>x</text>");
    }

    [Fact]
    public void An_attribute_by_default_is_an_attribute()
    {
        var svg =
            "<!DOCTYPE svg [<!ATTLIST feConvolveMatrix order CDATA \"64\">]>"
            + Open
            + Kernel("64", 64 * 64).Replace("order=\"64\"", "")
            + "</svg>";
        Assert.Contains("more than 400 numbers", Refused(Encoding.UTF8.GetBytes(svg)).Reason);
    }

    public static TheoryData<string, byte[]> Encodings =>
        new()
        {
            { "UTF-8", Encoding.UTF8.GetBytes(Black) },
            { "marked", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Black)] },
            { "declared", Encoding.UTF8.GetBytes("<?xml version='1.0' encoding='utf-8' standalone='no'?>\n" + Black) },
            { "UTF-8 that says UTF-16", Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"UTF-16\"?>" + Black) },
            { "UTF-16", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Black)] },
            { "UTF-16, big", [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(Black)] },
            { "UTF-16, bare", Encoding.Unicode.GetBytes("<?xml version=\"1.0\" encoding=\"utf-16\"?>" + Black) },
            { "UTF-16, big and bare", Encoding.BigEndianUnicode.GetBytes(Black) },
        };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Unicode_is_taken_however_it_is_marked(string name, byte[] svg)
    {
        Assert.True(Draw(svg).Pixels.All(p => p == 0), name);
        Assert.True(ImageDecoder.Decode(svg).Pixels.All(p => p == 0), name);
    }

    static byte[] Declared(string encoding, string rest) =>
        Encoding.Latin1.GetBytes($"<?xml version=\"1.0\" encoding=\"{encoding}\"?>{rest}");

    static string Utf7(string svg) => svg.Replace("<", "+ADw-").Replace("\"", "+ACI-");

    public static TheoryData<byte[], string> OtherEncodings =>
        new()
        {
            { Declared("UTF-7", Utf7(Black)), "'UTF-7'; only UTF-8 and UTF-16" },
            { Declared("UTF-7", "<!-- <svg -->" + Utf7(Black)), "'UTF-7'" },
            { Declared("iso-8859-1", Black), "'iso-8859-1'" },
            { Declared("iso-8859-1", Black.Replace("<path", "<title>\u00E9</title><path")), "'iso-8859-1'" },
            {
                [.. Encoding.UTF8.GetBytes(Open), 0xC3, 0x28, (byte)'<', (byte)'/'],
                $"neither UTF-8 nor UTF-16 (byte {Open.Length})"
            },
            {
                [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Open), 0x00, 0xD8, (byte)'<', 0],
                "begins like UTF-16 but is not"
            },
        };

    [Theory]
    [MemberData(nameof(OtherEncodings))]
    public void Another_encoding_is_a_fault_with_its_name(byte[] svg, string reason)
    {
        var refused = Refused(svg);
        Assert.Equal(ImageFault.Unsupported, refused.Fault);
        Assert.Contains(reason, refused.Reason);
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => ImageDecoder.Decode(svg)).Message);
    }

    [Theory]
    [InlineData("data:image/svg+xml;base64,")]
    [InlineData("da\nta:image/svg+xml; BASE64 ,")]
    public void A_drawing_inside_is_read_as_librsvg_reads_it(string address)
    {
        string Embedding(byte[] inner) =>
            $"<image width=\"8\" height=\"8\" xlink:href=\"{address.Replace("\n", "&#10;")}{Convert.ToBase64String(inner)}\"/>";
        var refused = Refused(
            Encoding.UTF8.GetBytes(Open + Embedding(Declared("UTF-7", "<!-- <svg -->" + Utf7(Black))) + "</svg>")
        );
        Assert.Equal(ImageFault.Unsupported, refused.Fault);
        Assert.Contains("'UTF-7'", refused.Reason);
        var kernel = Refused(
            Encoding.UTF8.GetBytes(
                Open + Embedding(Encoding.UTF8.GetBytes(Open + Kernel("64", 4096) + "</svg>")) + "</svg>"
            )
        );
        Assert.Contains("more than 400 numbers", kernel.Reason);
        Draw(Embedding(Encoding.UTF8.GetBytes(Black)));
    }

    [Fact]
    public void A_picture_inside_may_be_percent_encoded()
    {
        var png = Png.Encode(new RgbImage(1, 1, [255, 0, 0]));
        var bytes = string.Concat(png.Select(b => $"%{b:X2}"));
        Assert.Equal(png, SvgData.Content("data:image/png," + bytes));
        Assert.Equal("é%4", Encoding.UTF8.GetString(SvgData.Content("DATA:,%C3%a9%4")!));
        Assert.Null(SvgData.Content("data:image/png"));
        Assert.Null(SvgData.Content("file:///etc/passwd"));
    }
}
