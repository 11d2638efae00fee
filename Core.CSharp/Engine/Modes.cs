using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>Modes of libtorch that TorchSharp cannot set. Their C++ functions take plain numbers and do not throw for these devices.</summary>
public static partial class Modes
{
    const string Library = "torch_cpu";

    /// <summary>Automatic mixed precision on this thread until disposed: matrix products run in a short type, sums and norms in float32.</summary>
    /// <param name="device">Where the tensors are.</param>
    /// <param name="type">The short type: BFloat16 or, on CUDA, Float16.</param>
    /// <remarks>
    /// Run the forward pass and the loss inside, backward and the optimizer outside. Weights are cast once and kept until the outermost
    /// scope ends.
    /// </remarks>
    /// <exception cref="ArgumentException">The type is not a short one, or the device does not have it.</exception>
    public static IDisposable autocast(DeviceType device, ScalarType type = ScalarType.BFloat16)
    {
        if (type != ScalarType.BFloat16 && (type != ScalarType.Float16 || device != DeviceType.CUDA))
            throw new ArgumentException(
                $"autocast on {device}: {type} is not one of its short types, which are BFloat16 everywhere, Float16 on CUDA.",
                nameof(type)
            );
        NativeEngine.Require();
        return new Autocast((sbyte)device, (sbyte)type);
    }

    /// <summary>Whether autocast is on for this kind of device on this thread.</summary>
    public static bool is_autocast_enabled(DeviceType device)
    {
        NativeEngine.Require();
        return AutocastEnabled((sbyte)device) != 0;
    }

    /// <summary>The short type of autocast for a kind of device on this thread; null where it is off.</summary>
    public static ScalarType? autocast_type(DeviceType device) =>
        is_autocast_enabled(device) ? (ScalarType)AutocastType((sbyte)device) : null;

    /// <summary>
    /// Forgets the short copies of weights that autocast keeps. Copies made while no gradients were recorded carry none, and a later use in
    /// the same scope would take them up.
    /// </summary>
    public static void clear_autocast_cache()
    {
        NativeEngine.Require();
        ClearCache();
    }

    /// <summary>Makes operators without a deterministic form an error (or a warning) and chooses deterministic forms elsewhere.</summary>
    public static void use_deterministic_algorithms(bool on = true, bool warn_only = false)
    {
        NativeEngine.Require();
        SetDeterministic(Context(), on ? (byte)1 : (byte)0, warn_only ? (byte)1 : (byte)0);
    }

    /// <summary>Whether deterministic algorithms are on.</summary>
    public static bool are_deterministic_algorithms_enabled()
    {
        NativeEngine.Require();
        return Deterministic(Context()) != 0;
    }

    sealed class Autocast : IDisposable
    {
        readonly sbyte device;
        readonly byte wasOn;
        readonly sbyte formerType;
        bool ended;

        public Autocast(sbyte device, sbyte type)
        {
            (this.device, wasOn, formerType) = (device, AutocastEnabled(device), AutocastType(device));
            SetAutocastType(device, type);
            SetAutocastEnabled(device, 1);
            IncrementNesting();
        }

        public void Dispose()
        {
            if (ended)
                return;
            ended = true;
            if (DecrementNesting() == 0)
                ClearCache();
            SetAutocastEnabled(device, wasOn);
            SetAutocastType(device, formerType);
        }
    }

    [LibraryImport(Library, EntryPoint = "_ZN2at8autocast19is_autocast_enabledEN3c1010DeviceTypeE")]
    private static partial byte AutocastEnabled(sbyte device);

    [LibraryImport(Library, EntryPoint = "_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb")]
    private static partial void SetAutocastEnabled(sbyte device, byte on);

    [LibraryImport(Library, EntryPoint = "_ZN2at8autocast18get_autocast_dtypeEN3c1010DeviceTypeE")]
    private static partial sbyte AutocastType(sbyte device);

    [LibraryImport(Library, EntryPoint = "_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE")]
    private static partial void SetAutocastType(sbyte device, sbyte type);

    [LibraryImport(Library, EntryPoint = "_ZN2at8autocast17increment_nestingEv")]
    private static partial int IncrementNesting();

    [LibraryImport(Library, EntryPoint = "_ZN2at8autocast17decrement_nestingEv")]
    private static partial int DecrementNesting();

    [LibraryImport(Library, EntryPoint = "_ZN2at8autocast11clear_cacheEv")]
    private static partial void ClearCache();

    [LibraryImport(Library, EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint Context();

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context26setDeterministicAlgorithmsEbb")]
    private static partial void SetDeterministic(nint context, byte on, byte warn);

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context23deterministicAlgorithmsEv")]
    private static partial byte Deterministic(nint context);
}
