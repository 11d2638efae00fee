namespace TorchSharp;

public static partial class torch
{
    /// <summary>Automatic mixed precision: matrix products run in a short type, sums and norms in Float32.</summary>
    public sealed unsafe class AutocastMode : ThreadMode
    {
        private readonly DeviceType device;
        private readonly int on;
        private readonly int dtype;

        internal AutocastMode(DeviceType device, ScalarType type, bool enabled)
        {
            this.device = device;
            int previousOn,
                previousType;
            Engine.Check(Native.tsh_autocast_get((int)device, &previousOn, &previousType), nameof(autocast));
            on = previousOn;
            dtype = previousType;
            Engine.Check(Native.tsh_autocast_enter((int)device, enabled ? 1 : 0, (int)type), nameof(autocast));
        }

        private protected override void End() =>
            Engine.Check(Native.tsh_autocast_leave((int)device, on, dtype), nameof(autocast));
    }

    /// <summary>Automatic mixed precision on this thread until it is disposed: <c>using (torch.autocast(DeviceType.CPU)) ...</c>.</summary>
    /// <param name="device_type">Where the tensors are.</param>
    /// <param name="dtype">The short type: BFloat16, or on CUDA Float16, which is the default there (as in PyTorch).</param>
    /// <param name="enabled">False suspends a surrounding autocast.</param>
    /// <remarks>Run the forward pass and the loss inside, backward and the optimizer outside.</remarks>
    /// <exception cref="ArgumentException">The type is not a short one, or not one of the device.</exception>
    public static AutocastMode autocast(DeviceType device_type, ScalarType? dtype = null, bool enabled = true)
    {
        var type = dtype ?? (device_type == DeviceType.CUDA ? ScalarType.Float16 : ScalarType.BFloat16);
        if (type is not (ScalarType.BFloat16 or ScalarType.Float16))
            throw new ArgumentException(
                $"autocast: {type} is not a short type; BFloat16 or Float16 are",
                nameof(dtype)
            );
        if (device_type == DeviceType.CPU && type != ScalarType.BFloat16)
            throw new ArgumentException($"autocast: the CPU casts to BFloat16 only, not to {type}", nameof(dtype));
        return new AutocastMode(device_type, type, enabled);
    }

    /// <summary>Whether autocast is on for a kind of device on this thread.</summary>
    public static unsafe bool is_autocast_enabled(DeviceType device_type = DeviceType.CUDA)
    {
        Engine.Require();
        int on,
            type;
        Engine.Check(Native.tsh_autocast_get((int)device_type, &on, &type));
        return on != 0;
    }
}
