namespace Research.Imaging;

/// <summary>
/// Colour changes in place on height x width x 3 bytes, with the arithmetic of Pillow 9 (ImageEnhance, ImageOps): the
/// pixels are equal to Pillow's.
/// </summary>
static class ColourOps
{
    public static void Brightness(Span<byte> pixels, double factor) => TowardsLevel(pixels, 0, (float)factor);

    public static void Contrast(Span<byte> pixels, double factor)
    {
        var sum = 0L;
        for (var at = 0; at < pixels.Length; at += 3)
            sum += Grey(pixels, at);
        TowardsLevel(pixels, (int)((double)sum / (pixels.Length / 3) + 0.5), (float)factor);
    }

    public static void Saturation(Span<byte> pixels, double factor)
    {
        for (var at = 0; at < pixels.Length; at += 3)
        {
            int grey = Grey(pixels, at);
            for (var c = 0; c < 3; c++)
                pixels[at + c] = Blend(grey, pixels[at + c], (float)factor);
        }
    }

    /// <summary>Blends with (factor below 1) or away from the picture smoothed by a 3 x 3 kernel; leaves its border as it is.</summary>
    public static void Sharpness(Span<byte> pixels, int width, int height, double factor)
    {
        if (width < 3 || height < 3)
            return;
        var row = width * 3;
        using var copy = PixelBuffer.Rent(width, height);
        var from = copy.Pixels;
        pixels.CopyTo(from);
        for (var y = 1; y < height - 1; y++)
        for (int at = y * row + 3, end = (y + 1) * row - 3; at < end; at++)
        {
            // The kernel is 5 at the centre and 1 around it; 13 is odd, so no sum lies on a rounding boundary.
            var sum = 5 * from[at] + from[at - 3] + from[at + 3];
            sum += from[at - row - 3] + from[at - row] + from[at - row + 3];
            sum += from[at + row - 3] + from[at + row] + from[at + row + 3];
            pixels[at] = Blend((2 * sum + 13) / 26, from[at], (float)factor);
        }
    }

    /// <summary>Keeps the upper bits of each value.</summary>
    public static void Posterize(Span<byte> pixels, int bits)
    {
        var mask = (byte)~((1 << (8 - bits)) - 1);
        foreach (ref var value in pixels)
            value &= mask;
    }

    /// <summary>Inverts the values that reach the threshold.</summary>
    public static void Solarize(Span<byte> pixels, double threshold)
    {
        Span<byte> table = stackalloc byte[256];
        for (var i = 0; i < 256; i++)
            table[i] = (byte)(i < threshold ? i : 255 - i);
        Map(pixels, table);
    }

    /// <summary>Stretches each channel to the whole range.</summary>
    public static void AutoContrast(Span<byte> pixels)
    {
        Span<int> counts = stackalloc int[256];
        Span<byte> table = stackalloc byte[256];
        for (var c = 0; c < 3; c++)
        {
            Count(pixels, c, counts);
            int low = counts.IndexOfAnyExcept(0),
                high = counts.LastIndexOfAnyExcept(0);
            if (high <= low)
                continue;
            double scale = 255.0 / (high - low),
                offset = -low * scale;
            for (var i = 0; i < 256; i++)
                table[i] = (byte)Math.Clamp((int)(i * scale + offset), 0, 255);
            MapChannel(pixels, c, table);
        }
    }

    /// <summary>Equalizes each channel's histogram.</summary>
    public static void Equalize(Span<byte> pixels)
    {
        Span<int> counts = stackalloc int[256];
        Span<byte> table = stackalloc byte[256];
        for (var c = 0; c < 3; c++)
        {
            Count(pixels, c, counts);
            var last = counts[counts.LastIndexOfAnyExcept(0)];
            var step = (pixels.Length / 3 - last) / 255;
            if (step == 0) // also when there is a single value
                continue;
            var sum = step / 2;
            for (var i = 0; i < 256; i++)
            {
                table[i] = (byte)Math.Min(sum / step, 255);
                sum += counts[i];
            }
            MapChannel(pixels, c, table);
        }
    }

    /// <summary>Turns the hue of 8-bit HSV by a fraction of the circle.</summary>
    public static void Hue(Span<byte> pixels, double turns)
    {
        var shift = (byte)(int)(turns * 255); // wraps, as unsigned bytes do
        for (var at = 0; at < pixels.Length; at += 3)
        {
            var (hue, saturation, value) = ToHsv(pixels[at], pixels[at + 1], pixels[at + 2]);
            (pixels[at], pixels[at + 1], pixels[at + 2]) = ToRgb((byte)(hue + shift), saturation, value);
        }
    }

    static (byte Hue, byte Saturation, byte Value) ToHsv(byte red, byte green, byte blue)
    {
        byte most = Math.Max(red, Math.Max(green, blue)),
            least = Math.Min(red, Math.Min(green, blue));
        if (most == least)
            return (0, 0, most);
        float range = most - least,
            r = (most - red) / range,
            g = (most - green) / range,
            b = (most - blue) / range;
        var hue =
            red == most ? b - g
            : green == most ? (float)(2.0 + r - b)
            : (float)(4.0 + g - r);
        hue = (float)((hue / 6.0 + 1.0) % 1.0);
        return (Clip((int)(hue * 255.0)), Clip((int)(range / most * 255.0)), most);
    }

    static (byte, byte, byte) ToRgb(byte hue, byte saturation, byte value)
    {
        if (saturation == 0)
            return (value, value, value);
        var sector = (int)Math.Floor(hue * 6.0 / 255.0);
        float f = (float)(hue * 6.0 / 255.0 - sector),
            s = (float)(saturation / 255.0);
        byte p = Round(value * (1.0 - s)),
            q = Round(value * (1.0 - s * f)),
            t = Round(value * (1.0 - s * (1.0 - f)));
        return (sector % 6) switch
        {
            0 => (value, t, p),
            1 => (q, value, p),
            2 => (p, value, t),
            3 => (p, q, value),
            4 => (t, p, value),
            _ => (value, p, q),
        };
    }

    static byte Round(double value) => Clip((int)Math.Round(value, MidpointRounding.AwayFromZero));

    static byte Clip(int value) => (byte)Math.Clamp(value, 0, 255);

    static int Grey(ReadOnlySpan<byte> pixels, int at) =>
        (pixels[at] * 19595 + pixels[at + 1] * 38470 + pixels[at + 2] * 7471 + 0x8000) >> 16;

    static byte Blend(int from, int to, float factor) => Clip((int)Math.Clamp(from + factor * (to - from), -1f, 256f));

    static void TowardsLevel(Span<byte> pixels, int level, float factor)
    {
        Span<byte> table = stackalloc byte[256];
        for (var i = 0; i < 256; i++)
            table[i] = Blend(level, i, factor);
        Map(pixels, table);
    }

    static void Count(ReadOnlySpan<byte> pixels, int channel, Span<int> counts)
    {
        counts.Clear();
        for (var at = channel; at < pixels.Length; at += 3)
            counts[pixels[at]]++;
    }

    static void Map(Span<byte> pixels, ReadOnlySpan<byte> table)
    {
        foreach (ref var value in pixels)
            value = table[value];
    }

    static void MapChannel(Span<byte> pixels, int channel, ReadOnlySpan<byte> table)
    {
        for (var at = channel; at < pixels.Length; at += 3)
            pixels[at] = table[pixels[at]];
    }
}
