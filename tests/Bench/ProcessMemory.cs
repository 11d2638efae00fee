using System.Globalization;

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

    static long Status(string field) =>
        1024
        * long.Parse(
            File.ReadLines("/proc/self/status")
                .First(l => l.StartsWith(field + ":", StringComparison.Ordinal))
                .Split(' ')[^2],
            CultureInfo.InvariantCulture
        );
}
