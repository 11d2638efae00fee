using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Research.Imaging;
using Xunit;

namespace Research.Tests.Imaging;

public class SvgLimitTests
{
    const string Open =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"0 0 8 8\">";

    static InvalidDataException Refused(string svg, TimeSpan? limit = null) =>
        Assert.Throws<InvalidDataException>(() =>
            Svg.Rasterise(Encoding.UTF8.GetBytes(svg), 8, limit ?? TimeSpan.FromSeconds(10))
        );

    static byte[] Gzip(byte[] content)
    {
        using var to = new MemoryStream();
        using (var gzip = new GZipStream(to, CompressionLevel.Fastest))
            gzip.Write(content);
        return to.ToArray();
    }

    [Fact]
    public void A_compressed_drawing_is_unpacked_within_bounds()
    {
        var drawing = Encoding.UTF8.GetBytes(Open + "<path d=\"M0 0h8v8h-8z\"/></svg>");
        Assert.All(ImageDecoder.Decode(Gzip(drawing)).Pixels, p => Assert.Equal(0, p));
        var bomb = Gzip(new byte[Svg.LargestFile + 1]);
        Assert.True(bomb.Length < 1 << 20);
        Assert.Equal(
            ImageFault.TooLarge,
            ImageFaults.Of(Assert.Throws<InvalidDataException>(() => Svg.Rasterise(bomb, 8)))
        );
    }

    /// <summary>A drawing at which librsvg works for minutes.</summary>
    internal static byte[] Slow()
    {
        var slow = new StringBuilder(Open + "<filter id=\"f\" x=\"0\" y=\"0\" width=\"1\" height=\"1\">");
        for (var i = 0; i < 60; i++)
            slow.Append("<feTurbulence baseFrequency=\".5\" numOctaves=\"40\"/>");
        slow.Append("</filter>");
        for (var i = 0; i < 20; i++)
            slow.Append("<rect width=\"8\" height=\"8\" filter=\"url(#f)\"/>");
        return Encoding.UTF8.GetBytes(slow.Append("</svg>").ToString());
    }

    [Fact]
    public void A_drawing_that_takes_too_long_is_given_up_and_others_go_on()
    {
        var clock = Stopwatch.StartNew();
        var error = Assert.Throws<InvalidDataException>(() =>
            Svg.Rasterise(Slow(), 512, TimeSpan.FromMilliseconds(50))
        );
        Assert.Equal(ImageFault.TimedOut, ImageFaults.Of(error));
        Assert.Contains("0.05 s", error.Message);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"given up after {clock.Elapsed}");
        Assert.Equal(8, Svg.Rasterise(Encoding.UTF8.GetBytes(Open + "</svg>"), 8).Width);
    }

    [Fact]
    public void An_entity_bomb_is_refused()
    {
        var bomb = new StringBuilder("<!DOCTYPE svg [<!ENTITY a0 \"lolololololololololo\">");
        for (var i = 1; i < 12; i++)
            bomb.Append($"<!ENTITY a{i} \"{string.Concat(Enumerable.Repeat($"&a{i - 1};", 10))}\">");
        bomb.Append("]>" + Open + "<text>&a11;</text></svg>");
        var error = Refused(bomb.ToString());
        Assert.Equal(ImageFault.TooLarge, ImageFaults.Of(error));
        Assert.Contains("entities expand to more than 1048576 characters", error.Message);
    }

    [Fact]
    public void An_external_entity_is_not_read()
    {
        var secret = Path.GetTempFileName();
        try
        {
            File.WriteAllText(secret, "<path d='M0 0h8v8h-8z'/>");
            var svg = $"<!DOCTYPE svg [<!ENTITY x SYSTEM \"file://{secret}\">]>{Open}&x;</svg>";
            try
            {
                Assert.All(Svg.Rasterise(Encoding.UTF8.GetBytes(svg), 8).Pixels, p => Assert.Equal(255, p));
            }
            catch (InvalidDataException error)
            {
                Assert.Equal(ImageFault.Corrupt, ImageFaults.Of(error));
            }
        }
        finally
        {
            File.Delete(secret);
        }
    }

    [Theory]
    [InlineData("<image width=\"8\" height=\"8\" xlink:href=\"data:image/png;base64,{0}\"/>")]
    [InlineData("<filter id=\"f\"><feImage href=\" data:image/png;base64,{0}\"/></filter>")]
    [InlineData("<image width=\"8\" height=\"8\" href=\"&#100;ata:image/png;base64,{0}\"/>")]
    public void An_embedded_bomb_is_refused(string element)
    {
        var png = Png.Encode(new RgbImage(1, 1, new byte[3]));
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), 30_000);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), 30_000);
        var error = Refused(Open + string.Format(element, Convert.ToBase64String(png)) + "</svg>");
        Assert.Equal(ImageFault.TooLarge, ImageFaults.Of(error));
        Assert.Contains("30000 x 30000", error.Message);
    }

    [Fact]
    public void Drawings_within_drawings_are_bounded()
    {
        var svg = Open + "<path d=\"M0 0h8v8h-8z\"/></svg>";
        for (var depth = 0; depth < 6; depth++)
            svg =
                $"{Open}<image width=\"8\" height=\"8\" href=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\"/></svg>";
        Assert.Equal(ImageFault.TooLarge, ImageFaults.Of(Refused(svg)));
    }
}
