using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TorchSharp;

namespace Research.Bench;

/// <summary>
/// What one call of an operator costs: operators on a handful of elements, in a loop here and in PyTorch. The result is freed after each
/// call, on both sides. A round takes the fastest of several short batches, which is the cost without interruption; the
/// ratio is the median over rounds.
/// </summary>
static class OpBench
{
    const int Rounds = 9;
    const int Batches = 20;
    const int Calls = 1_000;

    const double TimeGoal = 0.9;

    public static IReadOnlyList<Figure> Run(Options options)
    {
        torch.set_num_threads(1); // so few elements never use more threads
        using var scope = torch.NewDisposeScope();
        var operators = Operators();
        string[] size = [Text(Batches), Text(Calls)];
        using var python = new PythonSide(options, "op.py", "--batches", size[0], "--calls", size[1]);
        var rounds = Timing.Alternate(
            (options.Rounds ?? Rounds) + 1,
            () => operators.ToDictionary(o => o.Name, o => Nanoseconds(o.Call)),
            () => Times(python.Ask("run"))
        );
        rounds.RemoveAt(0); // the first one compiles and optimises
        return [.. operators.Select(o => Ratio(o.Name, rounds, python))];
    }

    static Figure Ratio(
        string name,
        List<(Dictionary<string, double> Here, Dictionary<string, double> There)> rounds,
        PythonSide python
    ) =>
        Figure.AtMost(
            $"op.{name}.time_ratio",
            Timing.Median(rounds.Select(r => r.Here[name] / r.There[name])),
            "x",
            TimeGoal,
            new()
            {
                ["fastest_here_ns"] = rounds.Min(r => r.Here[name]),
                ["fastest_pytorch_ns"] = rounds.Min(r => r.There[name]),
                ["pytorch"] = python.Ready.GetProperty("version").GetString()!,
                ["rounds"] = rounds.Count,
                ["batches_a_round"] = Batches,
                ["calls_a_batch"] = Calls,
                ["threads"] = 1,
            }
        );

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
            ("matmul", () => m.mm(m).Dispose()),
            ("linear", () => torch.nn.functional.linear(m, m, bias).Dispose()),
            ("layer_norm", () => torch.nn.functional.layer_norm(m, last, bias, bias).Dispose()),
            ("mul_recorded", () => (w * w).Dispose()),
        ];
    }
}
