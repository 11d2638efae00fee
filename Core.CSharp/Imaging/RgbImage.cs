namespace Research.Imaging;

/// <summary>An 8-bit sRGB picture in memory.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Pixels">Height x Width x 3 bytes: red, green, blue, row by row.</param>
public sealed record RgbImage(int Width, int Height, byte[] Pixels)
{
    /// <summary>Writes the picture into 3 x Height x Width bytes (planes of red, green, blue), the encoders' layout.</summary>
    /// <exception cref="ArgumentException"><paramref name="target"/> has another length.</exception>
    public void CopyToPlanes(Span<byte> target)
    {
        var plane = Width * Height;
        if (target.Length != 3 * plane)
            throw new ArgumentException($"{target.Length} bytes cannot hold 3 x {Height} x {Width}.", nameof(target));
        Planes.Split(Pixels.AsSpan(0, 3 * plane), target);
    }
}
