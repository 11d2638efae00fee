using System.Reflection;

namespace Research.Engine;

/// <summary>Where the engine's native libraries are.</summary>
/// <param name="Libtorch">The folder of libtorch_cpu.so.</param>
/// <param name="Shim">TorchSharp's libLibTorchSharp.so.</param>
/// <param name="Origin">What chose the folder, for messages.</param>
sealed record EngineFiles(string Libtorch, string Shim, string Origin)
{
    /// <summary>The library that every libtorch has.</summary>
    public const string Cpu = "libtorch_cpu.so";

    const string ShimName = "libLibTorchSharp.so";
    const string Variable = "RESEARCH_LIBTORCH";

    /// <summary>Finds the libraries.</summary>
    /// <exception cref="DllNotFoundException">There are none; the message names the places searched and the remedy.</exception>
    public static EngineFiles Find()
    {
        var beside = Path.GetDirectoryName(typeof(EngineFiles).Assembly.Location) ?? AppContext.BaseDirectory;
        var shim =
            new[] { beside, BuiltWith("TorchSharp") }.Select(f => Path.Combine(f, ShimName)).FirstOrDefault(File.Exists)
            ?? throw new DllNotFoundException(
                $"{ShimName} of the package TorchSharp is neither beside {beside} nor in {BuiltWith("TorchSharp")}. Run ./research setup."
            );
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
            return new(Given(given), shim, $"named by {Variable}");
        if (Chosen() is { } chosen)
            return new(chosen, shim, "chosen by ./research setup");
        foreach (
            var (place, origin) in new[] { (beside, "beside the program"), (BuiltWith("Libtorch"), "the package") }
        )
            if (File.Exists(Path.Combine(place, Cpu)))
                return new(place, shim, origin);
        throw new DllNotFoundException(
            $"{Cpu} is neither beside {beside} nor in {BuiltWith("Libtorch")}. Run ./research setup, or set {Variable}."
        );
    }

    /// <summary>The libraries in loading order, each after those it needs; CUDA's where the folder has them.</summary>
    public IEnumerable<string> InLoadingOrder() =>
        Directory
            .EnumerateFiles(Libtorch, "libgomp*.so.1")
            .Concat(
                new[] { "libc10.so", Cpu, "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so" }.Select(name =>
                    Path.Combine(Libtorch, name)
                )
            )
            .Where(File.Exists);

    static string Given(string folder)
    {
        foreach (var place in new[] { folder, Path.Combine(folder, "lib") })
            if (File.Exists(Path.Combine(place, Cpu)))
                return Path.GetFullPath(place);
        throw new DllNotFoundException(
            $"{Variable}={folder} has no {Cpu}, and neither has its subfolder lib; give the folder of a libtorch or of Python's torch package."
        );
    }

    static string? Chosen()
    {
        if (!File.Exists(BuiltWith("Choice")))
            return null;
        var folder = File.ReadAllText(BuiltWith("Choice")).Trim();
        return File.Exists(Path.Combine(folder, Cpu))
            ? folder
            : throw new DllNotFoundException(
                $"{BuiltWith("Choice")} names {folder}, which has no {Cpu}. Run ./research setup again."
            );
    }

    // Written into this assembly by its build.
    static string BuiltWith(string what) =>
        typeof(EngineFiles)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(a => a.Key == $"Engine.{what}")
            ?.Value
        ?? "";
}
