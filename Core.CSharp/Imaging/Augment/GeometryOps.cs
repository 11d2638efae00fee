namespace Research.Imaging;

/// <summary>
/// Moves pixels in place on height x width x 3 bytes, by nearest neighbour, with black outside. Equal to Pillow's
/// affine transform, whose coordinates are fixed-point numbers of 16 fractional bits.
/// </summary>
static class GeometryOps
{
    const int Fraction = 16;

    public static void Mirror(Span<byte> pixels, int width, int height)
    {
        for (var y = 0; y < height; y++)
        {
            var row = pixels.Slice(y * width * 3, width * 3);
            for (int left = 0, right = row.Length - 3; left < right; left += 3, right -= 3)
            for (var c = 0; c < 3; c++)
                (row[left + c], row[right + c]) = (row[right + c], row[left + c]);
        }
    }

    /// <summary>Moves each row left by its height times <paramref name="slope"/>.</summary>
    public static void ShearX(Span<byte> pixels, int width, int height, double slope) =>
        Affine(pixels, width, height, 1, slope, 0, 0, 1, 0);

    /// <summary>Moves each column up by its distance times <paramref name="slope"/>.</summary>
    public static void ShearY(Span<byte> pixels, int width, int height, double slope) =>
        Affine(pixels, width, height, 1, 0, 0, slope, 1, 0);

    /// <summary>Moves right and down by whole pixels.</summary>
    public static void Translate(Span<byte> pixels, int width, int height, int right, int down) =>
        Affine(pixels, width, height, 1, 0, -right, 0, 1, -down);

    /// <summary>Turns counter-clockwise around the centre.</summary>
    public static void Rotate(Span<byte> pixels, int width, int height, double degrees)
    {
        if (degrees % 360 == 0)
            return;
        var angle = -double.DegreesToRadians(((degrees % 360) + 360) % 360);
        double a = Math.Round(Math.Cos(angle), 15),
            b = Math.Round(Math.Sin(angle), 15),
            d = Math.Round(-Math.Sin(angle), 15),
            e = Math.Round(Math.Cos(angle), 15),
            x = width / 2.0,
            y = height / 2.0;
        Affine(pixels, width, height, a, b, a * -x + b * -y + x, d, e, d * -x + e * -y + y);
    }

    // Target pixel (x, y) takes the source at (a x + b y + c, d x + e y + f), between pixel centres.
    static void Affine(
        Span<byte> pixels,
        int width,
        int height,
        double a,
        double b,
        double c,
        double d,
        double e,
        double f
    )
    {
        using var copy = PixelBuffer.Rent(width, height);
        var from = copy.Pixels;
        pixels.CopyTo(from);
        long stepX = Fixed(a),
            stepY = Fixed(d),
            startX = Fixed(c + a * 0.5 + b * 0.5),
            startY = Fixed(f + d * 0.5 + e * 0.5);
        for (int y = 0, to = 0; y < height; y++, startX += Fixed(b), startY += Fixed(e))
        {
            long atX = startX,
                atY = startY;
            for (var x = 0; x < width; x++, to += 3, atX += stepX, atY += stepY)
            {
                long sourceX = atX >> Fraction,
                    sourceY = atY >> Fraction;
                if (sourceX < 0 || sourceX >= width || sourceY < 0 || sourceY >= height)
                    pixels.Slice(to, 3).Clear();
                else
                    from.Slice((int)(sourceY * width + sourceX) * 3, 3).CopyTo(pixels.Slice(to, 3));
            }
        }
    }

    static long Fixed(double value) => (long)Math.Floor(value * (1 << Fraction) + 0.5);
}
