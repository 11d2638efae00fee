using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TorchSharp;

namespace Research.Bench;

/// <summary>
/// What one call of an operator costs: operators on a handful of elements, in a loop here, in PyTorch and from C++. The C++ time is
/// the engine's own, which no binding goes below; what a call costs above it is the overhead. The result is freed after each call, on
/// every side. A round takes the fastest of several short batches, which is what the code costs when nothing interrupts it; the ratio
/// of times is the median over rounds.
/// </summary>
static class OpBench
{
    const int Rounds = 9;
    const int Batches = 20;
    const int Calls = 1_000;

    /// <summary>Of the overhead here over PyTorch's.</summary>
    const double OverheadGoal = 0.8;

    /// <summary>Of the whole call here over PyTorch's.</summary>
    const double TimeGoal = 1.0;

    public static IReadOnlyList<Figure> Run(Options options)
    {
        torch.set_num_threads(1); // so few elements never use more
        using var scope = torch.NewDisposeScope();
        var operators = Operators();
        string[] size = [Text(Batches), Text(Calls)];
        using var python = new PythonSide(options, "op.py", "--batches", size[0], "--calls", size[1]);
        using var engine = EngineSide.Start(size);
        var rounds = Timing.Rotate(
            (options.Rounds ?? Rounds) + 1,
            () => operators.ToDictionary(o => o.Name, o => Nanoseconds(o.Call)),
            () => Times(python.Ask("run")),
            () => Times(engine.Ask("run"))
        );
        rounds.RemoveAt(0); // the first one compiles and optimises
        return [.. operators.SelectMany(o => Figures(o.Name, rounds, python))];
    }

    static IEnumerable<Figure> Figures(string name, List<Dictionary<string, double>[]> rounds, PythonSide python)
    {
        // The overhead is a difference of nearly equal times: the fastest of all rounds, which other work on the machine cannot lengthen.
        double Fastest(int side) => rounds.Min(r => r[side][name]);
        var (here, there, floor) = (Fastest(0), Fastest(1), Fastest(2));
        var detail = new Dictionary<string, object>
        {
            ["fastest_here_ns"] = here,
            ["fastest_pytorch_ns"] = there,
            ["fastest_engine_ns"] = floor,
            ["pytorch"] = python.Ready.GetProperty("version").GetString()!,
            ["rounds"] = rounds.Count,
            ["batches_a_round"] = Batches,
            ["calls_a_batch"] = Calls,
            ["threads"] = 1,
        };
        yield return Figure.AtMost(
            $"op.{name}.overhead_ratio",
            (here - floor) / (there - floor),
            "x",
            OverheadGoal,
            detail
        );
        var ratio = Timing.Median(rounds.Select(r => r[0][name] / r[1][name]));
        yield return Figure.AtMost($"op.{name}.time_ratio", ratio, "x", TimeGoal, detail);
    }

    static Dictionary<string, double> Times(JsonElement answer) =>
        answer.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetDouble());

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

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
