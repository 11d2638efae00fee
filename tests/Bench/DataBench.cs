using System.Diagnostics;
using System.Text.Json;
using Research.Corpora;

namespace Research.Bench;

/// <summary>
/// The loader: every picture of the emoji corpus from its shard to bytes in memory, on one thread, here and by PIL, which decodes
/// the same files to the same bytes.
/// </summary>
static class DataBench
{
    const int Rounds = 5;
    const double RatioGoal = 2;
    const double RateGoal = 10_000;

    readonly record struct Pass(double Seconds, long Sum);

    public static IReadOnlyList<Figure> Run(Options options)
    {
        using var corpus = OpenEmoji();
        var entries = corpus.Query();
        using var python = StartPython(options.Python, corpus.Folder);
        var version = Answer(python).GetProperty("version").GetString()!;
        Load(corpus, entries); // compiled before the first round
        var rounds = Timing.Alternate(
            options.Rounds ?? Rounds,
            () => Load(corpus, entries),
            () =>
            {
                python.StandardInput.WriteLine();
                var answer = Answer(python);
                return new Pass(answer.GetProperty("seconds").GetDouble(), answer.GetProperty("sum").GetInt64());
            }
        );
        python.StandardInput.Close();
        python.WaitForExit();
        if (rounds.Any(r => r.Here.Sum != r.There.Sum))
            throw new BenchException("the pixels differ from PIL's: the times cannot be compared");
        var rate = entries.Count / Timing.Median(rounds.Select(r => r.Here.Seconds));
        var detail = new Dictionary<string, object>
        {
            ["images"] = entries.Count,
            ["size"] = corpus.ImageSize,
            ["here_images_per_second"] = Math.Round(rate),
            ["pil_images_per_second"] = Math.Round(entries.Count / Timing.Median(rounds.Select(r => r.There.Seconds))),
            ["pil"] = version,
            ["rounds"] = rounds.Count,
            ["threads"] = 1,
        };
        return
        [
            Figure.AtLeast(
                "data.load.rate_ratio",
                Timing.Median(rounds.Select(r => r.There.Seconds / r.Here.Seconds)),
                "x",
                RatioGoal,
                detail
            ),
            Figure.AtLeast("data.load.rate", rate, "images/s", RateGoal, detail),
        ];
    }

    static Corpus OpenEmoji()
    {
        try
        {
            CorpusCatalog.Prepare("emoji");
            return CorpusCatalog.Open("emoji");
        }
        catch (FileNotFoundException error)
        {
            throw new BenchException(error.Message);
        }
    }

    static Pass Load(Corpus corpus, IReadOnlyList<CorpusEntry> entries)
    {
        var clock = Stopwatch.StartNew();
        var table = ImageTable.Load(corpus, entries, threads: 1);
        var seconds = clock.Elapsed.TotalSeconds;
        var sum = 0L;
        foreach (var value in table.Pixels)
            sum += value;
        return new Pass(seconds, sum);
    }

    static Process StartPython(string python, string folder)
    {
        var start = new ProcessStartInfo(python)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "python", "data.py"));
        start.ArgumentList.Add(folder);
        if (!File.Exists(python))
            throw new BenchException(
                $"the bench compares with PIL, but there is no {python}: name a Python with --python"
            );
        return Process.Start(start)!;
    }

    static JsonElement Answer(Process python)
    {
        while (python.StandardOutput.ReadLine() is { } line)
            if (line.StartsWith('{'))
                return JsonDocument.Parse(line).RootElement;
        python.WaitForExit();
        throw new BenchException(
            "the Python side ended; its message is above. It needs PIL and numpy: apt-get install python3-pil python3-numpy"
        );
    }
}
