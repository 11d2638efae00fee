using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Research.Imaging.Drawing;

/// <summary>
/// How a drawing process is started: this assembly is also a program, run by the dotnet that runs this process. That works in
/// <c>dotnet fsi</c>, the tests, workers and the launcher alike.
/// </summary>
static class DrawingHost
{
    /// <summary>How to start a process.</summary>
    /// <exception cref="InvalidOperationException">A part is missing; the message names it and the remedy.</exception>
    public static ProcessStartInfo Start() => Start(typeof(DrawingHost).Assembly.Location, Dotnet());

    /// <summary>The same with other file locations.</summary>
    internal static ProcessStartInfo Start(string assembly, string dotnet)
    {
        var settings = Path.ChangeExtension(assembly, ".runtimeconfig.json");
        foreach (var file in new[] { dotnet, assembly, settings })
            if (!File.Exists(file))
                throw Failure($"there is no '{file}'");
        var start = new ProcessStartInfo(dotnet)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        foreach (var argument in new[] { "exec", assembly, DrawingProcess.Command })
            start.ArgumentList.Add(argument);
        foreach (
            var (name, value) in new[]
            {
                ("DOTNET_EnableDiagnostics", "0"), // no files in the temporary folder, and a faster start
                ("DOTNET_DbgEnableMiniDump", "0"),
                ("DOTNET_gcServer", "0"),
                ("DOTNET_GCHeapCount", "1"),
                ("DOTNET_TieredPGO", "0"),
                ("RAYON_NUM_THREADS", "1"), // librsvg's filters: each core already has a process
                ("RUST_BACKTRACE", "0"),
            }
        )
            start.Environment[name] = value;
        return start;
    }

    /// <summary>Why no process can be started, and what to do.</summary>
    public static InvalidOperationException Failure(string reason, Exception? inner = null) =>
        new(
            $"No process can be started to draw SVG: {reason}. Build the toolkit again (./research setup) and restart.",
            inner
        );

    // <root>/shared/Microsoft.NETCore.App/<version>/ is where the runtime's own assemblies are.
    static string Dotnet()
    {
        var beside = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        return File.Exists(beside) ? beside : Environment.ProcessPath ?? beside;
    }
}
