using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Research.Imaging;

/// <summary>The layout of encoders: one plane per channel.</summary>
static class Planes
{
    // Where each channel of 16 pixels lies in the three vectors that hold them; indices from 0x80 give zero.
    static readonly Vector128<byte>[] Shuffles = [.. Enumerable.Range(0, 9).Select(i => Shuffle(i / 3, i % 3))];

    static Vector128<byte> Shuffle(int channel, int part)
    {
        Span<byte> indices = stackalloc byte[16];
        for (var i = 0; i < 16; i++)
        {
            var at = i * 3 + channel - part * 16;
            indices[i] = at is >= 0 and < 16 ? (byte)at : (byte)0xFF;
        }
        return Vector128.Create<byte>(indices);
    }

    /// <summary>Pixels of 3 bytes into planes of red, green and blue.</summary>
    public static void Split(ReadOnlySpan<byte> pixels, Span<byte> planes)
    {
        var plane = pixels.Length / 3;
        var done = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            ref var from = ref MemoryMarshal.GetReference(pixels);
            ref var to = ref MemoryMarshal.GetReference(planes);
            var shuffles = Shuffles;
            for (var c = 0; c < 3; c++)
            {
                var (one, two, three) = (shuffles[c * 3], shuffles[c * 3 + 1], shuffles[c * 3 + 2]);
                for (done = 0; done + 16 <= plane; done += 16)
                    (
                        Vector128.ShuffleNative(Vector128.LoadUnsafe(ref from, (nuint)(done * 3)), one)
                        | Vector128.ShuffleNative(Vector128.LoadUnsafe(ref from, (nuint)(done * 3 + 16)), two)
                        | Vector128.ShuffleNative(Vector128.LoadUnsafe(ref from, (nuint)(done * 3 + 32)), three)
                    ).StoreUnsafe(ref to, (nuint)(c * plane + done));
            }
        }
        for (; done < plane; done++)
        for (var c = 0; c < 3; c++)
            planes[c * plane + done] = pixels[done * 3 + c];
    }
}
