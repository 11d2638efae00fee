using System.Runtime.InteropServices;

namespace Research.Engine;

/// <summary>
/// Gives a thread a signal stack that a processor with AMX does not overflow. The kernel saves a thread's registers there: 12 kB once libtorch has
/// multiplied in bfloat16 on it. The runtime's stack has 16 kB with its guard page, so that the next NullReferenceException,
/// a signal to the runtime, would end the process without a word (seen on .NET 10.0).
/// </summary>
static partial class SignalStack
{
    const int Size = 256 << 10;
    const int Enough = 64 << 10;
    const int ReadWrite = 3;
    const int PrivateAnonymousStack = 0x20022;

    [ThreadStatic]
    static bool done;

    /// <summary>Widens this thread's signal stack, once. The runtime frees it with the thread, as it frees its own.</summary>
    public static void Widen()
    {
        if (done)
            return;
        done = true;
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return;
        if (sigaltstack(0, out var old) != 0 || old.Flags != 0 || old.Size >= Enough)
            return;
        var at = mmap(0, Size, ReadWrite, PrivateAnonymousStack, -1, 0);
        if (at == -1)
            return; // nothing is worse than before
        mprotect(at, (nuint)Environment.SystemPageSize, 0);
        if (Set(new() { At = at, Size = Size }, 0) != 0)
            munmap(at, Size);
    }

    [StructLayout(LayoutKind.Sequential)]
    struct Stack
    {
        public nint At;
        public int Flags;
        public nuint Size;
    }

    [LibraryImport("libc.so.6")]
    private static partial int sigaltstack(nint set, out Stack old);

    [LibraryImport("libc.so.6", EntryPoint = "sigaltstack")]
    private static partial int Set(in Stack set, nint old);

    [LibraryImport("libc.so.6")]
    private static partial nint mmap(nint at, nuint length, int access, int kind, int file, nint offset);

    [LibraryImport("libc.so.6")]
    private static partial int mprotect(nint at, nuint length, int access);

    [LibraryImport("libc.so.6")]
    private static partial int munmap(nint at, nuint length);
}
