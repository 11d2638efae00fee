namespace TorchSharp;

/// <summary>The safety net of a tensor that no scope owns: frees the handle when the tensor is collected undisposed.</summary>
/// <remarks>
/// A separate object, because a finalizer on Tensor itself would put every tensor of a training step through the slow
/// allocation path; those are owned by a scope and need no net.
/// </remarks>
internal sealed class HandleGuard
{
    private nint handle;

    internal HandleGuard(nint handle) => this.handle = handle;

    ~HandleGuard()
    {
        var h = Interlocked.Exchange(ref handle, 0);
        if (h != 0)
            Native.tsh_free(h);
    }

    /// <summary>Gives the handle back; 0 when the finalizer was first.</summary>
    internal nint Release()
    {
        GC.SuppressFinalize(this);
        return Interlocked.Exchange(ref handle, 0);
    }
}
