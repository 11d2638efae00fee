using TorchSharp;

namespace Core.Tests.Engine;

/// <summary>The numbers of tests/golden/formula.py, computed here so that the golden files need not hold inputs.</summary>
static class Formula
{
    public static float[] Values(long seed, long count, double scale = 1)
    {
        var values = new float[count];
        for (var i = 0L; i < count; i++)
            values[i] = (float)(((i * 7919 + seed * 104729) % 1009 / 1009.0 - 0.5) * scale);
        return values;
    }

    public static torch.Tensor Ramp(long seed, long[] shape, double scale = 1) =>
        torch.tensor(Values(seed, shape.Aggregate(1L, (a, b) => a * b), scale)).reshape(shape);

    public static torch.Tensor Captions(int seed, int batch, int length, int vocabulary)
    {
        var rows = new long[batch * length];
        for (var b = 0; b < batch; b++)
        {
            var words = 1 + (seed + 3 * b) % (length - 2);
            rows[b * length] = vocabulary - 2;
            for (var k = 0; k < words; k++)
                rows[b * length + 1 + k] = 1 + (seed * 31 + b * 17 + k * 7) % (vocabulary - 3);
            rows[b * length + 1 + words] = vocabulary - 1;
        }
        return torch.tensor(rows).reshape(batch, length);
    }
}
