using Research.Corpora;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>Turns rows of bytes into an image encoder's input: CLIP's normalisation, (x / 255 - mean) / std per channel.</summary>
public static class ImageBatches
{
    static readonly double[] Mean = [0.48145466, 0.4578275, 0.40821073]; // OpenAI's CLIP
    static readonly double[] Deviation = [0.26862954, 0.26130258, 0.27577711];

    /// <summary>The pictures in the given rows, B x 3 x S x S float32, normalised, on the CPU.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A row is not in the table.</exception>
    public static Tensor Of(ImageTable table, IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(table);
        return Of(table.Pixels, table.Size, rows);
    }

    /// <summary>The same from N x 3 x S x S bytes.</summary>
    internal static Tensor Of(byte[] pixels, int size, IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var stride = 3 * size * size;
        var bytes = new byte[checked(rows.Count * stride)];
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i] < 0 || rows[i] >= pixels.Length / stride)
                throw new ArgumentOutOfRangeException(
                    nameof(rows),
                    rows[i],
                    $"The table has {pixels.Length / stride} pictures."
                );
            Buffer.BlockCopy(pixels, rows[i] * stride, bytes, i * stride, stride);
        }
        using var none = no_grad();
        using var scope = NewDisposeScope();
        // (x / 255 - mean) / std = x * factor + offset: two passes over the batch, in torch
        var factor = torch.tensor(Array.ConvertAll(Deviation, s => (float)(1 / (255 * s)))).reshape(1, 3, 1, 1);
        var offset = torch.tensor([.. Mean.Zip(Deviation, (m, s) => (float)(-m / s))]).reshape(1, 3, 1, 1);
        return torch
            .tensor(bytes, new long[] { rows.Count, 3, size, size })
            .to(ScalarType.Float32)
            .mul_(factor)
            .add_(offset)
            .MoveToOuterDisposeScope();
    }
}
