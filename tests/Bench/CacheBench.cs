using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Research.Bench;

/// <summary>
/// What the gradient cache saves and costs: memory and time of a training step in micro-batches against the same batch in one pass, and how
/// memory grows with the batch at a fixed micro-batch.
/// </summary>
static class CacheBench
{
    const double MemoryGoal = 0.25; // a sixteenth of the activations, plus what does not shrink: weights' gradients, moments, embeddings
    const double TimeGoal = 1.5; // a second forward pass is 4/3; small micro-batches and recomputed rows add to it
    const double GrowthGoal = 0.05; // only embeddings, their gradients and the objective's sums grow with the batch
    static readonly CacheCase whole = new(2048, 2048);
    static readonly CacheCase cached = new(2048, 128);
    static readonly CacheCase large = new(8192, 128);

    public static IReadOnlyList<Figure> Run(Options options)
    {
        if (!File.Exists("/proc/self/clear_refs"))
            throw new BenchException(
                "this bench reads peak memory from Linux's /proc, which this machine does not have"
            );
        if (options.Size is { } one)
        {
            CacheCase.Parse(one).Print(options.Threads);
            return [];
        }
        var results = new Dictionary<CacheCase, CacheCase.Result>();
        foreach (var setting in new[] { whole, cached, large })
        {
            results[setting] = InOwnProcess(setting, options);
            Console.WriteLine(
                FormattableString.Invariant(
                    $"batch {setting.Batch, 5}, micro-batch {setting.MicroBatch, 5}: {Megabytes(results[setting]):f0} MB, {results[setting].Milliseconds:f2} ms per pair"
                )
            );
        }
        Dictionary<string, object> Detail(CacheCase a, CacheCase b) =>
            new()
            {
                ["model"] = "vit-tiny-stem32",
                ["threads"] = options.Threads,
                [$"megabytes {a}"] = Megabytes(results[a]),
                [$"megabytes {b}"] = Megabytes(results[b]),
                [$"processor ms a pair {a}"] = results[a].Milliseconds,
                [$"processor ms a pair {b}"] = results[b].Milliseconds,
            };
        var (onePass, micro) = (results[whole], results[cached]);
        return
        [
            Figure.AtMost(
                "cache.memory_ratio",
                micro.PeakBytes / (double)onePass.PeakBytes,
                "x",
                MemoryGoal,
                Detail(cached, whole)
            ),
            Figure.AtMost(
                "cache.time_ratio",
                micro.Milliseconds / onePass.Milliseconds,
                "x",
                TimeGoal,
                Detail(cached, whole)
            ),
            Figure.AtMost(
                "cache.memory_a_pair_ratio",
                (results[large].PeakBytes - micro.PeakBytes)
                    / (double)(large.Batch - cached.Batch)
                    / (onePass.PeakBytes / (double)whole.Batch),
                "x, a further pair in micro-batches over one in one pass",
                GrowthGoal,
                Detail(large, cached)
            ),
        ];
    }

    static double Megabytes(CacheCase.Result result) => result.PeakBytes / 1e6;

    static CacheCase.Result InOwnProcess(CacheCase setting, Options options)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(CacheBench).Assembly.Location);
        foreach (
            var argument in new[]
            {
                "cache",
                "--size",
                setting.ToString(),
                "--threads",
                options.Threads.ToString(CultureInfo.InvariantCulture),
            }
        )
            start.ArgumentList.Add(argument);
        using var process = new LineProcess(start, $"the case {setting}");
        return process.Read().Deserialize<CacheCase.Result>()!;
    }
}
