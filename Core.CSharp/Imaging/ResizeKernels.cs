using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Research.Imaging;

/// <summary>
/// The inner loops of resizing. The scalar ones define the result. The vector ones give the same bits: a 23-bit weight is split
/// into two of 16 bits, so that one instruction multiplies 16 of them and adds neighbours.
/// </summary>
static class ResizeKernels
{
    const int Precision = ResizeWeights.Precision;
    const int Half = 1 << (Precision - 1);
    const int LowBits = 12;
    const int LowMask = (1 << LowBits) - 1;
    const int Group = 4; // source pixels per step of the column kernel: 12 of the 16 bytes it loads

    /// <summary>Set by tests to compare the two.</summary>
    [ThreadStatic]
    internal static bool ScalarOnly;

    static bool Vectors => Avx2.IsSupported && !ScalarOnly;

    /// <summary>Resizes each of <paramref name="height"/> rows of <paramref name="width"/> pixels.</summary>
    public static void Columns(ReadOnlySpan<byte> from, int width, int height, ResizeWeights weights, Span<byte> to)
    {
        if (Vectors)
            ColumnsAvx2(from, width, height, weights, to);
        else
            ColumnsScalar(from, width, height, weights, to);
    }

    /// <summary>Mixes rows of <paramref name="rowSize"/> bytes; the first of them is source row <paramref name="first"/>.</summary>
    public static void Rows(ReadOnlySpan<byte> from, int rowSize, ResizeWeights weights, int first, Span<byte> to)
    {
        for (var y = 0; y < weights.Count; y++)
        {
            var taps = weights.Of(y);
            var source = from.Slice((weights.Start(y) - first) * rowSize, taps.Length * rowSize);
            var target = to.Slice(y * rowSize, rowSize);
            if (Vectors && rowSize >= Vector128<byte>.Count)
                RowAvx2(source, taps, target);
            else
                RowScalar(source, taps, target);
        }
    }

    static void ColumnsScalar(ReadOnlySpan<byte> from, int width, int height, ResizeWeights weights, Span<byte> to)
    {
        for (int y = 0, at = 0; y < height; y++)
        for (var x = 0; x < weights.Count; x++, at += 3)
        {
            int red = Half,
                green = Half,
                blue = Half;
            var source = (y * width + weights.Start(x)) * 3;
            foreach (var weight in weights.Of(x))
            {
                red += from[source] * weight;
                green += from[source + 1] * weight;
                blue += from[source + 2] * weight;
                source += 3;
            }
            to[at] = (byte)Math.Clamp(red >> Precision, 0, 255);
            to[at + 1] = (byte)Math.Clamp(green >> Precision, 0, 255);
            to[at + 2] = (byte)Math.Clamp(blue >> Precision, 0, 255);
        }
    }

    static void RowScalar(ReadOnlySpan<byte> from, ReadOnlySpan<int> taps, Span<byte> to)
    {
        for (var x = 0; x < to.Length; x++)
        {
            var sum = Half;
            for (int k = 0, at = x; k < taps.Length; k++, at += to.Length)
                sum += from[at] * taps[k];
            to[x] = (byte)Math.Clamp(sum >> Precision, 0, 255);
        }
    }

    static void ColumnsAvx2(ReadOnlySpan<byte> from, int width, int height, ResizeWeights weights, Span<byte> to)
    {
        // A step reads 16 bytes, so the last pixels of a row reach into the next; the last row is copied to memory where that is allowed.
        using var plan = new ColumnPlan(weights);
        var rowSize = width * 3;
        var lastRow = ArrayPool<byte>.Shared.Rent(rowSize + ColumnPlan.Overrun);
        for (var y = 0; y < height; y++)
        {
            var source = from[(y * rowSize)..];
            if (source.Length < rowSize + ColumnPlan.Overrun)
            {
                source[..rowSize].CopyTo(lastRow);
                source = lastRow;
            }
            plan.Row(source, to.Slice(y * weights.Count * 3, weights.Count * 3));
        }
        ArrayPool<byte>.Shared.Return(lastRow);
    }

    /// <summary>The weights of the columns in the kernel's order. Pooled.</summary>
    public sealed class ColumnPlan : IDisposable
    {
        /// <summary>The number of bytes after a row that must be readable.</summary>
        public const int Overrun = 32;

        readonly ResizeWeights weights;
        readonly int groups;
        readonly int[] steps;
        readonly short[] packed;

        public ColumnPlan(ResizeWeights weights)
        {
            this.weights = weights;
            groups = (weights.Stride + Group - 1) / Group;
            steps = Plan(weights);
            packed = Pack(weights, groups);
        }

        /// <summary>Resizes a row that is followed by <see cref="Overrun"/> more bytes.</summary>
        public void Row(ReadOnlySpan<byte> from, Span<byte> to)
        {
            if (!Vectors)
                ColumnsScalar(from, 0, 1, weights, to);
            else
                RowOfColumns(
                    ref MemoryMarshal.GetReference(from),
                    ref MemoryMarshal.GetArrayDataReference(steps),
                    ref MemoryMarshal.GetArrayDataReference(packed),
                    groups,
                    weights.Count,
                    to
                );
        }

        public void Dispose()
        {
            ArrayPool<int>.Shared.Return(steps);
            ArrayPool<short>.Shared.Return(packed);
        }
    }

    // The channels of a group of four pixels, in pairs: r0 r1 g0 g1 b0 b1 - -, r2 r3 g2 g3 b2 b3 - -.
    static readonly Vector128<byte> PairChannels = Vector128.Create(
        0,
        3,
        1,
        4,
        2,
        5,
        0x80,
        0x80,
        6,
        9,
        7,
        10,
        8,
        11,
        0x80,
        (byte)0x80
    );

    static void RowOfColumns(ref byte source, ref int plan, ref short packed, int groups, int count, Span<byte> target)
    {
        var pairs = PairChannels;
        var half = Vector128.Create(Half);
        ref var to = ref MemoryMarshal.GetReference(target);
        for (var x = 0; x < count; x++)
        {
            ref var from = ref Unsafe.Add(ref source, Unsafe.Add(ref plan, 2 * x));
            ref var weight = ref Unsafe.Add(ref packed, x * groups * 32);
            var high = Vector256<int>.Zero;
            var low = Vector256<int>.Zero;
            for (var g = Unsafe.Add(ref plan, 2 * x + 1); g > 0; g--)
            {
                var pixels = Avx2.ConvertToVector256Int16(Ssse3.Shuffle(Vector128.LoadUnsafe(ref from), pairs));
                high += Avx2.MultiplyAddAdjacent(pixels, Vector256.LoadUnsafe(ref weight));
                low += Avx2.MultiplyAddAdjacent(pixels, Vector256.LoadUnsafe(ref weight, 16));
                from = ref Unsafe.Add(ref from, Group * 3);
                weight = ref Unsafe.Add(ref weight, 32);
            }
            var both = (high << LowBits) + low;
            var sum = (both.GetLower() + both.GetUpper() + half) >> Precision;
            var words = Sse2.PackSignedSaturate(sum, sum);
            var bytes = Sse2.PackUnsignedSaturate(words, words).AsUInt32().ToScalar();
            if (x < count - 1) // the fourth byte is overwritten by the next pixel
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, 3 * x), bytes);
            else
            {
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, 3 * x), (ushort)bytes);
                Unsafe.Add(ref to, 3 * x + 2) = (byte)(bytes >> 16);
            }
        }
    }

    // For each target pixel: the byte where its source begins, and its number of groups.
    static int[] Plan(ResizeWeights weights)
    {
        var plan = ArrayPool<int>.Shared.Rent(2 * weights.Count);
        for (var x = 0; x < weights.Count; x++)
            (plan[2 * x], plan[2 * x + 1]) = (weights.Start(x) * 3, (weights.Of(x).Length + Group - 1) / Group);
        return plan;
    }

    // For each target pixel and group: 16 high parts, then 16 low parts, in the order of PairChannels.
    static short[] Pack(ResizeWeights weights, int groups)
    {
        var packed = ArrayPool<short>.Shared.Rent(checked(weights.Count * groups * 32));
        packed.AsSpan(0, weights.Count * groups * 32).Clear();
        for (var x = 0; x < weights.Count; x++)
        {
            var taps = weights.Of(x);
            for (var k = 0; k < taps.Length; k++)
            {
                var at = (x * groups + k / Group) * 32 + (k % Group / 2 * 8) + (k & 1);
                short high = (short)(taps[k] >> LowBits),
                    low = (short)(taps[k] & LowMask);
                for (var channel = 0; channel < 3; channel++, at += 2)
                    (packed[at], packed[at + 16]) = (high, low);
            }
        }
        return packed;
    }

    static void RowAvx2(ReadOnlySpan<byte> from, ReadOnlySpan<int> taps, Span<byte> to)
    {
        var size = to.Length;
        ref var source = ref MemoryMarshal.GetReference(from);
        ref var target = ref MemoryMarshal.GetReference(to);
        var half = Vector256.Create(Half);
        for (var x = 0; x < size; x += 16)
        {
            if (x > size - 16)
                x = size - 16; // the last step overlaps the one before
            Vector256<int> high0 = default,
                high1 = default,
                low0 = half,
                low1 = half;
            ref var at = ref Unsafe.Add(ref source, x);
            for (var k = 0; k < taps.Length; k += 2)
            {
                var pair = k + 1 < taps.Length;
                var next = pair ? taps[k + 1] : 0;
                var first = Vector128.LoadUnsafe(ref at);
                var second = pair ? Vector128.LoadUnsafe(ref at, (nuint)size) : first;
                var pixels0 = Avx2.ConvertToVector256Int16(Sse2.UnpackLow(first, second));
                var pixels1 = Avx2.ConvertToVector256Int16(Sse2.UnpackHigh(first, second));
                var high = Vector256.Create(((taps[k] >> LowBits) & 0xFFFF) | ((next >> LowBits) << 16)).AsInt16();
                var low = Vector256.Create((taps[k] & LowMask) | ((next & LowMask) << 16)).AsInt16();
                high0 += Avx2.MultiplyAddAdjacent(pixels0, high);
                high1 += Avx2.MultiplyAddAdjacent(pixels1, high);
                low0 += Avx2.MultiplyAddAdjacent(pixels0, low);
                low1 += Avx2.MultiplyAddAdjacent(pixels1, low);
                at = ref Unsafe.Add(ref at, 2 * size);
            }
            var sum0 = ((high0 << LowBits) + low0) >> Precision;
            var sum1 = ((high1 << LowBits) + low1) >> Precision;
            var words = Avx2.Permute4x64(Avx2.PackSignedSaturate(sum0, sum1).AsInt64(), 0b11_01_10_00).AsInt16();
            Sse2.PackUnsignedSaturate(words.GetLower(), words.GetUpper()).StoreUnsafe(ref target, (nuint)x);
        }
    }
}
