namespace Research.Imaging;

/// <summary>Transparent pixels laid over white.</summary>
static class AlphaOverWhite
{
    /// <summary>Pixels of 4 bytes (red, green, blue, alpha) to pixels of 3.</summary>
    public static void Lay(ReadOnlySpan<byte> rgba, Span<byte> rgb)
    {
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
        {
            int alpha = rgba[from + 3],
                white = 255 * (255 - alpha) + 127;
            rgb[to] = (byte)((rgba[from] * alpha + white) / 255);
            rgb[to + 1] = (byte)((rgba[from + 1] * alpha + white) / 255);
            rgb[to + 2] = (byte)((rgba[from + 2] * alpha + white) / 255);
        }
    }
}
