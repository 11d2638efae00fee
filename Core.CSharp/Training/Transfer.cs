using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>How batches get from the processor to the device.</summary>
public static class Transfer
{
    /// <summary>
    /// A tensor on a device. To a GPU it goes through pinned memory and without waiting: the copy runs beside the work that the GPU was given
    /// before, and what is done with the result waits for it. On its own device a tensor is given back as it is.
    /// </summary>
    /// <param name="tensor">A tensor of any shape and type; one on the processor must not be written to afterwards.</param>
    /// <param name="device">Where to.</param>
    /// <returns>The same values in the same shape and type; on the processor to the bit.</returns>
    /// <exception cref="InvalidOperationException">The device is a GPU, and there is no CUDA device here.</exception>
    public static Tensor ToDevice(Tensor tensor, Device device)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentNullException.ThrowIfNull(device);
        if (device.type != DeviceType.CUDA || tensor.device_type != DeviceType.CPU)
            return tensor.to(device);
        // The engine keeps pinned memory until the copies from it are done, so that it may be let go of here.
        using var pinned = tensor.pin_memory();
        return pinned.to(device, non_blocking: true);
    }
}
