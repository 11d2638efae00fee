using TorchSharp;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>Tensors in messages.</summary>
static class Described
{
    /// <summary>Type, shape and, off the CPU, device: "Float32[128, 64]".</summary>
    public static string Of(Tensor tensor) =>
        tensor.IsInvalid
            ? "a disposed tensor"
            : $"{tensor.dtype}[{string.Join(", ", tensor.shape)}]"
                + (tensor.device_type == DeviceType.CPU ? "" : $" on {tensor.device}");
}
