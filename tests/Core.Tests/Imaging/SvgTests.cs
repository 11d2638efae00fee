using System.Text;
using Research.Imaging;
using Xunit;

namespace Research.Tests.Imaging;

public class SvgTests
{
    const string Open = "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" ";

    static RgbImage Draw(string svg, int size) => Svg.Rasterise(Encoding.UTF8.GetBytes(svg), size);

    static (byte, byte, byte) At(RgbImage picture, int x, int y)
    {
        var at = (y * picture.Width + x) * 3;
        return (picture.Pixels[at], picture.Pixels[at + 1], picture.Pixels[at + 2]);
    }

    [Fact]
    public void Colours_land_where_they_are_drawn_over_white()
    {
        var picture = Draw(
            Open
                + "viewBox=\"0 0 2 2\"><path fill=\"#f00\" d=\"M0 0h1v1h-1z\"/><path fill=\"#00f\" fill-opacity=\".5\" d=\"M1 1h1v1h-1z\"/></svg>",
            8
        );
        Assert.Equal((8, 8), (picture.Width, picture.Height));
        Assert.Equal(((byte)255, (byte)0, (byte)0), At(picture, 1, 1));
        Assert.Equal(((byte)255, (byte)255, (byte)255), At(picture, 6, 1));
        var (red, green, blue) = At(picture, 6, 6);
        Assert.InRange(red, 126, 129);
        Assert.Equal(red, green);
        Assert.Equal(255, blue);
    }

    [Fact]
    public void A_wide_drawing_keeps_its_aspect_ratio()
    {
        var picture = Draw(
            Open + "width=\"40\" height=\"20\" viewBox=\"0 0 40 20\"><path d=\"M0 0h40v20h-40z\"/></svg>",
            16
        );
        Assert.Equal(((byte)255, (byte)255, (byte)255), At(picture, 8, 2));
        Assert.Equal(((byte)0, (byte)0, (byte)0), At(picture, 8, 8));
        Assert.Equal(((byte)255, (byte)255, (byte)255), At(picture, 8, 13));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("no markup", "markup")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"><path", "markup")]
    [InlineData("<html></html>", "librsvg")]
    public void What_is_no_drawing_is_refused_with_a_reason(string svg, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => Draw(svg, 16)).Message);

    [Fact]
    public void References_to_files_are_not_followed()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var red = new byte[8 * 8 * 3];
            for (var i = 0; i < red.Length; i += 3)
                red[i] = 255;
            var path = Path.Combine(folder.FullName, "red.png");
            File.WriteAllBytes(path, Png.Encode(new RgbImage(8, 8, red)));
            var image = $"viewBox=\"0 0 8 8\"><image width=\"8\" height=\"8\" xlink:href=\"{{0}}\"/></svg>";
            var outside = Draw(Open + string.Format(image, "file://" + path), 8);
            Assert.All(outside.Pixels, p => Assert.Equal(255, p));
            // The same picture inside the drawing does show, so the white above is not for want of support.
            var inside = Draw(
                Open + string.Format(image, "data:image/png;base64," + Convert.ToBase64String(File.ReadAllBytes(path))),
                8
            );
            Assert.Equal(((byte)255, (byte)0, (byte)0), At(inside, 4, 4));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Drawings_that_contain_themselves_end()
    {
        var self = Open + "viewBox=\"0 0 8 8\"><g id=\"a\"><use xlink:href=\"#a\"/></g></svg>";
        var bomb = new StringBuilder(Open + "viewBox=\"0 0 8 8\"><defs><g id=\"g0\"><path d=\"M0 0h1v1z\"/></g>");
        for (var i = 1; i < 24; i++)
            bomb.Append(
                $"<g id=\"g{i}\">{string.Concat(Enumerable.Repeat($"<use xlink:href=\"#g{i - 1}\"/>", 10))}</g>"
            );
        bomb.Append("</defs><use xlink:href=\"#g23\"/></svg>");
        var nested = Open + "viewBox=\"0 0 8 8\">" + string.Concat(Enumerable.Repeat("<g>", 100_000));
        foreach (var svg in new[] { self, bomb.ToString(), nested })
            try
            {
                Assert.Equal(8, Draw(svg, 8).Width);
            }
            catch (InvalidDataException error)
            {
                Assert.True(
                    error.Message.Contains("librsvg")
                        || ImageFaults.Of(error) is ImageFault.TimedOut or ImageFault.TooLarge,
                    error.Message
                );
            }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(4097)]
    public void Impossible_sizes_are_refused(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Draw(Open + "viewBox=\"0 0 1 1\"/>", size));
}
