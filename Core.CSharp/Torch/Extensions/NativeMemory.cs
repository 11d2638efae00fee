namespace TorchSharp.Extensions;

/// <summary>What the process holds of native tensors.</summary>
public static class NativeMemory
{
    /// <summary>Tensor handles made and not yet freed, over all threads; it stays flat over training steps that do not leak.</summary>
    public static long LiveHandles
    {
        get
        {
            Engine.Require();
            return Native.tsh_live();
        }
    }
}
