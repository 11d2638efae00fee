using Research.Imaging;
using Research.Randomness;
using Xunit;

namespace Research.Tests.Imaging;

public class RowResizerTests
{
    static byte[] Resized(byte[] rgb, int width, int height, ResizeBox box, int size, bool scalar)
    {
        ResizeKernels.ScalarOnly = scalar;
        try
        {
            using var across = new ResizeWeights(width, box.Left, box.Right, size, ResizeFilter.Bicubic);
            using var down = new ResizeWeights(height, box.Top, box.Bottom, size, ResizeFilter.Bicubic);
            using var resizer = new RowResizer(across, down, width);
            var square = new byte[size * size * 3];
            var row = new byte[width * 4];
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    rgb.AsSpan((y * width + x) * 3, 3).CopyTo(row.AsSpan(x * 4));
                    row[x * 4 + 3] = (byte)(x * 37 + y); // of no meaning
                }
                resizer.Take(row, square);
            }
            return square;
        }
        finally
        {
            ResizeKernels.ScalarOnly = false;
        }
    }

    static byte[] Noise(int length, SeededRandom random)
    {
        var pixels = new byte[length];
        var hard = random.NextInt(2) == 0; // black and white: the filter swings furthest
        for (var i = 0; i < length; i++)
            pixels[i] = (byte)(hard ? 255 * random.NextInt(2) : random.NextInt(256));
        return pixels;
    }

    [Fact]
    public void Vector_code_gives_the_bits_of_scalar_code_and_both_are_within_a_level_of_the_formula()
    {
        var random = new SeededRandom(31);
        for (var trial = 0; trial < 300; trial++)
        {
            int size = 1 + random.NextInt(50),
                width = 1 + random.NextInt(Math.Min(300, 7 * size)),
                height = 1 + random.NextInt(Math.Min(120, 7 * size));
            var pixels = Noise(width * height * 3, random);
            double left = random.NextDouble() * width * 0.6,
                top = random.NextInt(2) * random.NextDouble() * height * 0.6;
            var box = new ResizeBox(
                left,
                top,
                left + (width - left) * (0.3 + 0.7 * random.NextDouble()),
                top + (height - top) * (0.3 + 0.7 * random.NextDouble())
            );
            var vector = Resized(pixels, width, height, box, size, scalar: false);
            Assert.Equal(Resized(pixels, width, height, box, size, scalar: true), vector);
            var plain = PlainResize.Of(pixels, width, height, box, size);
            Assert.InRange(plain.Zip(vector, (a, b) => Math.Abs(a - b)).Max(), 0, 1);
        }
    }

    [Fact]
    public void A_surface_of_one_colour_keeps_it()
    {
        for (var level = 0; level < 256; level++)
        {
            var (width, height, size) = (3 + level % 50, 3 + level % 31, 1 + level % 23);
            var pixels = Enumerable.Repeat((byte)level, width * height * 3).ToArray();
            if (width < 7 * size && height < 7 * size)
                Assert.All(
                    Resized(pixels, width, height, ResizeBox.All(width, height), size, scalar: false),
                    v => Assert.Equal(level, v)
                );
        }
    }

    [Fact]
    public void A_filter_over_more_pixels_than_16_bits_are_exact_for_does_not_suit()
    {
        using var wide = new ResizeWeights(100, 0, 100, 4, ResizeFilter.Bicubic);
        using var narrow = new ResizeWeights(100, 0, 100, 50, ResizeFilter.Bicubic);
        Assert.True(RowResizer.Suits(narrow, narrow));
        Assert.False(RowResizer.Suits(wide, narrow));
        Assert.False(RowResizer.Suits(narrow, wide));
        Assert.Throws<ArgumentException>(() => new RowResizer(wide, wide, 100));
    }
}
