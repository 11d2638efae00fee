using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace Research.Bench;

/// <summary>
/// What one call of an operator costs beyond its arithmetic: operators on a handful of elements, in a loop here and in PyTorch. The
/// result is freed after each call, on both sides. A round takes the fastest of several short batches, which is what the code costs
/// when nothing interrupts it; the figure is the median over rounds.
/// </summary>
static class OpBench
{
    const int Rounds = 9;
    const int Batches = 20;
    const int Calls = 1_000;
    const double Goal = 0.8;

    public static IReadOnlyList<Figure> Run(Options options)
    {
        torch.set_num_threads(1); // so few elements never use more
        using var scope = torch.NewDisposeScope();
        var operators = Operators();
        using var python = new PythonSide(
            options,
            "op.py",
            "--batches",
            Batches.ToString(CultureInfo.InvariantCulture),
            "--calls",
            Calls.ToString(CultureInfo.InvariantCulture)
        );
        var rounds = Timing.Alternate(
            (options.Rounds ?? Rounds) + 1,
            () => operators.ToDictionary(o => o.Name, o => Nanoseconds(o.Call)),
            () => python.Ask("run").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetDouble())
        );
        rounds.RemoveAt(0); // the first one compiles and optimises
        return
        [
            .. operators.Select(o =>
                Figure.AtMost(
                    $"op.{o.Name}.time_ratio",
                    Timing.Median(rounds.Select(r => r.Here[o.Name] / r.There[o.Name])),
                    "x",
                    Goal,
                    new()
                    {
                        ["here_ns"] = Timing.Median(rounds.Select(r => r.Here[o.Name])),
                        ["pytorch_ns"] = Timing.Median(rounds.Select(r => r.There[o.Name])),
                        ["pytorch"] = python.Ready.GetProperty("version").GetString()!,
                        ["rounds"] = rounds.Count,
                        ["batches_a_round"] = Batches,
                        ["calls_a_batch"] = Calls,
                        ["threads"] = 1,
                    }
                )
            ),
        ];
    }

    static double Nanoseconds(Action call)
    {
        var best = double.PositiveInfinity;
        for (var batch = 0; batch < Batches; batch++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < Calls; i++)
                call();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Calls);
        }
        return best;
    }

    /// <summary>The same calls as python/op.py's.</summary>
    static (string Name, Action Call)[] Operators()
    {
        var a = torch.ones(1);
        var b = torch.ones(1);
        var m = torch.ones(4, 4);
        var bias = torch.ones(4);
        var w = torch.ones(4, requires_grad: true);
        long[] last = [4];
        return
        [
            ("add", () => a.add(b).Dispose()),
            ("add_scalar", () => a.add(1.0).Dispose()),
            ("add_in_place", () => a.add_(b)),
            ("mul", () => (a * b).Dispose()),
            ("view", () => m.view(16).Dispose()),
            ("transpose", () => m.transpose(0, 1).Dispose()),
            ("sum", () => m.sum().Dispose()),
            ("softmax", () => m.softmax(-1).Dispose()),
            ("matmul", () => m.matmul(m).Dispose()),
            ("linear", () => torch.nn.functional.linear(m, m, bias).Dispose()),
            ("layer_norm", () => torch.nn.functional.layer_norm(m, last, bias, bias).Dispose()),
            ("mul_recorded", () => (w * w).Dispose()),
        ];
    }
}
