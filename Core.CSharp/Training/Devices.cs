using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>The devices of this machine that training can run on.</summary>
public static class Devices
{
    /// <summary>Their names: "cpu", then "cuda:0", "cuda:1", ... where the engine and the machine have them.</summary>
    public static IReadOnlyList<string> Available()
    {
        var names = new List<string> { "cpu" };
        if (cuda.is_available())
            names.AddRange(Enumerable.Range(0, cuda.device_count()).Select(i => $"cuda:{i}"));
        return names;
    }

    /// <summary>The device of a name; "cuda" is "cuda:0".</summary>
    /// <exception cref="ArgumentException">This machine has no such device; the message lists what it has.</exception>
    public static Device Resolve(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var available = Available();
        var wanted = name == "cuda" ? "cuda:0" : name;
        if (!available.Contains(wanted))
            throw new ArgumentException(
                $"Unknown device '{name}'. Available here: {string.Join(", ", available)}.",
                nameof(name)
            );
        return wanted == "cpu"
            ? new Device(DeviceType.CPU)
            : new Device(DeviceType.CUDA, int.Parse(wanted.AsSpan(5), CultureInfo.InvariantCulture));
    }
}
