using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Research.Objectives;
using Research.Randomness;
using Research.Schedules;
using TorchSharp;

namespace Research.Bench;

/// <summary>
/// One objective's loss and gradients in the tiled closed form at one batch size, in a separate process, so that memory freed
/// earlier does not hide what it takes. The pairs are those of python/loss.py.
/// </summary>
/// <param name="Objective">infonce, psd, hn-nce or debiased.</param>
/// <param name="Pairs">N.</param>
sealed record LossCase(string Objective, int Pairs)
{
    const int Width = 512;

    /// <summary>The measurements of one evaluation.</summary>
    /// <param name="seconds">Its wall time.</param>
    /// <param name="processor_seconds">Its processor time, over all threads: unaffected by a busy machine.</param>
    /// <param name="peak_bytes">Largest resident memory during it, above that before.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="image_norm">Norm of the gradient by the image embeddings.</param>
    /// <param name="text_norm">Norm of the gradient by the caption embeddings.</param>
    /// <param name="scale">Gradient by the logit scale.</param>
    public sealed record Result(
        double seconds,
        double processor_seconds,
        long peak_bytes,
        double loss,
        double image_norm,
        double text_norm,
        double scale
    )
    {
        /// <summary>The largest relative difference between numbers on which both sides must agree.</summary>
        public double Difference(Result other) =>
            new[]
            {
                (loss, other.loss),
                (image_norm, other.image_norm),
                (text_norm, other.text_norm),
                (scale, other.scale),
            }.Max(p => Math.Abs(p.Item1 - p.Item2) / Math.Abs(p.Item2));
    }

    /// <summary>"infonce/16384".</summary>
    public override string ToString() => $"{Objective}/{Pairs}";

    /// <exception cref="ArgumentException">It is not an objective and a number with a slash between them.</exception>
    public static LossCase Parse(string text) =>
        text.Split('/') is [var objective, var pairs]
        && objective is "infonce" or "psd" or "hn-nce" or "debiased"
        && int.TryParse(text.Split('/')[1], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
        && count >= 2
        && count % 2 == 0
            ? new(objective, count)
            : throw new ArgumentException(
                $"a size of this bench is OBJECTIVE/PAIRS, e.g. infonce/16384 (infonce, psd, hn-nce, debiased; an even number), or table; not '{text}'"
            );

    /// <summary>Starts the case in a process that evaluates once per line.</summary>
    public LineProcess Start(int threads)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(LossCase).Assembly.Location);
        foreach (
            var argument in (string[])
                ["loss", "--size", ToString(), "--threads", threads.ToString(CultureInfo.InvariantCulture)]
        )
            start.ArgumentList.Add(argument);
        var process = new LineProcess(start, $"the case {this}");
        process.Read();
        return process;
    }

    /// <summary>Evaluates once per line of input, in this process, and answers with a line of JSON.</summary>
    public void Serve(int threads)
    {
        torch.set_num_threads(threads);
        using var scope = torch.NewDisposeScope();
        var objective = Make();
        Measure(objective, Batch(256)); // for what libraries allocate once, and for compilation
        var batch = Batch(Pairs);
        Console.WriteLine("{}");
        while (Console.ReadLine() is not null)
            Console.WriteLine(JsonSerializer.Serialize(Measure(objective, batch)));
    }

    IObjective Make() =>
        Objective switch
        {
            "infonce" => new InfoNce(),
            "psd" => new Psd(new() { SoftFraction = Schedule.Constant(0.5) }),
            "debiased" => new DebiasedNce(new() { PositivePrior = 0.1, Beta = 0.25 }),
            _ => new HnNce(new() { Alpha = 1, Beta = 0.25 }),
        };

    static EmbeddingBatch Batch(int count)
    {
        torch.manual_seed(1);
        var image = Normalise(torch.randn(count, Width));
        var text = Normalise(image + 2 * Normalise(torch.randn(count, Width)));
        // python/loss.py makes every other pair unaligned; here those pairs go where PSD draws
        var random = new StepRandomness(1, 0);
        var (odd, even) = (1L, 0L);
        long[] order =
        [
            .. Psd.UnalignedRows(count, 0.5, random.For("partition"))
                .Select(unaligned => unaligned ? (odd += 2) - 2 : (even += 2) - 2),
        ];
        var places = torch.tensor(order);
        return new(
            image.index_select(0, places),
            text.index_select(0, places),
            torch.tensor((float)Math.Log(1 / 0.07)),
            0.5
        )
        {
            Random = random,
        };
    }

    static torch.Tensor Normalise(torch.Tensor x) => x / x.square().sum([1L], true).sqrt();

    static Result Measure(IObjective objective, EmbeddingBatch batch)
    {
        using var scope = torch.NewDisposeScope();
        File.WriteAllText("/proc/self/clear_refs", "5"); // the peak starts from here
        var before = Status("VmRSS");
        var (clock, worked) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        var result = objective.Gradients(batch, Tiling.Default);
        var seconds = clock.Elapsed.TotalSeconds;
        worked = Environment.CpuUsage.TotalTime - worked;
        var peak = Status("VmHWM") - before;
        double Norm(torch.Tensor x) => Math.Sqrt(x.square().sum(torch.ScalarType.Float64).item<double>());
        return new(
            seconds,
            worked.TotalSeconds,
            peak,
            result.Loss.item<float>(),
            Norm(result.Image),
            Norm(result.Text),
            result.LogitScale.item<float>()
        );
    }

    /// <summary>A size in /proc/self/status, in bytes.</summary>
    static long Status(string field) =>
        1024
        * long.Parse(
            File.ReadLines("/proc/self/status")
                .First(l => l.StartsWith(field + ":", StringComparison.Ordinal))
                .Split(' ')[^2],
            CultureInfo.InvariantCulture
        );
}
