using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Research.Corpora;
using Research.Randomness;

namespace Research.Bench;

/// <summary>
/// A sweep of 24 short runs on two workers, through a real script: undisturbed, with ten workers killed at random (which must not change a
/// digit), and started again when there is nothing left to do.
/// </summary>
static class SweepBench
{
    const int Runs = 24;
    const int Kills = 10;
    const double SecondStartGoal = 5;
    static readonly string[] unequalFields = ["images_per_second"];

    const string Script = """
        #load "{0}/prelude.fsx"
        open Research

        let small =
            experiment {
                corpus (emoji |> renderers [ "noto" ])
                image (Vit.tiny |> width 24 |> layers 1)
                text (Transformer.tiny |> width 24 |> layers 1)
                embed_dim 16
                train (steps 40 |> batch 32 |> log_every 2 |> checkpoint_every 5)
            }

        sweep "bench" small {
            axis "objective" [ "InfoNCE", objective infonce; "PSD", objective (psd |> teacher (ema 0.9)); "HN-NCE", objective (hn_nce |> beta 0.25) ]
            seeds 8
            baseline "InfoNCE"
        }
        |> report [ table [ test.r10 ] ]
        |> main
        """;

    public static IReadOnlyList<Figure> Run(Options options)
    {
        CorpusCatalog.Open("emoji", CorpusCatalog.DefaultImageSize).Dispose(); // gives the remedy if it is missing
        var folder = Directory.CreateTempSubdirectory("research-bench-").FullName;
        try
        {
            var script = Path.Combine(folder, "bench.fsx");
            File.WriteAllText(script, Script.Replace("{0}", Path.Combine(Root(), "experiments")));
            var (calm, wild) = (Path.Combine(folder, "calm", "bench"), Path.Combine(folder, "wild", "bench"));
            var calmTime = Start(script, calm, null);
            var kills = 0;
            var wildTime = Start(script, wild, process => kills = Kill(wild, process));
            var again = Start(script, wild, null);
            var names = Directory.GetDirectories(Pool(calm)).Select(f => Path.GetFileName(f)).ToList();
            var equal = names.Count(name =>
                Content(Path.Combine(Pool(calm), name)) is { } expected
                && expected == Content(Path.Combine(Pool(wild), name))
            );
            var detail = new Dictionary<string, object>
            {
                ["runs"] = names.Count,
                ["workers"] = 2,
                ["workers_killed"] = kills,
                ["undisturbed_seconds"] = Math.Round(calmTime, 1),
                ["disturbed_seconds"] = Math.Round(wildTime, 1),
                ["same_table"] =
                    File.ReadAllText(Path.Combine(calm, "table.md"))
                    == File.ReadAllText(Path.Combine(wild, "table.md")),
            };
            return
            [
                Figure.AtLeast("sweep.killed.workers", kills, "workers", Kills, detail),
                Figure.AtLeast("sweep.killed.identical_runs", equal, "runs", Runs, detail),
                Figure.AtMost(
                    "sweep.killed.folders",
                    Directory.GetDirectories(Pool(wild)).Length,
                    "run folders",
                    Runs,
                    detail
                ),
                Figure.AtMost("sweep.second_start.seconds", again, "s", SecondStartGoal, detail),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The pool of runs beside a sweep's folder.</summary>
    static string Pool(string results) => Path.Combine(Path.GetDirectoryName(results)!, ".runs");

    /// <summary>Runs the script and returns its seconds.</summary>
    static double Start(string script, string results, Action<Process>? meanwhile)
    {
        var clock = Stopwatch.StartNew();
        var start = new ProcessStartInfo(
            "dotnet",
            ["fsi", "--quiet", script, "--", "--out", results, "--jobs", "2", "--quiet"]
        )
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_TieredPGO"] = "0"; // as the launcher starts scripts
        using var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var errors = process.StandardError.ReadToEndAsync();
        meanwhile?.Invoke(process);
        process.WaitForExit();
        return process.ExitCode == 0
            ? clock.Elapsed.TotalSeconds
            : throw new BenchException($"the sweep ended with exit code {process.ExitCode}: {errors.Result.Trim()}");
    }

    /// <summary>
    /// Kills live workers of the sweep at random moments and returns how many. A killed run is left alone until it has made
    /// progress, however slow the machine: the launcher gives up a run that keeps crashing without progress.
    /// </summary>
    static int Kill(string results, Process launcher)
    {
        var random = new SeededRandom(Seed.Derive(1, "kills"));
        var reached = new Dictionary<string, string>();
        var killed = 0;
        while (killed < Kills && !launcher.HasExited)
        {
            Thread.Sleep(200 + random.NextInt(1500));
            var workers = Workers(results)
                .Where(w =>
                    !reached.TryGetValue(w.Folder, out var before)
                    || string.CompareOrdinal(Newest(w.Folder), before) > 0
                )
                .ToList();
            if (workers.Count == 0)
                continue;
            var (folder, pid) = workers[random.NextInt(workers.Count)];
            try
            {
                using var worker = Process.GetProcessById(pid);
                worker.Kill();
                killed++;
                reached[folder] = Newest(folder);
            }
            catch (ArgumentException) { } // it has just exited
        }
        return killed;
    }

    /// <summary>The name of a run's newest checkpoint, which grows with its steps; empty without one.</summary>
    static string Newest(string folder)
    {
        var checkpoints = Path.Combine(folder, "checkpoint");
        return Directory.Exists(checkpoints)
            ? Directory.GetDirectories(checkpoints, "step-*").Max(StringComparer.Ordinal) ?? ""
            : "";
    }

    static List<(string Folder, int Pid)> Workers(string results)
    {
        var runs = Pool(results);
        if (!Directory.Exists(runs))
            return [];
        return
        [
            .. Directory
                .GetDirectories(runs)
                .Where(folder => File.Exists(Path.Combine(folder, "state.json")))
                .Select(folder => (folder, JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "state.json")))!))
                .Where(run => (string?)run.Item2["status"] == "running")
                .Select(run => (run.folder, (int)run.Item2["pid"]!))
                .Where(run => Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{run.Item2}"))),
        ];
    }

    /// <summary>All numbers of a run that must be equal between equal runs; null when it is not finished.</summary>
    static string? Content(string folder)
    {
        var final = Path.Combine(folder, "final.json");
        if (!File.Exists(final))
            return null;
        var lines = File.ReadLines(Path.Combine(folder, "metrics.jsonl"))
            .Select(line =>
            {
                var fields = JsonNode.Parse(line)!.AsObject();
                foreach (var name in unequalFields)
                    fields.Remove(name);
                return fields.ToJsonString();
            });
        var metrics = JsonNode.Parse(File.ReadAllText(final))!["metrics"]!.ToJsonString();
        return string.Join('\n', lines.Append(metrics));
    }

    static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Research.sln")))
                return folder.FullName;
        throw new BenchException("the bench starts the repository's scripts, but this copy is outside the repository");
    }
}
