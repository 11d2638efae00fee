using System.Buffers;

namespace Research.Imaging;

/// <summary>
/// For each target pixel of one axis, its source pixels and their weights, in fixed point of <see cref="Precision"/>
/// bits. Pooled.
/// </summary>
sealed class ResizeWeights : IDisposable
{
    public const int Precision = 32 - 8 - 2;

    readonly int[] start,
        length,
        values;

    public ResizeWeights(int fromSize, double from, double to, int count, ResizeFilter filter)
    {
        double radius = filter switch
        {
            ResizeFilter.Box => 0.5,
            ResizeFilter.Bilinear => 1,
            ResizeFilter.Bicubic => 2,
            _ => throw new ArgumentOutOfRangeException(
                nameof(filter),
                filter,
                "Known filters: Box, Bilinear, Bicubic."
            ),
        };
        double scale = (to - from) / count,
            stretch = Math.Max(scale, 1),
            support = radius * stretch;
        Count = count;
        Stride = (int)Math.Ceiling(support) * 2 + 1;
        start = ArrayPool<int>.Shared.Rent(count);
        length = ArrayPool<int>.Shared.Rent(count);
        values = ArrayPool<int>.Shared.Rent(checked(count * Stride));
        var exact = ArrayPool<double>.Shared.Rent(Stride);
        for (var i = 0; i < count; i++)
        {
            var centre = from + (i + 0.5) * scale;
            var first = Math.Max((int)(centre - support + 0.5), 0);
            var taps = Math.Min((int)(centre + support + 0.5), fromSize) - first;
            var sum = 0.0;
            for (var k = 0; k < taps; k++)
                sum += exact[k] = Kernel(filter, (k + first - centre + 0.5) * (1 / stretch));
            for (var k = 0; k < taps; k++)
            {
                var weight = (sum != 0 ? exact[k] / sum : exact[k]) * (1 << Precision);
                values[i * Stride + k] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
            }
            (start[i], length[i]) = (first, taps);
        }
        ArrayPool<double>.Shared.Return(exact);
    }

    /// <summary>The number of target pixels.</summary>
    public int Count { get; }

    /// <summary>The largest number of weights of a pixel.</summary>
    public int Stride { get; }

    /// <summary>The first source pixel of a target pixel.</summary>
    public int Start(int i) => start[i];

    /// <summary>The weights of a target pixel.</summary>
    public ReadOnlySpan<int> Of(int i) => values.AsSpan(i * Stride, length[i]);

    /// <summary>The range of source pixels that the target needs.</summary>
    public (int First, int Count) Reach()
    {
        var last = 0;
        for (var i = 0; i < Count; i++)
            last = Math.Max(last, start[i] + length[i]);
        return (start[0], last - start[0]);
    }

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(start);
        ArrayPool<int>.Shared.Return(length);
        ArrayPool<int>.Shared.Return(values);
    }

    static double Kernel(ResizeFilter filter, double x)
    {
        if (filter == ResizeFilter.Box)
            return x is > -0.5 and <= 0.5 ? 1 : 0;
        x = Math.Abs(x);
        if (filter == ResizeFilter.Bilinear)
            return Math.Max(0, 1 - x);
        return x < 1 ? (1.5 * x - 2.5) * x * x + 1
            : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2
            : 0;
    }
}
