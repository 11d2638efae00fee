using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Research.Encoders;

namespace Research.Bench;

/// <summary>
/// A CLIP training step of a preset at full size, here and in eager PyTorch: time, memory and losses. Each side is a process of its own; all
/// take turns, so that a machine that slows down slows every one. PyTorch's side, python/model_step.py, is the encoders of
/// tests/golden/models.py; weights and batches come from formulas on both sides.
/// </summary>
static class ModelStepBench
{
    const double TimeGoal = 1;
    const double MemoryGoal = 1;
    const double ShortGoal = 0.55;
    const double CheckpointTimeGoal = 1.35;
    const double CheckpointMemoryGoal = 0.5;
    const double LossGoal = 1e-4;
    const int Rounds = 3;

    /// <summary>What a side answers to a number of steps.</summary>
    /// <param name="Milliseconds">Wall time of each step.</param>
    /// <param name="Losses">Of each step.</param>
    /// <param name="Processor">Processor time of a step in milliseconds, which other work on the machine does not lengthen.</param>
    /// <param name="PeakBytes">Largest resident memory since the first step began, over that before the model was made.</param>
    /// <param name="InUse">The largest amount of native memory in use, without what malloc keeps of freed memory; null for PyTorch.</param>
    sealed record Round(double[] Milliseconds, double[] Losses, double Processor, long PeakBytes, long? InUse)
    {
        public double Time => Timing.Median(Milliseconds);
    }

    public static IReadOnlyList<Figure> Run(Options options)
    {
        var name = options.Model!;
        var config = EncoderPresets.Dual(name);
        var preset = EncoderPresets.Names.First(n => EncoderPresets.Dual(n) == config);
        List<string> kinds = ["fp32"];
        if (Machine.Has("avx512_bf16"))
            kinds.Add("bf16");
        if (options.CheckpointActivations)
            kinds.Add("checkpoint");
        var threads = options.Threads.ToString(CultureInfo.InvariantCulture);
        var batch = options.Batch.ToString(CultureInfo.InvariantCulture);
        using var python = new PythonSide(options, "model_step.py", preset, "--threads", threads, "--batch", batch);
        var version = python.Ready.GetProperty("version").GetString()!;
        var sides = kinds.ToDictionary(k => k, k => Side(preset, k, threads, batch));
        try
        {
            foreach (var side in sides.Values)
                side.Read(); // it is ready
            var asks = sides.ToDictionary(s => s.Key, s => (Func<Round>)(() => Parse(s.Value.Ask("1"))));
            asks.Add("pytorch", () => Parse(python.Ask("1")));
            var rounds = new List<Dictionary<string, Round>>();
            for (var round = 0; round <= (options.Rounds ?? Rounds); round++)
            {
                var order = round % 2 == 0 ? asks : asks.Reverse();
                rounds.Add(order.ToDictionary(a => a.Key, a => a.Value()));
                foreach (var (kind, r) in rounds[^1])
                    Console.Error.WriteLine(
                        FormattableString.Invariant(
                            $"round {round} {kind, -10} {r.Time, 8:f0} ms ({r.Processor, 8:f0} of processor), {r.PeakBytes / 1e6, 6:f0} MB, loss {r.Losses[0]:f5}"
                        )
                    );
            }
            return Figures(preset, config, options, rounds, version);
        }
        finally
        {
            foreach (var side in sides.Values)
                side.Dispose();
        }
    }

    static List<Figure> Figures(
        string preset,
        DualEncoderConfig config,
        Options options,
        List<Dictionary<string, Round>> rounds,
        string pytorch
    )
    {
        var timed = rounds.Skip(1).ToList(); // the first warms all up, and makes the optimizer's state
        double Time(string a, string b) => Timing.Median(timed.Select(r => r[a].Time / r[b].Time));
        long Peak(string kind) => rounds.Max(r => r[kind].PeakBytes);
        // weights, gradients and the two moments
        var state = 16.0 * ModelSize.Parameters(config);
        Dictionary<string, object> detail = new()
        {
            ["batch"] = options.Batch,
            ["threads"] = options.Threads,
            ["rounds"] = timed.Count,
            ["pytorch"] = pytorch,
            ["state_mb"] = state / 1e6,
            ["activations_mb_by_formula"] = 4e-6 * options.Batch * ModelSize.Activations(config),
        };
        foreach (var kind in rounds[0].Keys)
        {
            detail[$"{kind}_ms"] = Timing.Median(timed.Select(r => r[kind].Time));
            detail[$"{kind}_processor_ms"] = Timing.Median(timed.Select(r => r[kind].Processor));
            detail[$"{kind}_mb"] = Peak(kind) / 1e6;
            if (rounds.Max(r => r[kind].InUse) is { } inUse)
                detail[$"{kind}_in_use_mb"] = inUse / 1e6;
        }
        Figure Made(string what, double value, string unit, double goal) =>
            Figure.AtMost($"step.{preset}.{what}", value, unit, goal, detail);
        var losses = rounds.Select(r => Math.Abs(r["fp32"].Losses[0] / r["pytorch"].Losses[0] - 1)).ToList();
        List<Figure> figures =
        [
            Made("time_ratio", Time("fp32", "pytorch"), "x", TimeGoal),
            Made("memory_ratio", Peak("fp32") / (double)Peak("pytorch"), "x", MemoryGoal),
            Made("loss_difference", losses.Max(), "relative", LossGoal),
        ];
        if (rounds[0].ContainsKey("bf16"))
            figures.Add(Made("bf16_ratio", Time("bf16", "fp32"), "x", ShortGoal));
        if (rounds[0].ContainsKey("checkpoint"))
        {
            figures.Add(Made("checkpoint_time_ratio", Time("checkpoint", "fp32"), "x", CheckpointTimeGoal));
            // Above what no way of computing the gradient changes; a small batch's activations are freed before the last gradient is there.
            figures.Add(
                Made(
                    "checkpoint_memory_ratio",
                    (Peak("checkpoint") - state) / (Peak("fp32") - state),
                    "x, resident above weights, gradients and moments",
                    CheckpointMemoryGoal
                )
            );
            long InUse(string kind) => rounds.Max(r => r[kind].InUse ?? 0);
            figures.Add(
                Made(
                    "checkpoint_in_use_ratio",
                    (InUse("checkpoint") - state) / (InUse("fp32") - state),
                    "x, allocated above weights, gradients and moments",
                    CheckpointMemoryGoal
                )
            );
        }
        return figures;
    }

    static Round Parse(JsonElement answer) =>
        new(
            [.. answer.GetProperty("ms").EnumerateArray().Select(x => x.GetDouble())],
            [.. answer.GetProperty("losses").EnumerateArray().Select(x => x.GetDouble())],
            answer.GetProperty("processor").GetDouble(),
            answer.GetProperty("peak").GetInt64(),
            answer.TryGetProperty("in_use", out var inUse) ? inUse.GetInt64() : null
        );

    static LineProcess Side(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(ModelStepBench).Assembly.Location);
        start.ArgumentList.Add(ModelStepSide.Child);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new(start, $"the case {arguments[1]}");
    }
}
