using Research.Imaging;

namespace Research.Tests.Imaging;

/// <summary>Bicubic resizing with antialiasing as its formula says, in double, nothing cut or rounded but the result.</summary>
static class PlainResize
{
    /// <summary>A box of a picture of height x width x 3 bytes as a square.</summary>
    public static byte[] Of(ReadOnlySpan<byte> pixels, int width, int height, ResizeBox box, int size)
    {
        var across = Weights(width, box.Left, box.Right, size);
        var down = Weights(height, box.Top, box.Bottom, size);
        var square = new byte[size * size * 3];
        for (var at = 0; at < square.Length; at++)
        {
            var sum = 0.0;
            foreach (var (y, weightY) in down[at / 3 / size])
            foreach (var (x, weightX) in across[at / 3 % size])
                sum += weightY * weightX * pixels[(y * width + x) * 3 + at % 3];
            square[at] = (byte)Math.Clamp(Math.Round(sum), 0, 255);
        }
        return square;
    }

    static (int At, double Weight)[][] Weights(int length, double from, double to, int count)
    {
        double scale = (to - from) / count,
            stretch = Math.Max(scale, 1);
        var all = new (int, double)[count][];
        for (var i = 0; i < count; i++)
        {
            var centre = from + (i + 0.5) * scale;
            int first = Math.Max(0, (int)(centre - 2 * stretch + 0.5)),
                end = Math.Min(length, (int)(centre + 2 * stretch + 0.5));
            var taps = Enumerable.Range(first, end - first).Select(k => Cubic((k + 0.5 - centre) / stretch)).ToArray();
            all[i] = [.. taps.Select((tap, k) => (first + k, tap / taps.Sum()))];
        }
        return all;
    }

    static double Cubic(double x) =>
        Math.Abs(x) switch
        {
            < 1 and var near => 1.5 * near * near * near - 2.5 * near * near + 1,
            < 2 and var far => -0.5 * far * far * far + 2.5 * far * far - 4 * far + 2,
            _ => 0,
        };
}
