using System.Diagnostics;
using System.Globalization;

namespace TorchSharp;

/// <summary>What the engine behind the binding is and how fast its matrix product runs: for run records and <c>./research doctor</c>.</summary>
public static class EngineReport
{
    /// <summary>Name and version of the engine, its BLAS, threads and devices, in a fixed order.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Facts()
    {
        using (torch.zeros(1, 1).mm(torch.zeros(1, 1))) { } // the loader binds BLAS at its first use
        return
        [
            new("engine", "libtorch"),
            new("version", torch.__version__),
            new("library", LoadedLibrary("libtorch_cpu.so") ?? "unknown"),
            new("blas", Blas()),
            new("threads", torch.get_num_threads().ToString(CultureInfo.InvariantCulture)),
            new("cuda devices", torch.cuda.device_count().ToString(CultureInfo.InvariantCulture)),
        ];
    }

    /// <summary>
    /// Speed of a square fp32 matrix product in GFLOP/s (2 n^3 operations each), the best of several so that a busy machine
    /// counts least. Takes about half a second.
    /// </summary>
    /// <param name="size">Rows and columns, n. Default 1,024.</param>
    /// <param name="device">Default: the CPU.</param>
    public static double MatrixProductGflops(int size = 1024, torch.Device? device = null)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var a = torch.rand(size, size, device: device);
        var best = double.PositiveInfinity;
        for (var i = 0; i < 8; i++)
        {
            var began = Stopwatch.GetTimestamp();
            using (a.mm(a))
                if (device is { type: DeviceType.CUDA })
                    torch.cuda.synchronize();
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        return 2.0 * size * size * size / best / 1e9;
    }

    /// <summary>
    /// The BLAS library that the process really loaded. Debian's libtorch asks for whatever the system's alternatives name, which
    /// may be the reference implementation; other builds carry MKL inside.
    /// </summary>
    public static string Blas()
    {
        foreach (var name in new[] { "libopenblas", "libmkl_rt", "libmkl_core", "libblis", "libblas" })
            if (LoadedLibrary(name) is { } path)
                return path;
        return torch.backends.mkl.is_available() ? "MKL, inside libtorch" : "unknown";
    }

    static string? LoadedLibrary(string name)
    {
        if (!File.Exists("/proc/self/maps"))
            return null;
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            var slash = line.IndexOf('/');
            if (slash >= 0 && Path.GetFileName(line[slash..]).StartsWith(name, StringComparison.Ordinal))
                return line[slash..];
        }
        return null;
    }
}
