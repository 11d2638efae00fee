using System.Runtime.InteropServices;

namespace Research.Engine;

/// <summary>Keeps freed memory in the process: a training step frees and asks for the same activations over and over.</summary>
static partial class MallocTuning
{
    const int TrimThreshold = -1;
    const int TopPad = -2;
    const int MmapThreshold = -3;

    /// <summary>Sets glibc's malloc; does nothing on other C libraries.</summary>
    public static void Apply()
    {
        if (!NativeLibrary.TryLoad("libc.so.6", out var libc) || !NativeLibrary.TryGetExport(libc, "mallopt", out _))
            return;
        mallopt(MmapThreshold, 1 << 30);
        mallopt(TrimThreshold, int.MaxValue);
        mallopt(TopPad, 64 << 20);
    }

    [LibraryImport("libc.so.6")]
    private static partial int mallopt(int option, int value);
}
