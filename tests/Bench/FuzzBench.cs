using System.Diagnostics;
using System.Globalization;
using Research.Tests.Imaging;

namespace Research.Bench;

/// <summary>
/// Damaged pictures through the decoders. A crash in native code ends a process, so the files are decoded in child processes, a
/// block each, and a child that dies is counted with the file that killed it.
/// </summary>
static class FuzzBench
{
    const int DefaultCount = 100_000;
    const int Block = 10_000;
    const string Child = "fuzz-block";

    public static IReadOnlyList<Figure> Run(Options options)
    {
        var count = options.Count ?? DefaultCount;
        var clock = Stopwatch.StartNew();
        var outcomes = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var (crashes, errors, slowest) = (new List<string>(), new List<string>(), 0.0);
        for (var first = 0L; first < count; first += Block)
        {
            var last = Math.Min(first + Block, count);
            for (var next = first; next < last; )
                next = RunChild(next, last, outcomes, crashes, errors, ref slowest);
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
            Figure.AtMost("fuzz.crashes", crashes.Count, "files", 0, detail),
            Figure.AtMost("fuzz.unexpected_errors", errors.Count, "files", 0, detail),
            Figure.AtMost("fuzz.slowest", slowest, "s", 6, detail),
        ];
    }

    /// <summary>Whether the command line is that of a child; it then runs.</summary>
    public static bool IsChild(string[] args)
    {
        if (args is not [Child, var from, var to])
            return false;
        var mutations = new ImageMutations(Golden, 2);
        for (
            var n = long.Parse(from, CultureInfo.InvariantCulture);
            n < long.Parse(to, CultureInfo.InvariantCulture);
            n++
        )
        {
            var (format, file) = mutations.Create(n);
            Console.Write($"{n} {format} "); // what is begun and not ended was deadly
            var clock = Stopwatch.StartNew();
            string outcome;
            try
            {
                outcome = ImageMutations.Outcome(file);
            }
            catch (Exception error)
            {
                outcome = "! " + error.ToString().ReplaceLineEndings(" ");
            }
            Console.WriteLine(FormattableString.Invariant($"{clock.Elapsed.TotalSeconds:0.000} {outcome}"));
        }
        return true;
    }

    static string Golden => Path.Combine(AppContext.BaseDirectory, "golden");

    // Returns the file to go on with.
    static long RunChild(
        long first,
        long last,
        SortedDictionary<string, long> outcomes,
        List<string> crashes,
        List<string> errors,
        ref double slowest
    )
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(typeof(FuzzBench).Assembly.Location);
        foreach (var argument in new[] { Child, $"{first}", $"{last}" })
            start.ArgumentList.Add(argument);
        using var child = Process.Start(start)!;
        var (next, begun) = (first, "");
        while (child.StandardOutput.ReadLine() is { } line)
        {
            begun = line;
            if (line.Split(' ', 4) is not [var number, var format, var seconds, var outcome])
                continue;
            next = long.Parse(number, CultureInfo.InvariantCulture) + 1;
            slowest = Math.Max(slowest, double.Parse(seconds, CultureInfo.InvariantCulture));
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
