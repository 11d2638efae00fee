using System.Diagnostics;
using System.Globalization;
using Core.Tests.Encoders;
using Research.Tests.Corpora.Import;
using Research.Tests.Imaging;

namespace Research.Bench;

/// <summary>
/// Damaged pictures through the decoders, damaged data sets through the importers, and damaged checkpoints through their readers. A crash in native code ends a process, so the files are
/// read in child processes, a block each, and a child that dies is counted with the file that killed it.
/// </summary>
static class FuzzBench
{
    const int Block = 10_000;
    const string Child = "fuzz-block";
    const string Decoders = "fuzz";
    const string Importers = "fuzz-import";
    const string Readers = "fuzz-checkpoints";
    const long LargestGrowth = 256; // MiB of a child's memory over what it had after a hundred files

    public static IReadOnlyList<Figure> RunDecoders(Options options) => Run(options, Decoders, 100_000, slowest: 6);

    public static IReadOnlyList<Figure> RunImporters(Options options) => Run(options, Importers, 20_000, slowest: 10);

    public static IReadOnlyList<Figure> RunCheckpoints(Options options) => Run(options, Readers, 100_000, slowest: 2);

    static IReadOnlyList<Figure> Run(Options options, string what, int defaultCount, double slowest)
    {
        var count = options.Count ?? defaultCount;
        var clock = Stopwatch.StartNew();
        var outcomes = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var (crashes, errors, longest) = (new List<string>(), new List<string>(), 0.0);
        for (var first = 0L; first < count; first += Block)
        {
            var last = Math.Min(first + Block, count);
            for (var next = first; next < last; )
                next = RunChild(what, next, last, outcomes, crashes, errors, ref longest);
            Console.Error.WriteLine($"{last} of {count} files, {crashes.Count} crashes, {errors.Count} errors");
        }
        foreach (var line in crashes.Concat(errors).Take(20))
            Console.Error.WriteLine(line);
        var detail = new Dictionary<string, object>
        {
            ["files"] = count,
            ["outcomes"] = outcomes.ToDictionary(o => o.Key, o => (object)o.Value),
            ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        foreach (var (outcome, number) in outcomes)
            Console.WriteLine($"  {outcome, -20} {number, 8}");
        return
        [
            Figure.AtMost($"{what}.crashes", crashes.Count, "files", 0, detail),
            Figure.AtMost($"{what}.unexpected_errors", errors.Count, "files", 0, detail),
            Figure.AtMost($"{what}.slowest", longest, "s", slowest, detail),
        ];
    }

    /// <summary>Runs a child if the command line is a child's, and returns whether it was.</summary>
    public static bool IsChild(string[] args)
    {
        if (args is not [Child, var what, var from, var to])
            return false;
        var (pictures, dataSets) = (new Lazy<ImageMutations>(() => new(Golden, 2)), new ImportMutations(3));
        var scratch = Directory.CreateTempSubdirectory("fuzz");
        var checkpoints = new Lazy<CheckpointMutations>(() => new(4, scratch.FullName));
        var (begun, memory) = (0, 0L);
        if (what == Readers)
            checkpoints.Value.Read(0); // the first loads the engine
        for (
            var n = long.Parse(from, CultureInfo.InvariantCulture);
            n < long.Parse(to, CultureInfo.InvariantCulture);
            n++
        )
        {
            Console.Write($"{n} "); // a file begun but not ended killed the process
            var (clock, processor) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            string format = "?",
                outcome;
            try
            {
                if (what == Importers)
                    (format, outcome) = dataSets.Import(n);
                else if (what == Readers)
                {
                    (format, outcome) = checkpoints.Value.Read(n);
                    if (++begun == 100)
                        memory = Environment.WorkingSet;
                    var growth = (Environment.WorkingSet - memory) / (1 << 20);
                    if (begun > 100 && growth > LargestGrowth)
                        outcome = $"! {growth} MiB more than after a hundred files";
                }
                else
                {
                    (format, var file) = pictures.Value.Create(n);
                    outcome = ImageMutations.Outcome(file);
                }
            }
            catch (Exception error)
            {
                outcome = "! " + error.ToString().ReplaceLineEndings(" ");
            }
            Console.Write($"{format} ");
            // A small file takes microseconds: on a busy machine the clock would show waiting only.
            var taken = what == Readers ? Environment.CpuUsage.TotalTime - processor : clock.Elapsed;
            Console.WriteLine(FormattableString.Invariant($"{taken.TotalSeconds:0.000} {outcome}"));
        }
        scratch.Delete(recursive: true);
        return true;
    }

    static string Golden => Path.Combine(AppContext.BaseDirectory, "golden");

    // Returns the file to continue from.
    static long RunChild(
        string what,
        long first,
        long last,
        SortedDictionary<string, long> outcomes,
        List<string> crashes,
        List<string> errors,
        ref double longest
    )
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(typeof(FuzzBench).Assembly.Location);
        foreach (var argument in new[] { Child, what, $"{first}", $"{last}" })
            start.ArgumentList.Add(argument);
        using var child = Process.Start(start)!;
        var (next, begun) = (first, "");
        while (child.StandardOutput.ReadLine() is { } line)
        {
            begun = line;
            if (line.Split(' ', 4) is not [var number, var format, var seconds, var outcome])
                continue;
            next = long.Parse(number, CultureInfo.InvariantCulture) + 1;
            longest = Math.Max(longest, double.Parse(seconds, CultureInfo.InvariantCulture));
            if (outcome.StartsWith('!'))
                errors.Add($"file {number} ({format}): {outcome[2..]}");
            else
                outcomes[$"{format} {outcome}"] = outcomes.GetValueOrDefault($"{format} {outcome}") + 1;
        }
        child.WaitForExit();
        if (child.ExitCode == 0 && next == last)
            return last;
        if (next == first && begun.Length == 0)
            throw new BenchException($"the child process ended with exit code {child.ExitCode} before its first file");
        crashes.Add($"file {next}: the process ended with exit code {child.ExitCode} ({begun})");
        return next + 1;
    }
}
