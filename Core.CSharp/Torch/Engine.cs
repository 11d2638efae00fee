using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>The engine's start: loads the shim, compares its ABI, tunes the allocator and resolves every operator in use.</summary>
/// <remarks>
/// It happens once, at the first use of torch, and its failure is kept: every later use reports the same clear error,
/// where a failing static constructor would bury it.
/// </remarks>
internal static class Engine
{
    /// <summary>How far the heap grows at a time, in MiB; torch frees and allocates a step's activations over and over.</summary>
    private const int HeapTopPadMib = 64;

    private static readonly string? loadFailure = Start();

    /// <summary>True when the shim is loaded, whether or not every operator was found.</summary>
    internal static bool Loaded => loadFailure is null;

    /// <summary>Throws when the engine cannot be used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Require()
    {
        if (loadFailure is not null)
            ThrowUnusable();
        OperatorTable.Require();
    }

    [DoesNotReturn]
    internal static void ThrowUnusable()
    {
        if (loadFailure is not null)
            throw new DllNotFoundException(loadFailure);
        OperatorTable.Require();
        throw new InvalidOperationException("the engine has not been started");
    }

    private static unsafe string? Start()
    {
        if (NativeLoader.Load() is { } failure)
            return failure;
        var abi = Native.tsh_abi();
        if (abi != Native.Abi)
            return $"{NativeLoader.FileName} has ABI {abi}, this build needs {Native.Abi}. Rebuild it: ./research setup";
        Native.tsh_tune_malloc(HeapTopPadMib);
        return null;
    }

    /// <summary>Turns a negative return code of the shim into an exception whose message begins with the caller's name.</summary>
    internal static int Check(int code, [CallerMemberName] string caller = "")
    {
        if (code < 0)
            throw Error(code, caller, null);
        return code;
    }

    /// <summary>The .NET exception for a code of native/tsh.h.</summary>
    internal static Exception Error(int code, string operation, string? arguments)
    {
        var text = $"{operation}: {Native.LastError().Trim()}";
        if (!string.IsNullOrEmpty(arguments))
            text += $"\n  arguments: {arguments}";
        return code switch
        {
            -2 => new OutOfMemoryException(text),
            -4 => new ArgumentException(text),
            -7 => new ArgumentOutOfRangeException(null, text),
            -8 => new NotSupportedException(text),
            -9 => new InvalidOperationException(text),
            _ => new ExternalException(text),
        };
    }
}
