using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>A tensor's memory.</summary>
static unsafe class RawData
{
    /// <summary>The first byte of a contiguous CPU tensor; valid while the tensor lives.</summary>
    public static void* Of(Tensor tensor)
    {
        void* data;
        if (StableInterface.torch_get_mutable_data_ptr(tensor.Handle, &data) != 0)
            throw new ExternalException(
                $"{Described.Of(tensor)} has no memory to read; libtorch printed the reason on standard error."
            );
        GC.KeepAlive(tensor);
        return data;
    }
}
