using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>What the engine is and how fast its matrix product runs: for run records and <c>./research doctor</c>.</summary>
public static partial class EngineReport
{
    /// <summary>Name and version of the engine, its BLAS, instruction set, threads and devices, in a fixed order.</summary>
    /// <exception cref="DllNotFoundException">The engine cannot be loaded.</exception>
    public static unsafe IReadOnlyList<KeyValuePair<string, string>> Facts()
    {
        NativeEngine.Require();
        return
        [
            new("engine", "libtorch"),
            new("version", NativeEngine.Version.ToString()),
            new("library", FromHome(Path.Combine(NativeEngine.Folder, EngineFiles.Cpu))),
            new("TorchSharp", typeof(torch).Assembly.GetName().Version!.ToString(3)),
            new("blas", Blas()),
            new("instruction set", Text(&CpuCapability)),
            new("threads", get_num_threads().ToString(CultureInfo.InvariantCulture)),
            new("cuda devices", cuda.device_count().ToString(CultureInfo.InvariantCulture)),
        ];
    }

    // Run records are shared, so they must not show whose home folder it was.
    static string FromHome(string path)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 1 && path.StartsWith(home + "/", StringComparison.Ordinal)
            ? "~" + path[home.Length..]
            : path;
    }

    /// <summary>How libtorch was built: compiler, BLAS, oneDNN, OpenMP and flags, in libtorch's own words.</summary>
    public static unsafe string BuildString()
    {
        NativeEngine.Require();
        return Text(&ShowConfig);
    }

    /// <summary>
    /// Speed of a square matrix product in GFLOP/s (2 n^3 operations each): the best of several, so that other load matters least.
    /// Takes about half a second.
    /// </summary>
    /// <param name="size">Rows and columns, n. Default 1,024.</param>
    /// <param name="device">Default: the CPU.</param>
    /// <param name="type">Default: Float32.</param>
    public static double MatrixProductGflops(
        int size = 1024,
        Device? device = null,
        ScalarType type = ScalarType.Float32
    )
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var a = rand(size, size, device: device).to(type);
        var best = double.PositiveInfinity;
        for (var i = 0; i < 8; i++)
        {
            var began = Stopwatch.GetTimestamp();
            using (a.mm(a))
                if (device is { type: DeviceType.CUDA })
                    cuda.synchronize();
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        return 2.0 * size * size * size / best / 1e9;
    }

    /// <summary>The BLAS in use: a library that the process has loaded, else the one inside libtorch.</summary>
    public static unsafe string Blas()
    {
        if (File.Exists("/proc/self/maps"))
            foreach (var line in File.ReadLines("/proc/self/maps"))
            foreach (var name in new[] { "libopenblas", "libmkl_rt", "libblis" })
                if (
                    line.IndexOf('/') is var slash and >= 0
                    && Path.GetFileName(line[slash..]).StartsWith(name, StringComparison.Ordinal)
                )
                    return line[slash..];
        var mkl = Text(&MklVersion);
        return mkl.Contains("not found", StringComparison.OrdinalIgnoreCase) ? "inside libtorch" : mkl;
    }

    // The functions return a std::string: 32 bytes at an address the caller gives; the first two words are pointer and length.
    // Its memory, a few hundred bytes once per process, is never freed.
    static unsafe string Text(delegate* <nint, nint> function)
    {
        var text = stackalloc nint[4];
        function((nint)text);
        return Marshal.PtrToStringUTF8(text[0], (int)text[1]).Trim();
    }

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at11show_configB5cxx11Ev")]
    private static partial nint ShowConfig(nint result);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at18get_cpu_capabilityB5cxx11Ev")]
    private static partial nint CpuCapability(nint result);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at15get_mkl_versionB5cxx11Ev")]
    private static partial nint MklVersion(nint result);
}
