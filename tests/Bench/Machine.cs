using System.Globalization;
using System.Runtime.InteropServices;
using Research.Engine;

namespace Research.Bench;

/// <summary>The facts about the machine that a figure's reader needs.</summary>
static class Machine
{
    public static Dictionary<string, string> Describe()
    {
        var facts = EngineReport.Facts().ToDictionary(f => f.Key, f => f.Value);
        facts["cpu"] = CpuModel();
        facts["cores"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture);
        facts["load"] = File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
        facts["system"] = RuntimeInformation.OSDescription;
        facts["runtime"] = RuntimeInformation.FrameworkDescription;
        facts["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return facts;
    }

    /// <summary>Whether the processor has an instruction set, by its name in Linux.</summary>
    public static bool Has(string flag) =>
        File.Exists("/proc/cpuinfo")
        && File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal))
            ?.Split(' ')
            .Contains(flag) == true;

    static string CpuModel()
    {
        const string file = "/proc/cpuinfo";
        var line = File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
