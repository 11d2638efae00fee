namespace Research.Imaging;

/// <summary>The filters of <see cref="Resize"/>.</summary>
public enum ResizeFilter
{
    /// <summary>The mean of what a pixel covers.</summary>
    Box,

    /// <summary>A triangle of radius 1.</summary>
    Bilinear,

    /// <summary>Keys's cubic with a = -0.5, radius 2.</summary>
    Bicubic,
}

/// <summary>
/// Antialiased resizing as Pillow does it: the filter is stretched by the scale when shrinking, columns first and then rows,
/// 8-bit in between, weights in fixed point, so that pixels are equal to Pillow's.
/// </summary>
public static class Resize
{
    const int Precision = 32 - 8 - 2;

    /// <summary>The picture at another size.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive.</exception>
    public static RgbImage To(RgbImage picture, int width, int height, ResizeFilter filter = ResizeFilter.Bicubic)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        var wide = width == picture.Width ? picture : Columns(picture, new Weights(picture.Width, width, filter));
        return height == wide.Height ? wide : Rows(wide, new Weights(wide.Height, height, filter));
    }

    /// <summary>The picture as a square: bicubic until the shorter side fits, then cut at the centre, as CLIP prepares pictures.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not positive.</exception>
    public static RgbImage ToSquare(RgbImage picture, int size)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        var shorter = Math.Min(picture.Width, picture.Height);
        var fitted = To(
            picture,
            picture.Width == shorter ? size : (int)((long)size * picture.Width / shorter),
            picture.Height == shorter ? size : (int)((long)size * picture.Height / shorter)
        );
        if (fitted.Width == fitted.Height)
            return fitted;
        int left = (int)Math.Round((fitted.Width - size) / 2.0),
            top = (int)Math.Round((fitted.Height - size) / 2.0);
        var pixels = new byte[size * size * 3];
        for (var y = 0; y < size; y++)
            Buffer.BlockCopy(fitted.Pixels, ((top + y) * fitted.Width + left) * 3, pixels, y * size * 3, size * 3);
        return new RgbImage(size, size, pixels);
    }

    static RgbImage Columns(RgbImage from, Weights weights)
    {
        int width = weights.Start.Length,
            height = from.Height;
        var pixels = new byte[checked(width * height * 3)];
        for (var y = 0; y < height; y++)
        for (var x = 0; x < width; x++)
        {
            int red = 1 << (Precision - 1),
                green = red,
                blue = red;
            var source = (y * from.Width + weights.Start[x]) * 3;
            foreach (var weight in weights.Of(x))
            {
                red += from.Pixels[source] * weight;
                green += from.Pixels[source + 1] * weight;
                blue += from.Pixels[source + 2] * weight;
                source += 3;
            }
            Store(pixels, (y * width + x) * 3, red, green, blue);
        }
        return new RgbImage(width, height, pixels);
    }

    static RgbImage Rows(RgbImage from, Weights weights)
    {
        int width = from.Width,
            height = weights.Start.Length;
        var pixels = new byte[checked(width * height * 3)];
        for (var y = 0; y < height; y++)
        for (var x = 0; x < width; x++)
        {
            int red = 1 << (Precision - 1),
                green = red,
                blue = red;
            var source = (weights.Start[y] * width + x) * 3;
            foreach (var weight in weights.Of(y))
            {
                red += from.Pixels[source] * weight;
                green += from.Pixels[source + 1] * weight;
                blue += from.Pixels[source + 2] * weight;
                source += 3 * width;
            }
            Store(pixels, (y * width + x) * 3, red, green, blue);
        }
        return new RgbImage(width, height, pixels);
    }

    static void Store(byte[] pixels, int at, int red, int green, int blue)
    {
        pixels[at] = (byte)Math.Clamp(red >> Precision, 0, 255);
        pixels[at + 1] = (byte)Math.Clamp(green >> Precision, 0, 255);
        pixels[at + 2] = (byte)Math.Clamp(blue >> Precision, 0, 255);
    }

    sealed class Weights
    {
        public readonly int[] Start;
        readonly int[] length;
        readonly int[] values;
        readonly int stride;

        public Weights(int from, int to, ResizeFilter filter)
        {
            var (radius, kernel) = Kernel(filter);
            double scale = (double)from / to,
                stretch = Math.Max(scale, 1),
                support = radius * stretch;
            stride = (int)Math.Ceiling(support) * 2 + 1;
            (Start, length, values) = (new int[to], new int[to], new int[checked(to * stride)]);
            var exact = new double[stride];
            for (var i = 0; i < to; i++)
            {
                var centre = (i + 0.5) * scale;
                var first = Math.Max((int)(centre - support + 0.5), 0);
                var count = Math.Min((int)(centre + support + 0.5), from) - first;
                var sum = 0.0;
                for (var k = 0; k < count; k++)
                    sum += exact[k] = kernel((k + first - centre + 0.5) * (1 / stretch));
                for (var k = 0; k < count; k++)
                {
                    var weight = (sum != 0 ? exact[k] / sum : exact[k]) * (1 << Precision);
                    values[i * stride + k] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
                }
                (Start[i], length[i]) = (first, count);
            }
        }

        public ReadOnlySpan<int> Of(int i) => values.AsSpan(i * stride, length[i]);

        static (double Radius, Func<double, double> Value) Kernel(ResizeFilter filter) =>
            filter switch
            {
                ResizeFilter.Box => (0.5, x => x is > -0.5 and <= 0.5 ? 1 : 0),
                ResizeFilter.Bilinear => (1, x => Math.Max(0, 1 - Math.Abs(x))),
                ResizeFilter.Bicubic => (2, x => Cubic(Math.Abs(x))),
                _ => throw new ArgumentOutOfRangeException(
                    nameof(filter),
                    filter,
                    "Known filters: Box, Bilinear, Bicubic."
                ),
            };

        static double Cubic(double x) =>
            x < 1 ? (1.5 * x - 2.5) * x * x + 1
            : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2
            : 0;
    }
}
