using System.Globalization;
using System.Runtime.InteropServices;

namespace Research.Imaging.Drawing;

/// <summary>
/// The memory that this process may take beyond its initial memory: RLIMIT_DATA, which since Linux 4.7 counts every private writable
/// page, the managed heap's and malloc's alike. RLIMIT_AS would count the address space that the runtime and malloc reserve
/// and never use: hundreds of times as much.
/// </summary>
sealed class MemoryLimit
{
    const int RlimitData = 2,
        RlimitCore = 4;
    static readonly ulong Unlimited = ulong.MaxValue;
    readonly long atFirst;
    long current = -1;

    /// <summary>Counts from the process's present memory. Turns core files off; when memory runs out, the kernel ends this process first.</summary>
    public MemoryLimit()
    {
        Set(RlimitCore, 0);
        atFirst = DataBytes();
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "1000");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // some containers make it read-only: then the kernel chooses by size
        }
    }

    /// <summary>Allows the process this much more than its initial memory, from now on.</summary>
    public void Allow(long bytes)
    {
        if (bytes == current)
            return;
        Set(RlimitData, checked((ulong)(atFirst + bytes)));
        current = bytes;
    }

    // The sixth field of statm: pages of data and stack.
    static long DataBytes() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[5], CultureInfo.InvariantCulture)
        * Environment.SystemPageSize;

    static void Set(int resource, ulong soft)
    {
        if (getrlimit(resource, out var limit) != 0)
            throw new InvalidOperationException($"getrlimit: {Marshal.GetLastPInvokeErrorMessage()}");
        limit.Soft = limit.Hard == Unlimited ? soft : Math.Min(soft, limit.Hard);
        if (setrlimit(resource, limit) != 0)
            throw new InvalidOperationException($"setrlimit: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [StructLayout(LayoutKind.Sequential)]
    struct Limit
    {
        public ulong Soft,
            Hard;
    }

    [DllImport("libc", SetLastError = true)]
    static extern int getrlimit(int resource, out Limit limit);

    [DllImport("libc", SetLastError = true)]
    static extern int setrlimit(int resource, in Limit limit);
}
