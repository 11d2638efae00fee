namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Takes over another tensor's value in place of its own, as a leaf; whoever holds this object sees the new value.</summary>
        internal void Become(Tensor other)
        {
            var leaf = other.detach().requires_grad_(requires_grad);
            var scope = owner as DisposeScope;
            var old = Release();
            handle = leaf.Release();
            owner = new HandleGuard(handle);
            scope?.Attach(this);
            unsafe
            {
                Native.tsh_free(old);
            }
        }

        internal void ClearGradient(bool free)
        {
            if (free)
                grad = null;
            else if (grad is { } gradient)
                using (gradient)
                    gradient.zero_();
        }
    }
}
