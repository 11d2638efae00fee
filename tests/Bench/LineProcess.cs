using System.Diagnostics;
using System.Text.Json;

namespace Research.Bench;

/// <summary>A process that waits between rounds: one command per line goes in, one line of JSON comes out.</summary>
sealed class LineProcess : IDisposable
{
    readonly Process process;
    readonly string name;

    public LineProcess(ProcessStartInfo start, string name)
    {
        this.name = name;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.UseShellExecute = false;
        process = Process.Start(start)!;
    }

    /// <summary>Sends a command and waits for its answer.</summary>
    /// <exception cref="BenchException">The process ended.</exception>
    public JsonElement Ask(string command)
    {
        process.StandardInput.WriteLine(command);
        process.StandardInput.Flush();
        return Read();
    }

    /// <summary>The next line of JSON.</summary>
    /// <exception cref="BenchException">The process ended.</exception>
    public JsonElement Read()
    {
        while (process.StandardOutput.ReadLine() is { } line)
            if (line.StartsWith('{'))
                return JsonDocument.Parse(line).RootElement;
        process.WaitForExit();
        throw new BenchException($"{name} ended with exit code {process.ExitCode}; its message is above");
    }

    public void Dispose()
    {
        process.StandardInput.Close(); // it ends at the end of its input
        if (!process.WaitForExit(10_000))
            process.Kill();
        process.Dispose();
    }
}
