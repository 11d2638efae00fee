using System.Security.Cryptography;
using System.Text.Json;
using Research.Imaging;
using Research.Randomness;
using Xunit;

namespace Research.Tests.Imaging;

public class ResizeTests
{
    [Fact]
    public void Pixels_equal_Pillows_for_every_filter_and_size()
    {
        using var golden = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "imaging.json"))
        );
        var root = golden.RootElement;
        var source = new RgbImage(
            root.GetProperty("width").GetInt32(),
            root.GetProperty("height").GetInt32(),
            root.GetProperty("source").GetBytesFromBase64()
        );
        var cases = root.GetProperty("resized").EnumerateArray().ToArray();
        Assert.Equal(24, cases.Length);
        foreach (var item in cases)
        {
            var filter = Enum.Parse<ResizeFilter>(item.GetProperty("filter").GetString()!);
            int width = item.GetProperty("size")[0].GetInt32(),
                height = item.GetProperty("size")[1].GetInt32();
            var picture = Resize.To(source, width, height, filter);
            var name = $"{filter} {width} x {height}";
            var first = item.GetProperty("first").EnumerateArray().Select(v => v.GetInt32());
            Assert.Equal((name, string.Join(' ', first)), (name, string.Join(' ', picture.Pixels.Take(12))));
            Assert.Equal(
                (name, item.GetProperty("sha256").GetString()),
                (name, Convert.ToHexStringLower(SHA256.HashData(picture.Pixels)))
            );
        }
    }

    [Fact]
    public void Vector_code_gives_the_bits_of_scalar_code()
    {
        var random = new SeededRandom(12);
        for (var trial = 0; trial < 300; trial++)
        {
            int width = 1 + random.NextInt(90),
                height = 1 + random.NextInt(60),
                toWidth = 1 + random.NextInt(90),
                toHeight = 1 + random.NextInt(60);
            var from = new byte[width * height * 3];
            for (var i = 0; i < from.Length; i++)
                from[i] = (byte)(random.NextInt(3) == 0 ? 255 * random.NextInt(2) : random.NextInt(256));
            double left = random.NextDouble() * width * 0.7,
                top = random.NextInt(2) * random.NextDouble() * height * 0.7;
            var box = new ResizeBox(
                left,
                top,
                left + (width - left) * (0.2 + 0.8 * random.NextDouble()),
                random.NextInt(2) == 0 ? height : top + (height - top) * 0.5
            );
            var filter = (ResizeFilter)random.NextInt(3);
            byte[] vector = new byte[toWidth * toHeight * 3],
                scalar = new byte[vector.Length];
            Resize.Into(from, width, height, box, vector, toWidth, toHeight, filter);
            ResizeKernels.ScalarOnly = true;
            Resize.Into(from, width, height, box, scalar, toWidth, toHeight, filter);
            ResizeKernels.ScalarOnly = false;
            Assert.Equal((box, scalar.Length), (box, vector.Length));
            Assert.Equal(scalar, vector);
        }
    }

    [Fact]
    public void A_box_outside_the_picture_is_refused() =>
        Assert.Throws<ArgumentException>(() =>
            Resize.Into(new byte[12], 2, 2, new ResizeBox(0, 0, 2.5, 2), new byte[3], 1, 1)
        );

    [Fact]
    public void A_flat_picture_stays_flat_at_any_size()
    {
        var random = new SeededRandom(1);
        for (var trial = 0; trial < 60; trial++)
        {
            int width = 1 + random.NextInt(50),
                height = 1 + random.NextInt(50);
            var value = (byte)random.NextInt(256);
            var flat = new RgbImage(width, height, [.. Enumerable.Repeat(value, width * height * 3)]);
            foreach (var filter in Enum.GetValues<ResizeFilter>())
                Assert.All(
                    Resize.To(flat, 1 + random.NextInt(50), 1 + random.NextInt(50), filter).Pixels,
                    p => Assert.Equal(value, p)
                );
        }
    }

    [Fact]
    public void A_square_is_cut_from_the_centre()
    {
        var wide = new RgbImage(6, 2, new byte[36]);
        for (var x = 2; x < 4; x++)
        for (var y = 0; y < 2; y++)
            wide.Pixels.AsSpan((y * 6 + x) * 3, 3).Fill(200);
        var square = Resize.ToSquare(wide, 2);
        Assert.Equal((2, 2), (square.Width, square.Height));
        Assert.All(square.Pixels, p => Assert.Equal(200, p));
        Assert.Same(wide, Resize.To(wide, 6, 2));
    }

    [Fact]
    public void Planes_are_red_then_green_then_blue()
    {
        var planes = new byte[12];
        new RgbImage(2, 2, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]).CopyToPlanes(planes);
        Assert.Equal([1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12], planes);
        Assert.Throws<ArgumentException>(() => new RgbImage(2, 2, new byte[12]).CopyToPlanes(new byte[11]));
    }

    [Fact]
    public void The_difference_hash_tells_pictures_apart_and_forgives_noise()
    {
        var random = new SeededRandom(2);
        RgbImage Picture()
        {
            var coarse = new byte[6 * 6 * 3];
            for (var i = 0; i < coarse.Length; i++)
                coarse[i] = (byte)random.NextInt(256);
            return Resize.To(new RgbImage(6, 6, coarse), 32, 32);
        }
        for (var trial = 0; trial < 50; trial++)
        {
            var one = Picture();
            var noisy = one with
            {
                Pixels = [.. one.Pixels.Select(p => (byte)Math.Clamp(p + random.NextInt(5) - 2, 0, 255))],
            };
            Assert.InRange(PerceptualHash.Distance(PerceptualHash.Of(one), PerceptualHash.Of(noisy)), 0, 6);
            Assert.InRange(PerceptualHash.Distance(PerceptualHash.Of(one), PerceptualHash.Of(Picture())), 10, 64);
        }
        Assert.Equal(0UL, PerceptualHash.Of(new RgbImage(32, 32, [.. Enumerable.Repeat((byte)255, 3072)])));
    }
}
