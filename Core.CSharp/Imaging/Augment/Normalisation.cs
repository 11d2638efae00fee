using System.Numerics;

namespace Research.Imaging;

/// <summary>(value / 255 - mean) / deviation, channel by channel.</summary>
public sealed record Normalisation
{
    readonly float[] factor = new float[3],
        shift = new float[3];

    /// <summary>The means and deviations of CLIP's training.</summary>
    public static Normalisation Clip { get; } =
        new([0.48145466f, 0.4578275f, 0.40821073f], [0.26862954f, 0.26130258f, 0.27577711f]);

    /// <summary>ImageNet's means and deviations.</summary>
    public static Normalisation ImageNet { get; } = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    /// <summary>Mean and deviation of red, green and blue, for values in [0, 1].</summary>
    /// <exception cref="ArgumentException">Not three of each, or a deviation is not positive.</exception>
    public Normalisation(ReadOnlySpan<float> mean, ReadOnlySpan<float> deviation)
    {
        if (mean.Length != 3 || deviation.Length != 3)
            throw new ArgumentException(
                $"{mean.Length} means and {deviation.Length} deviations: three of each are needed."
            );
        for (var c = 0; c < 3; c++)
        {
            if (!(deviation[c] > 0) || !float.IsFinite(mean[c]))
                throw new ArgumentException(
                    $"Channel {c}: mean {mean[c]}, deviation {deviation[c]}; deviations are positive."
                );
            factor[c] = (float)(1 / (255.0 * deviation[c]));
            shift[c] = (float)(-(double)mean[c] / deviation[c]);
        }
    }

    /// <summary>Planes of bytes (3 x height x width) to floats in the same order.</summary>
    /// <exception cref="ArgumentException">The lengths differ or are not a multiple of three.</exception>
    public void Apply(ReadOnlySpan<byte> planes, Span<float> target)
    {
        if (planes.Length != target.Length || planes.Length % 3 != 0)
            throw new ArgumentException(
                $"{planes.Length} bytes to {target.Length} floats: equal multiples of three are needed."
            );
        var plane = planes.Length / 3;
        for (var c = 0; c < 3; c++)
            Plane(planes.Slice(c * plane, plane), target.Slice(c * plane, plane), factor[c], shift[c]);
    }

    static void Plane(ReadOnlySpan<byte> from, Span<float> to, float factor, float shift)
    {
        int lanes = Vector<float>.Count,
            i = 0;
        var times = new Vector<float>(factor);
        var plus = new Vector<float>(shift);
        for (; i + 4 * lanes <= from.Length; i += 4 * lanes)
        {
            Vector.Widen(new Vector<byte>(from[i..]), out var low, out var high);
            Vector.Widen(low, out var first, out var second);
            Vector.Widen(high, out var third, out var fourth);
            (Vector.ConvertToSingle(first) * times + plus).CopyTo(to[i..]);
            (Vector.ConvertToSingle(second) * times + plus).CopyTo(to[(i + lanes)..]);
            (Vector.ConvertToSingle(third) * times + plus).CopyTo(to[(i + 2 * lanes)..]);
            (Vector.ConvertToSingle(fourth) * times + plus).CopyTo(to[(i + 3 * lanes)..]);
        }
        for (; i < from.Length; i++)
            to[i] = from[i] * factor + shift;
    }
}
