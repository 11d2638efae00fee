using System.Diagnostics;
using System.Text.Json;
using Research.Engine;

namespace Research.Bench;

/// <summary>
/// The same work in PyTorch, in a separate process that waits between rounds: one command per line goes in, one line of JSON comes out.
/// </summary>
sealed class PythonSide : IDisposable
{
    readonly LineProcess process;

    /// <summary>The script's answer when it was ready: PyTorch's version, threads.</summary>
    public JsonElement Ready { get; }

    /// <exception cref="BenchException">Python or its PyTorch is missing, or the script failed.</exception>
    public PythonSide(Options options, string script, params string[] arguments)
    {
        RequireTorch(options.Python);
        var start = Start(options.Python);
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "python", script));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        process = new(start, "the Python side");
        Ready = process.Read();
        var version = Ready.GetProperty("version").GetString()!;
        if (
            !version.StartsWith(string.Join('.', NativeEngine.Version.ToString(2).Split('.')), StringComparison.Ordinal)
        )
            Console.Error.WriteLine(
                $"note: libtorch {NativeEngine.Version} here against PyTorch {version} there: not the same engine"
            );
    }

    /// <summary>Sends a command and waits for its answer.</summary>
    public JsonElement Ask(string command) => process.Ask(command);

    public void Dispose() => process.Dispose();

    static ProcessStartInfo Start(string python)
    {
        var start = new ProcessStartInfo(python) { RedirectStandardOutput = true, UseShellExecute = false };
        // Debian's OpenBLAS does not recognize processors newer than itself, and uses kernels of 2004 on them.
        if (Machine.Has("avx512f") && !start.Environment.ContainsKey("OPENBLAS_CORETYPE"))
            start.Environment["OPENBLAS_CORETYPE"] = "SkylakeX";
        return start;
    }

    static void RequireTorch(string python)
    {
        const string remedy =
            "install it (apt-get install python3-torch) or name a Python that has PyTorch with --python";
        if (!File.Exists(python))
            throw new BenchException($"the bench compares with PyTorch, but there is no {python}: {remedy}");
        var start = Start(python);
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("import importlib.util as u, sys; sys.exit(0 if u.find_spec('torch') else 3)");
        using var probe = Process.Start(start)!;
        probe.WaitForExit();
        if (probe.ExitCode != 0)
            throw new BenchException($"the bench compares with PyTorch, but {python} does not have it: {remedy}");
    }
}
