using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            internal void Move(Device? device, ScalarType? dtype)
            {
                if (dtype is { } wanted && !is_floating_point(wanted))
                    throw new ArgumentException(
                        $"{GetName()}: a module's dtype must be a floating-point one, not {wanted}."
                    );
                using var scope = NewDisposeScope();
                using var guard = no_grad();
                foreach (var parameter in parameters())
                    Replace(parameter, device, dtype);
                foreach (var (_, buffer) in AllBuffers(recurse: true).ToList())
                    Replace(buffer.Tensor, device, dtype);
            }

            static void Replace(Tensor tensor, Device? device, ScalarType? dtype)
            {
                var moved = tensor.to(
                    tensor.is_floating_point() ? dtype ?? tensor.dtype : tensor.dtype,
                    device ?? tensor.device
                );
                if (!ReferenceEquals(moved, tensor))
                    tensor.Become(moved);
            }
        }
    }
}

/// <summary>Moving modules, as extensions so that the module's own type is returned.</summary>
public static class ModuleExtensionMethods
{
    /// <summary>Moves parameters and buffers to a device. Gradients are dropped.</summary>
    public static T to<T>(this T module, torch.Device device)
        where T : torch.nn.Module => To(module, device, null);

    /// <summary>Converts floating-point parameters and buffers to a dtype. Gradients are dropped.</summary>
    /// <exception cref="ArgumentException">The dtype is not a floating-point one.</exception>
    public static T to<T>(this T module, torch.ScalarType type)
        where T : torch.nn.Module => To(module, null, type);

    /// <summary>Moves and converts parameters and buffers. Gradients are dropped.</summary>
    /// <exception cref="ArgumentException">The dtype is not a floating-point one.</exception>
    public static T to<T>(this T module, torch.Device device, torch.ScalarType type)
        where T : torch.nn.Module => To(module, device, type);

    /// <summary>Moves to the CPU.</summary>
    public static T cpu<T>(this T module)
        where T : torch.nn.Module => To(module, torch.CPU, null);

    /// <summary>Moves to a CUDA device, the current one by default.</summary>
    public static T cuda<T>(this T module, int deviceIndex = -1)
        where T : torch.nn.Module => To(module, new torch.Device(DeviceType.CUDA, deviceIndex), null);

    /// <summary>Converts to float32.</summary>
    public static T @float<T>(this T module)
        where T : torch.nn.Module => To(module, null, torch.ScalarType.Float32);

    /// <summary>Converts to float64.</summary>
    public static T @double<T>(this T module)
        where T : torch.nn.Module => To(module, null, torch.ScalarType.Float64);

    /// <summary>Converts to bfloat16.</summary>
    public static T bfloat16<T>(this T module)
        where T : torch.nn.Module => To(module, null, torch.ScalarType.BFloat16);

    static T To<T>(T module, torch.Device? device, torch.ScalarType? dtype)
        where T : torch.nn.Module
    {
        module.Move(device, dtype);
        return module;
    }
}
