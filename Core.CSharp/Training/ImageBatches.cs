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
        using var scope = NewDisposeScope();
        return Normalise(Bytes(pixels, size, rows)).MoveToOuterDisposeScope();
    }

    /// <summary>The given rows of N x 3 x S x S bytes as they are: B x 3 x S x S uint8 on the CPU.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A row is not in the table.</exception>
    internal static Tensor Bytes(byte[] pixels, int size, IReadOnlyList<int> rows)
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
        return torch.tensor(bytes, new long[] { rows.Count, 3, size, size });
    }

    /// <summary>Bytes as an image encoder's input, on the device that they are on.</summary>
    /// <param name="bytes">B x 3 x H x W uint8, 0 black to 255 white.</param>
    /// <returns>B x 3 x H x W float32, (x / 255 - mean) / std per channel.</returns>
    /// <exception cref="ArgumentException">The tensor is not uint8, or not B x 3 x H x W.</exception>
    public static Tensor Normalise(Tensor bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (bytes.dtype != ScalarType.Byte || bytes.ndim != 4 || bytes.shape[1] != 3)
            throw new ArgumentException($"Pictures are B x 3 x H x W bytes (uint8); this is {bytes}.", nameof(bytes));
        using var none = no_grad();
        using var scope = NewDisposeScope();
        // (x / 255 - mean) / std = x * factor + offset: two passes over the batch, in torch
        var factor = Constant(i => 1 / (255 * Deviation[i]));
        var offset = Constant(i => -Mean[i] / Deviation[i]);
        return bytes.to(ScalarType.Float32).mul_(factor).add_(offset).MoveToOuterDisposeScope();

        Tensor Constant(Func<int, double> of) =>
            Transfer
                .ToDevice(torch.tensor([(float)of(0), (float)of(1), (float)of(2)]), bytes.device)
                .reshape(1, 3, 1, 1);
    }
}
