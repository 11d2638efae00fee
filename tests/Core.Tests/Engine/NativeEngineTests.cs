using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Research.Engine;
using TorchSharp;
using Xunit;

namespace Core.Tests.Engine;

/// <summary>Finding, checking and loading the native libraries.</summary>
public sealed class NativeEngineTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("research-engine-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static string Shim => EngineFiles.Find().Shim;

    [Fact]
    public void The_package_s_libtorch_is_in_use_and_says_what_it_is()
    {
        Assert.Equal(NativeEngine.BuiltFor, new Version(NativeEngine.Version.Major, NativeEngine.Version.Minor));
        Assert.True(File.Exists(Path.Combine(NativeEngine.Folder, "libtorch_cpu.so")));
        Assert.Contains("PyTorch built with", EngineReport.BuildString());
        Assert.All(EngineReport.Facts(), f => Assert.NotEmpty(f.Value));
        Assert.True(EngineReport.MatrixProductGflops(64) > 0);
    }

    [Fact]
    public void The_copy_for_older_systems_asks_for_nothing_newer_and_calls_no_missing_function()
    {
        var bytes = File.ReadAllBytes(Shim);
        Assert.Contains("_ZSt21ios_base_library_initv", new ElfSymbols(bytes).Needed());
        OlderLibstdcxx.Mend(bytes, Shim);
        Assert.DoesNotContain("_ZSt21ios_base_library_initv", new ElfSymbols(bytes).Needed());
        Assert.Contains("getpid", new ElfSymbols(bytes).Needed());
        var file = Path.Combine(folder, "libLibTorchSharp.so");
        File.WriteAllBytes(file, bytes);
        Assert.NotEqual(0, NativeLibrary.Load(file)); // its loader would refuse a version that the system lacks
        var error = Assert.Throws<InvalidDataException>(() => OlderLibstdcxx.Mend(bytes, "twice"));
        Assert.StartsWith("twice needs GLIBCXX_3.4.32", error.Message);
    }

    [Fact]
    public void Every_function_that_TorchSharp_calls_is_there()
    {
        var shim = NativeLibrary.Load(Path.GetFileName(Shim));
        Assert.All(
            new ElfSymbols(File.ReadAllBytes(Shim)).Needed().Where(n => n != OlderLibstdcxx.Symbol),
            name => Assert.True(NativeLibrary.TryGetExport(shim, name, out _), name)
        );
    }

    [Theory]
    [InlineData("not a library")]
    [InlineData(
        "\u007fELF\u0002\u0001 and then nothing that follows from it, for long enough to hold a header of sixty-four bytes"
    )]
    public void A_file_that_is_no_library_is_said_to_be_none(string text)
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes(text);
        Assert.Throws<InvalidDataException>(() => new ElfSymbols(bytes).Needed().ToList());
    }

    [Fact]
    public void A_folder_without_libtorch_is_named_with_the_variable()
    {
        var (code, output) = Doctor(("RESEARCH_LIBTORCH", folder));
        Assert.NotEqual(0, code);
        Assert.Contains($"RESEARCH_LIBTORCH={folder} has no libtorch_cpu.so", output);
    }

    [Fact]
    public void A_libtorch_of_another_time_is_refused_by_name()
    {
        File.WriteAllText(Path.Combine(folder, "empty.c"), "int nothing;");
        Run("gcc", "-shared", "-o", Path.Combine(folder, "libtorch_cpu.so"), Path.Combine(folder, "empty.c"));
        var (code, output) = Doctor(("RESEARCH_LIBTORCH", folder));
        Assert.NotEqual(0, code);
        Assert.Contains($"{folder} holds a libtorch older than 2.10 (named by RESEARCH_LIBTORCH)", output);
    }

    [Fact]
    public void A_newer_libtorch_without_the_functions_that_are_called_is_refused_with_their_names()
    {
        File.WriteAllText(
            Path.Combine(folder, "later.c"),
            "unsigned long aoti_torch_abi_version(void) { return 2ul << 56 | 99ul << 48; }"
        );
        Run(
            "gcc",
            "-shared",
            "-o",
            Path.Combine(folder, "libtorch_cpu.so"),
            Path.Combine(folder, "later.c"),
            "-Wl,-soname,libtorch_cpu.so"
        );
        File.Copy(Path.Combine(NativeEngine.Folder, "libc10.so"), Path.Combine(folder, "libc10.so"));
        File.WriteAllText(Path.Combine(folder, "empty.c"), "int nothing;");
        Run(
            "gcc",
            "-shared",
            "-o",
            Path.Combine(folder, "libtorch.so"),
            Path.Combine(folder, "empty.c"),
            "-Wl,-soname,libtorch.so"
        );
        var (code, output) = Doctor(("RESEARCH_LIBTORCH", folder));
        Assert.NotEqual(0, code);
        Assert.Contains("holds libtorch 2.99", output);
        Assert.Contains("functions that it calls are missing", output);
        Assert.Contains("_ZN2at", output);
    }

    [Fact]
    public void The_same_libraries_by_the_variable_run_too()
    {
        foreach (var file in Directory.EnumerateFiles(NativeEngine.Folder, "lib*"))
            File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(file)), file);
        var (code, output) = Doctor(("RESEARCH_LIBTORCH", folder));
        Assert.Equal(0, code);
        Assert.Contains(folder, output);
    }

    // `./research setup --cuda` builds this project; its packages' libraries must end in one folder.
    [Fact]
    public void One_property_chooses_the_CUDA_packages_and_gathers_their_libraries()
    {
        Package(
            "TorchSharp-cuda-linux",
            "0.107.0",
            "<dependency id=\"libtorch-cuda-12.8-linux-x64\" version=\"2.10.0\" />",
            []
        );
        Package(
            "libtorch-cuda-12.8-linux-x64",
            "2.10.0",
            "<dependency id=\"libtorch-cuda-part2\" version=\"2.10.0\" />",
            ["libtorch_cpu.so"]
        );
        Package("libtorch-cuda-part2", "2.10.0", "", ["libtorch_cuda.so"]);
        var setup = Path.Combine(folder, "setup");
        Directory.CreateDirectory(setup);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root(), ".setup", "engine")))
            File.Copy(file, Path.Combine(setup, Path.GetFileName(file)));
        var gathered = Path.Combine(folder, "cuda");
        Run(
            "dotnet",
            "build",
            Path.Combine(setup, "Engine.csproj"),
            "-p:ResearchEngine=cuda",
            $"-p:RestoreSources={folder}",
            $"-p:RestorePackagesPath={Path.Combine(folder, "packages")}",
            "-o",
            gathered,
            "--nologo",
            "-v",
            "quiet"
        );
        Assert.True(File.Exists(Path.Combine(gathered, "libtorch_cpu.so")));
        Assert.True(File.Exists(Path.Combine(gathered, "libtorch_cuda.so")));
    }

    void Package(string id, string version, string dependencies, string[] libraries)
    {
        using var file = ZipFile.Open(Path.Combine(folder, $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
        using (var text = new StreamWriter(file.CreateEntry($"{id}.nuspec").Open()))
            text.Write(
                $"<package><metadata><id>{id}</id><version>{version}</version><authors>test</authors><description>stand-in</description>"
                    + $"<dependencies><group targetFramework=\"net8.0\">{dependencies}</group></dependencies></metadata></package>"
            );
        file.CreateEntry("lib/net8.0/_._").Open().Dispose();
        foreach (var library in libraries)
            using (var text = new StreamWriter(file.CreateEntry($"runtimes/linux-x64/native/{library}").Open()))
                text.Write("stand-in");
    }

    /// <summary>What this assembly says of the engine in a process of its own (see Program.cs).</summary>
    static (int Code, string Output) Doctor(params (string Name, string Value)[] environment) =>
        Start("dotnet", [typeof(NativeEngineTests).Assembly.Location, "engine"], environment);

    static void Run(string program, params string[] arguments)
    {
        var (code, output) = Start(program, arguments, []);
        Assert.True(code == 0, output);
    }

    static (int Code, string Output) Start(
        string program,
        string[] arguments,
        (string Name, string Value)[] environment
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    static string Root()
    {
        var place = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(place.FullName, "Research.sln")))
            place = place.Parent!;
        return place.FullName;
    }
}
