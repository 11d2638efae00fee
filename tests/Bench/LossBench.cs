using System.Globalization;
using System.Text.Json;

namespace Research.Bench;

/// <summary>
/// Memory and time of the tiled closed forms against the dense forms under autograd in PyTorch, on the same pairs of width 512: InfoNCE,
/// PSD with half of the pairs unaligned, HN-NCE, debiased NCE (in float64 here). Memory is that of the first evaluation in a new process, time the median of all.
/// </summary>
static class LossBench
{
    const int Rounds = 3;
    const int GoalPairs = 16_384;
    const double MemoryGoal = 1 / 8.0;
    const double TimeGoal = 1.1;
    const double DifferenceGoal = 1e-4; // of sums over 2^28 float32 products on either side
    static readonly string[] objectives = ["infonce", "psd", "hn-nce", "debiased"];
    static readonly int[] table = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

    /// <summary>Rough number of N x N matrices in the dense forms at their peak, to decide beforehand whether they fit.</summary>
    const int DenseMatrices = 12;

    public static IReadOnlyList<Figure> Run(Options options)
    {
        if (!File.Exists("/proc/self/clear_refs"))
            throw new BenchException(
                "this bench reads peak memory from Linux's /proc, which this machine does not have"
            );
        if (options.Size is { } size && size != "table")
        {
            LossCase.Parse(size).Serve(options.Threads);
            return [];
        }
        var cases = options.Size is null
            ? objectives.Select(o => new LossCase(o, GoalPairs))
            : table.Select(n => new LossCase("infonce", n));
        Console.WriteLine(
            "| objective | N | tiled | dense in PyTorch | time ratio | of processor time | tiled, extra memory | dense | memory ratio |"
        );
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        return [.. cases.SelectMany(c => Compare(c, options))];
    }

    static List<Figure> Compare(LossCase setting, Options options)
    {
        using var here = setting.Start(options.Threads);
        LossCase.Result Here() => here.Ask("run").Deserialize<LossCase.Result>()!;
        if (!DenseFits(setting.Pairs))
        {
            var alone = Here();
            Row(setting, alone.seconds, null, null, alone.peak_bytes, null);
            return [];
        }
        using var python = new PythonSide(
            options,
            "loss.py",
            "--objective",
            setting.Objective,
            "--pairs",
            setting.Pairs.ToString(CultureInfo.InvariantCulture),
            "--threads",
            options.Threads.ToString(CultureInfo.InvariantCulture)
        );
        var rounds = Timing.Alternate(
            options.Rounds ?? Rounds,
            Here,
            () => python.Ask("run").Deserialize<LossCase.Result>()!
        );
        var tiled = Timing.Median(rounds.Select(r => r.Here.seconds));
        var dense = Timing.Median(rounds.Select(r => r.There.seconds));
        var processor = Timing.Median(rounds.Select(r => r.Here.processor_seconds / r.There.processor_seconds));
        var (tiledPeak, densePeak) = (rounds[0].Here.peak_bytes, rounds[0].There.peak_bytes);
        Row(setting, tiled, dense, processor, tiledPeak, densePeak);
        var detail = new Dictionary<string, object>
        {
            ["pairs"] = setting.Pairs,
            ["width"] = 512,
            ["threads"] = options.Threads,
            ["rounds"] = rounds.Count,
            ["tiled_seconds"] = tiled,
            ["dense_seconds"] = dense,
            ["processor_time_ratio"] = processor,
            ["tiled_bytes"] = tiledPeak,
            ["dense_bytes"] = densePeak,
            ["pytorch"] = python.Ready.GetProperty("version").GetString()!,
        };
        var name = $"loss.{setting.Objective}.{setting.Pairs}";
        List<Figure> figures =
        [
            Figure.AtMost(
                $"{name}.time_ratio",
                Timing.Median(rounds.Select(r => r.Here.seconds / r.There.seconds)),
                "x",
                TimeGoal,
                detail
            ),
            Figure.AtMost(
                $"{name}.difference",
                rounds.Max(r => r.Here.Difference(r.There)),
                "relative",
                DifferenceGoal,
                detail
            ),
        ];
        if (setting.Pairs >= GoalPairs) // small batches need little memory in either form
            figures.Add(Figure.AtMost($"{name}.memory_ratio", tiledPeak / (double)densePeak, "x", MemoryGoal, detail));
        return figures;
    }

    static bool DenseFits(long pairs)
    {
        var available =
            1024
            * long.Parse(
                File.ReadLines("/proc/meminfo")
                    .First(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal))
                    .Split(' ')[^2],
                CultureInfo.InvariantCulture
            );
        return pairs * pairs * sizeof(float) * DenseMatrices < available;
    }

    static void Row(
        LossCase setting,
        double tiled,
        double? dense,
        double? processor,
        double tiledPeak,
        double? densePeak
    )
    {
        static string Seconds(double? s) =>
            s is { } x ? (x < 1 ? Text($"{x * 1e3:f0} ms") : Text($"{x:f1} s")) : "does not fit";
        static string Bytes(double? b) => b is { } x ? Text($"{x / 1e6:f0} MB") : "";
        static string Ratio(double a, double? b) => b is { } x ? Text($"{a / x:f2}") : "";
        Console.WriteLine(
            Text(
                $"| {setting.Objective} | {setting.Pairs:n0} | {Seconds(tiled)} | {Seconds(dense)} | {Ratio(tiled, dense)} | {Ratio(processor ?? 0, processor is null ? null : 1)} | {Bytes(tiledPeak)} | {Bytes(densePeak)} | {Ratio(tiledPeak, densePeak)} |"
            )
        );
    }

    static string Text(FormattableString text) => FormattableString.Invariant(text);
}
