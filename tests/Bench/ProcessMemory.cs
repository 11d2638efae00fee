using System.Globalization;
using System.Runtime.InteropServices;

namespace Research.Bench;

/// <summary>This process's resident memory, from Linux's /proc, in bytes.</summary>
static class ProcessMemory
{
    /// <summary>Now.</summary>
    public static long Now => Status("VmRSS");

    /// <summary>The largest since <see cref="StartPeak"/>.</summary>
    public static long Peak => Status("VmHWM");

    /// <summary>Lets the peak start from now.</summary>
    public static void StartPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    /// <summary>What native code has allocated and not freed, without the freed memory that glibc's malloc keeps.</summary>
    public static long InUse
    {
        get
        {
            var now = mallinfo2();
            return (long)(now.Blocks + now.Mapped);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    struct HeapInfo
    {
        readonly nuint arena,
            ordblks,
            smblks,
            hblks;
        public readonly nuint Mapped;
        readonly nuint usmblks,
            fsmblks;
        public readonly nuint Blocks;
        readonly nuint fordblks,
            keepcost;
    }

    [DllImport("libc.so.6")]
    static extern HeapInfo mallinfo2();

    static long Status(string field) =>
        1024
        * long.Parse(
            File.ReadLines("/proc/self/status")
                .First(l => l.StartsWith(field + ":", StringComparison.Ordinal))
                .Split(' ')[^2],
            CultureInfo.InvariantCulture
        );
}
