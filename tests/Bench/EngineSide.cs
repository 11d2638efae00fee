using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Research.Bench;

/// <summary>
/// The same operators called from C++, without any binding. Compiled on first use against the engine that the shim was compiled
/// against.
/// </summary>
static class EngineSide
{
    /// <exception cref="BenchException">There is no CMake or compiler, or it does not compile.</exception>
    public static LineProcess Start(params string[] arguments)
    {
        var sources = Path.Combine(Path.GetDirectoryName(ThisFile())!, "native");
        var build = Path.Combine(AppContext.BaseDirectory, "native-build");
        Run("cmake", "-S", sources, "-B", build);
        Run("cmake", "--build", build);
        var process = new LineProcess(new(Path.Combine(build, "op_floor"), arguments), "the C++ side");
        process.Read();
        return process;
    }

    static void Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new BenchException($"{program} does not start");
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new BenchException(
                $"{program} {string.Join(' ', arguments)} failed; its message is above.\n{output}"
            );
    }

    static string ThisFile([CallerFilePath] string path = "") => path;
}
