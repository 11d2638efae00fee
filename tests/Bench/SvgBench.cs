using System.Diagnostics;
using Research.Imaging;
using Research.Imaging.Drawing;

namespace Research.Bench;

/// <summary>
/// Drawings per second: every fourth of the emoji corpus in the drawing processes, and the same in this process without guard, limits or
/// pipes, as fast as librsvg can be.
/// </summary>
static class SvgBench
{
    const int Rounds = 5;
    const int Step = 4;
    const int Side = 32;
    const double RatioGoal = 0.9;
    const int StackSize = 64 << 20;

    readonly record struct Pass(double Seconds, long Sum);

    public static IReadOnlyList<Figure> Run(Options options)
    {
        var drawings = EmojiDrawings.Every(Step);
        var pixels = new byte[drawings.Length][];
        Pass Processes() => Time(drawings, pixels, options.Threads, svg => Svg.Rasterise(svg, Side).Pixels);
        Pass Here() => Time(drawings, pixels, options.Threads, InThisProcess);
        Processes(); // compiled and started before the first round
        Here();
        var rounds = Timing.Alternate(options.Rounds ?? Rounds, Processes, Here);
        if (rounds.Any(r => r.Here.Sum != r.There.Sum))
            throw new BenchException("the drawing processes draw different pixels from this one");
        var detail = new Dictionary<string, object>
        {
            ["drawings"] = drawings.Length,
            ["bytes"] = drawings.Sum(d => (long)d.Length),
            ["size"] = Side,
            ["threads"] = options.Threads,
            ["rounds"] = rounds.Count,
            ["drawings_per_second"] = Rate(rounds.Select(r => r.Here)),
            ["in_process_drawings_per_second"] = Rate(rounds.Select(r => r.There)),
        };
        foreach (var (name, value) in detail)
            Console.WriteLine($"  {name, -32} {value}");
        return
        [
            Figure.AtLeast(
                "data.svg.rate_ratio",
                Timing.Median(rounds.Select(r => r.There.Seconds / r.Here.Seconds)),
                "x",
                RatioGoal,
                detail
            ),
        ];

        double Rate(IEnumerable<Pass> passes) =>
            Math.Round(drawings.Length / Timing.Median(passes.Select(p => p.Seconds)));
    }

    static byte[] InThisProcess(byte[] svg)
    {
        var pixels = new byte[3 * Side * Side];
        Librsvg.Draw(svg, Side, pixels);
        return pixels;
    }

    static Pass Time(byte[][] drawings, byte[][] pixels, int threads, Func<byte[], byte[]> draw)
    {
        var clock = Stopwatch.StartNew();
        var next = -1;
        void Work()
        {
            for (int i; (i = Interlocked.Increment(ref next)) < drawings.Length; )
                try
                {
                    pixels[i] = draw(drawings[i]);
                }
                catch (Exception error) when (error is InvalidDataException or OutOfMemoryException)
                {
                    pixels[i] = []; // one emoji's filter is larger than cairo's largest surface
                }
        }
        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(Work, StackSize)).ToArray();
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
        return new Pass(clock.Elapsed.TotalSeconds, pixels.Sum(p => p.Sum(v => (long)v)));
    }
}
