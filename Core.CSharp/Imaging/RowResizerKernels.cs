using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Research.Imaging;

/// <summary>
/// The inner loops of <see cref="RowResizer"/>, in 16 bits: each product keeps its rounded upper half. The scalar ones define the result; the
/// vector ones give the same bits.
/// </summary>
static class RowResizerKernels
{
    /// <summary>Values per step of the row kernel; rows consist of whole steps.</summary>
    public const int Step = 64;

    /// <summary>Source pixels per step of the column kernel.</summary>
    public const int Group = 4;

    const int Channels = 4;
    const int Lanes = 16;

    // After both passes a level is 64 and the middle of the range 0.
    const int LevelBits = 6;
    const short Offset = (128 << LevelBits) + (1 << (LevelBits - 1));

    static bool Vectors => Avx2.IsSupported && !ResizeKernels.ScalarOnly;

    /// <summary>Bytes as values around 0: (b - 128) 2^8.</summary>
    public static void Widen(ReadOnlySpan<byte> row, Span<short> to)
    {
        var done = 0;
        if (Vectors)
        {
            ref var from = ref MemoryMarshal.GetReference(row);
            ref var target = ref MemoryMarshal.GetReference(to);
            var middle = Vector256.Create(short.MinValue);
            for (; done <= row.Length - Lanes; done += Lanes)
            {
                var values = Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref from, (nuint)done));
                ((values << 8) ^ middle).StoreUnsafe(ref target, (nuint)done);
            }
        }
        for (; done < row.Length; done++)
            to[done] = (short)((row[done] - 128) << 8);
    }

    /// <summary>A weighted sum of rows: row k begins at <paramref name="places"/>[k] of the ring.</summary>
    public static void Mix(
        ReadOnlySpan<short> ring,
        ReadOnlySpan<int> places,
        ReadOnlySpan<short> weights,
        Span<short> to
    )
    {
        if (!Vectors)
        {
            for (var x = 0; x < to.Length; x++)
            {
                var sum = 0;
                for (var k = 0; k < places.Length; k++)
                    sum += Product(ring[places[k] + x], weights[k]);
                to[x] = (short)sum;
            }
            return;
        }
        ref var from = ref MemoryMarshal.GetReference(ring);
        ref var target = ref MemoryMarshal.GetReference(to);
        for (var x = 0; x < to.Length; x += Step)
        {
            Vector256<short> a = default,
                b = default,
                c = default,
                d = default;
            for (var k = 0; k < places.Length; k++)
            {
                ref var at = ref Unsafe.Add(ref from, places[k] + x);
                var weight = Vector256.Create(weights[k]);
                a += Avx2.MultiplyHighRoundScale(Vector256.LoadUnsafe(ref at), weight);
                b += Avx2.MultiplyHighRoundScale(Vector256.LoadUnsafe(ref at, Lanes), weight);
                c += Avx2.MultiplyHighRoundScale(Vector256.LoadUnsafe(ref at, 2 * Lanes), weight);
                d += Avx2.MultiplyHighRoundScale(Vector256.LoadUnsafe(ref at, 3 * Lanes), weight);
            }
            a.StoreUnsafe(ref target, (nuint)x);
            b.StoreUnsafe(ref target, (nuint)(x + Lanes));
            c.StoreUnsafe(ref target, (nuint)(x + 2 * Lanes));
            d.StoreUnsafe(ref target, (nuint)(x + 3 * Lanes));
        }
    }

    /// <summary>
    /// Resizes a row of four-value pixels to another width, as bytes of red, green and blue. Weights are stored by group, each repeated for
    /// the four values; their pixels are a multiple of 4, and this many bytes beyond the last pixel are written.
    /// </summary>
    public static void Narrow(
        ReadOnlySpan<short> row,
        ReadOnlySpan<int> starts,
        ReadOnlySpan<short> weights,
        int groups,
        Span<byte> to
    )
    {
        if (Vectors)
            NarrowAvx2(row, starts, weights, groups, to);
        else
            NarrowScalar(row, starts, weights, groups, to);
    }

    /// <summary>The bytes that <see cref="Narrow"/> needs for this many pixels.</summary>
    public static int NarrowLength(int pixels) => 3 * pixels + 4;

    static void NarrowScalar(
        ReadOnlySpan<short> row,
        ReadOnlySpan<int> starts,
        ReadOnlySpan<short> weights,
        int groups,
        Span<byte> to
    )
    {
        var taps = groups * Group;
        for (var x = 0; x < starts.Length; x++)
        for (var channel = 0; channel < 3; channel++)
        {
            var sum = 0;
            for (var k = 0; k < taps; k++)
                sum += Product(row[starts[x] + k * Channels + channel], weights[(x * taps + k) * Channels + channel]);
            to[3 * x + channel] = (byte)Math.Clamp((sum + Offset) >> LevelBits, 0, 255);
        }
    }

    // Of four sums, as bytes R G B - for pixels 0, 2, 1, 3: the twelve bytes in order.
    static readonly Vector128<byte> Order = Vector128.Create(
        0,
        1,
        2,
        8,
        9,
        10,
        4,
        5,
        6,
        12,
        13,
        14,
        0x80,
        0x80,
        0x80,
        (byte)0x80
    );

    static void NarrowAvx2(
        ReadOnlySpan<short> row,
        ReadOnlySpan<int> starts,
        ReadOnlySpan<short> weights,
        int groups,
        Span<byte> to
    )
    {
        ref var source = ref MemoryMarshal.GetReference(row);
        ref var start = ref MemoryMarshal.GetReference(starts);
        ref var weight = ref MemoryMarshal.GetReference(weights);
        ref var target = ref MemoryMarshal.GetReference(to);
        var size = groups * Lanes; // the weights of a pixel
        var offset = Vector256.Create(Offset);
        var order = Order;
        for (var x = 0; x < starts.Length; x += 4)
        {
            ref var p0 = ref Unsafe.Add(ref source, Unsafe.Add(ref start, x));
            ref var p1 = ref Unsafe.Add(ref source, Unsafe.Add(ref start, x + 1));
            ref var p2 = ref Unsafe.Add(ref source, Unsafe.Add(ref start, x + 2));
            ref var p3 = ref Unsafe.Add(ref source, Unsafe.Add(ref start, x + 3));
            ref var w = ref Unsafe.Add(ref weight, x * size);
            Vector256<short> a = default,
                b = default,
                c = default,
                d = default;
            for (var at = 0; at < size; at += Lanes)
            {
                a += Product(ref p0, ref w, at, at);
                b += Product(ref p1, ref w, at, at + size);
                c += Product(ref p2, ref w, at, at + 2 * size);
                d += Product(ref p3, ref w, at, at + 3 * size);
            }
            // Each holds the sums of the even and the odd pixels of both halves: 0 | 1 and 2 | 3, then 0 2 | 1 3.
            var ab = Avx2.Permute2x128(a, b, 0x20) + Avx2.Permute2x128(a, b, 0x31);
            var cd = Avx2.Permute2x128(c, d, 0x20) + Avx2.Permute2x128(c, d, 0x31);
            var all =
                Avx2.UnpackLow(ab.AsInt64(), cd.AsInt64()).AsInt16()
                + Avx2.UnpackHigh(ab.AsInt64(), cd.AsInt64()).AsInt16();
            var levels = (all + offset) >> LevelBits;
            var bytes = Sse2.PackUnsignedSaturate(levels.GetLower(), levels.GetUpper());
            Ssse3.Shuffle(bytes, order).StoreUnsafe(ref target, (nuint)(3 * x));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<short> Product(ref short pixels, ref short weights, int at, int weightAt) =>
        Avx2.MultiplyHighRoundScale(
            Vector256.LoadUnsafe(ref pixels, (nuint)at),
            Vector256.LoadUnsafe(ref weights, (nuint)weightAt)
        );

    static int Product(short value, short weight) => (value * weight + (1 << 14)) >> 15;
}
