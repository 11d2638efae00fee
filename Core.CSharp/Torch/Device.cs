using System.Globalization;

namespace TorchSharp;

/// <summary>The kind of a device; the values are libtorch's.</summary>
public enum DeviceType
{
    /// <summary>The machine's processor and memory.</summary>
    CPU = 0,

    /// <summary>An NVIDIA GPU.</summary>
    CUDA = 1,

    /// <summary>No memory at all: shapes only.</summary>
    META = 14,
}

public static partial class torch
{
    /// <summary>Where a tensor lives: a kind of device and, for kinds of which there can be several, its number.</summary>
    public sealed class Device : IEquatable<Device>
    {
        /// <summary>A device from text: "cpu", "cuda", "cuda:1", "meta".</summary>
        /// <exception cref="ArgumentException">The text names no kind of device, or its number is not one.</exception>
        public Device(string description)
        {
            ArgumentNullException.ThrowIfNull(description);
            var parts = description.Split(':');
            type = parts[0] switch
            {
                "cpu" => DeviceType.CPU,
                "cuda" => DeviceType.CUDA,
                "meta" => DeviceType.META,
                _ => throw Unknown(description),
            };
            index = -1;
            if (parts.Length == 1)
                return;
            if (
                parts.Length > 2
                || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            )
                throw Unknown(description);
            index = number;
        }

        /// <summary>A device of a kind.</summary>
        /// <param name="type">The kind.</param>
        /// <param name="index">Its number; -1 for the current one.</param>
        public Device(DeviceType type, int index = -1)
        {
            this.type = type;
            this.index = index;
        }

        /// <summary>The kind.</summary>
        public DeviceType type { get; }

        /// <summary>The number, or -1 for the current one of its kind.</summary>
        public int index { get; }

        /// <inheritdoc/>
        public override string ToString()
        {
            var name = type.ToString().ToLowerInvariant();
            return index < 0 ? name : name + ":" + index.ToString(CultureInfo.InvariantCulture);
        }

        /// <inheritdoc/>
        public bool Equals(Device? other) => other is not null && type == other.type && index == other.index;

        /// <inheritdoc/>
        public override bool Equals(object? obj) => Equals(obj as Device);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(type, index);

        /// <summary>Whether both name the same device.</summary>
        public static bool operator ==(Device? a, Device? b) => a is null ? b is null : a.Equals(b);

        /// <summary>Whether they name different devices.</summary>
        public static bool operator !=(Device? a, Device? b) => !(a == b);

        /// <summary>A device from text, as the constructor takes it.</summary>
        public static implicit operator Device(string description) => new(description);

        private static ArgumentException Unknown(string description) =>
            new($"'{description}' is no device: cpu, cuda, cuda:N (N = 0, 1, ...) or meta");
    }

    /// <summary>The machine's processor.</summary>
    public static Device CPU { get; } = new(DeviceType.CPU);

    /// <summary>The current GPU.</summary>
    public static Device CUDA { get; } = new(DeviceType.CUDA);

    /// <summary>Shapes without memory.</summary>
    public static Device META { get; } = new(DeviceType.META);

    /// <summary>A device from text: "cpu", "cuda", "cuda:1".</summary>
    public static Device device(string description) => new(description);

    /// <summary>A device of a kind and a number.</summary>
    public static Device device(DeviceType type, int index = -1) => new(type, index);
}
