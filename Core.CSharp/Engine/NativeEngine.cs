using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Research.Engine;

/// <summary>
/// Finds libtorch and TorchSharp's native part and loads them by absolute path before TorchSharp looks for them, so that tests, workers and
/// <c>dotnet fsi</c> run on the same libraries whatever else the system has.
/// </summary>
/// <remarks>
/// libtorch comes from <c>RESEARCH_LIBTORCH</c> (the folder of a libtorch, or of Python's torch package), else from what
/// <c>./research setup</c> chose, else from beside this assembly, else from the package. It is loaded when the assembly
/// TorchSharp is, so a script that only looks at results does not pay for it.
/// </remarks>
public static partial class NativeEngine
{
    /// <summary>The version of libtorch that TorchSharp's native part is built for.</summary>
    public static readonly Version BuiltFor = new(2, 10);

    static readonly Lock gate = new();
    static int watching;
    static string? folder;
    static string? failure;

    /// <summary>The folder of the libtorch in use.</summary>
    /// <exception cref="DllNotFoundException">The engine cannot be loaded.</exception>
    public static string Folder
    {
        get
        {
            Require();
            return folder;
        }
    }

    /// <summary>The version of the libtorch in use.</summary>
    /// <inheritdoc cref="Folder"/>
    public static Version Version
    {
        get
        {
            Require();
            return Loaded();
        }
    }

    /// <summary>Loads the engine unless it is already loaded, and readies this thread for it.</summary>
    /// <exception cref="DllNotFoundException">It cannot be loaded; the message gives the reason and the remedy. The first failure is kept.</exception>
    [MemberNotNull(nameof(folder))]
    public static void Require()
    {
        SignalStack.Widen();
        lock (gate)
        {
            if (folder is null && failure is null)
                Start();
            if (failure is not null)
                throw new DllNotFoundException(failure);
        }
#pragma warning disable CS8774 // Start sets one of the two
    }
#pragma warning restore CS8774

    /// <summary>A function of one of libtorch's libraries.</summary>
    /// <exception cref="EntryPointNotFoundException">The library has no such function; the message names both.</exception>
    internal static nint Function(string library, string name)
    {
        var handle = NativeLibrary.Load(Path.Combine(Folder, library));
        return NativeLibrary.TryGetExport(handle, name, out var function)
            ? function
            : throw new EntryPointNotFoundException(
                $"{library} of libtorch {Version} in {Folder} has no {name}; use libtorch {BuiltFor}."
            );
    }

#pragma warning disable CA2255 // the engine has to be there before TorchSharp's first call, wherever that is made
    /// <summary>
    /// Loads the engine at the first use of TorchSharp. The core's first use sees to that; a program that may use TorchSharp earlier calls
    /// this first.
    /// </summary>
    [ModuleInitializer]
    public static void Watch()
    {
        if (Interlocked.Exchange(ref watching, 1) == 1)
            return;
        AppDomain.CurrentDomain.AssemblyLoad += (_, loaded) => StartFor(loaded.LoadedAssembly);
        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
            StartFor(assembly);
    }
#pragma warning restore CA2255

    // The runtime swallows exceptions thrown while an assembly loads: the failure is kept, and every native call of TorchSharp reports it.
    static void StartFor(Assembly assembly)
    {
        if (assembly.GetName().Name != "TorchSharp")
            return;
        lock (gate)
            if (folder is null && failure is null)
                Start();
        if (failure is not null)
            NativeLibrary.SetDllImportResolver(assembly, (_, _, _) => throw new DllNotFoundException(failure));
    }

    static void Start()
    {
        try
        {
            var found = EngineFiles.Find();
            nint torch = 0;
            foreach (var file in found.InLoadingOrder())
            {
                var handle = NativeLibrary.Load(file);
                if (Path.GetFileName(file) == EngineFiles.Cpu)
                    torch = handle;
            }
            CheckVersion(torch, found);
            OlderLibstdcxx.Load(found.Shim, Path.Combine(CacheFolder.Root, "engine"));
            MallocTuning.Apply();
            folder = found.Libtorch;
        }
        catch (Exception e)
            when (e
                    is DllNotFoundException
                        or EntryPointNotFoundException
                        or IOException
                        or UnauthorizedAccessException
                        or InvalidDataException
            )
        {
            failure = $"The engine cannot be loaded: {e.Message}";
        }
    }

    // Checked before the shim is loaded: lacking a function, the shim would name only one, or fail in the middle of a run.
    static void CheckVersion(nint torch, EngineFiles found)
    {
        if (!NativeLibrary.TryGetExport(torch, "aoti_torch_abi_version", out _))
            throw new DllNotFoundException(
                $"{found.Libtorch} holds a libtorch older than {BuiltFor} ({found.Origin}); TorchSharp needs {BuiltFor}."
            );
        var version = Loaded();
        if ((version.Major, version.Minor) == (BuiltFor.Major, BuiltFor.Minor))
            return;
        var missing = new ElfSymbols(File.ReadAllBytes(found.Shim))
            .Needed()
            .Where(name => name != OlderLibstdcxx.Symbol && !NativeLibrary.TryGetExport(torch, name, out _))
            .ToList();
        if (missing.Count > 0)
            throw new DllNotFoundException(
                $"{found.Libtorch} holds libtorch {version} ({found.Origin}), but TorchSharp's native part is built for {BuiltFor}, and "
                    + $"{missing.Count} of the functions that it calls are missing there: {string.Join(", ", missing.Take(5))}"
                    + (missing.Count > 5 ? ", ..." : "")
                    + $". Give the folder of a libtorch or PyTorch {BuiltFor}."
            );
    }

    [LibraryImport("torch_cpu", EntryPoint = "aoti_torch_abi_version")]
    private static partial ulong AbiVersion();

    static Version Loaded()
    {
        var abi = AbiVersion();
        return new((int)(abi >> 56), (int)(abi >> 48 & 255), (int)(abi >> 40 & 255));
    }
}
