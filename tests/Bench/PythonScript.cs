using System.Diagnostics;
using System.Text.Json;

namespace Research.Bench;

/// <summary>A script beside the bench that answers each command with a line of JSON.</summary>
sealed class PythonScript : IDisposable
{
    readonly Process process;
    readonly string needs;

    /// <summary>The script's answer when it was ready.</summary>
    public JsonElement Ready { get; }

    /// <param name="python">The interpreter.</param>
    /// <param name="script">The script's name in the folder python.</param>
    /// <param name="needs">The Debian packages that it imports, for the message when it fails.</param>
    /// <param name="arguments">The script's arguments.</param>
    /// <exception cref="BenchException">There is no such interpreter, or the script ended.</exception>
    public PythonScript(string python, string script, string needs, params string[] arguments)
    {
        if (!File.Exists(python))
            throw new BenchException(
                $"the bench compares with Python, but there is no {python}: name one with --python"
            );
        this.needs = needs;
        var start = new ProcessStartInfo(python)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "python", script));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
        Ready = Read();
    }

    /// <summary>Sends a command and waits for its answer.</summary>
    /// <exception cref="BenchException">The script ended.</exception>
    public JsonElement Ask(string command)
    {
        process.StandardInput.WriteLine(command);
        process.StandardInput.Flush();
        return Read();
    }

    public void Dispose()
    {
        process.StandardInput.Close(); // the script ends at the end of its input
        if (!process.WaitForExit(10_000))
            process.Kill();
        process.Dispose();
    }

    JsonElement Read()
    {
        while (process.StandardOutput.ReadLine() is { } line)
            if (line.StartsWith('{'))
                return JsonDocument.Parse(line).RootElement;
        process.WaitForExit();
        throw new BenchException(
            $"the Python side ended; its message is above. It needs {needs}: apt-get install {needs}"
        );
    }
}
