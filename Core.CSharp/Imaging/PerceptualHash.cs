using System.Numerics;

namespace Research.Imaging;

/// <summary>
/// A 64-bit difference hash: the picture in grey at 9 x 8, one bit for each cell that is brighter than its right neighbour.
/// Pictures that look alike differ in few bits; colour is ignored, so equal hashes are candidates, not proofs.
/// </summary>
public static class PerceptualHash
{
    const int Margin = 2; // grey levels; without it the antialiasing noise of a flat background would set bits

    /// <summary>The hash of a picture.</summary>
    public static ulong Of(RgbImage picture)
    {
        var small = Resize.To(picture, 9, 8, ResizeFilter.Box).Pixels;
        var hash = 0UL;
        for (var y = 0; y < 8; y++)
        for (var x = 0; x < 8; x++)
        {
            var at = (y * 9 + x) * 3;
            hash = (hash << 1) | (Grey(small, at) > Grey(small, at + 3) + Margin ? 1UL : 0UL);
        }
        return hash;
    }

    /// <summary>The number of bits, 0 to 64, in which two hashes differ.</summary>
    public static int Distance(ulong first, ulong second) => BitOperations.PopCount(first ^ second);

    static int Grey(byte[] rgb, int at) => (299 * rgb[at] + 587 * rgb[at + 1] + 114 * rgb[at + 2]) / 1000;
}
