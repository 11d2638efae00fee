namespace TorchSharp;

public static partial class torch
{
    /// <summary>A mode of the calling thread that ends with <see cref="Dispose"/>, on the same thread. Never across an <c>await</c>.</summary>
    public abstract class ThreadMode : IDisposable
    {
        private readonly int thread = Environment.CurrentManagedThreadId;
        private bool ended;

        private protected ThreadMode() => Engine.Require();

        /// <summary>Restores what was before. Idempotent.</summary>
        /// <exception cref="InvalidOperationException">The calling thread is not the one that began the mode.</exception>
        public void Dispose()
        {
            if (ended)
                return;
            if (thread != Environment.CurrentManagedThreadId)
                throw new InvalidOperationException(
                    $"{GetType().Name} belongs to the thread that began it (thread {thread}; this is thread {Environment.CurrentManagedThreadId}); do not hold one across an await"
                );
            End();
            ended = true;
            GC.SuppressFinalize(this);
        }

        private protected abstract void End();
    }

    /// <summary>Gradients switched on or off.</summary>
    public sealed class AutoGradMode : ThreadMode
    {
        private readonly int previous;

        /// <summary>Switches the recording of gradients on or off for this thread.</summary>
        public AutoGradMode(bool enabled) => previous = Native.tsh_set_grad_enabled(enabled ? 1 : 0);

        /// <summary>Whether this thread records gradients.</summary>
        public static bool IsEnabled
        {
            get
            {
                Engine.Require();
                return Native.tsh_grad_enabled() != 0;
            }
        }

        private protected override void End() => Native.tsh_set_grad_enabled(previous);
    }

    /// <summary>Inference mode: no gradients and no version counting; its tensors can never take part in autograd.</summary>
    public sealed class InferenceMode : ThreadMode
    {
        private readonly int depth;

        /// <summary>Begins inference mode (or suspends it) for this thread.</summary>
        public InferenceMode(bool mode) =>
            depth = Engine.Check(Native.tsh_inference_push(mode ? 1 : 0), nameof(inference_mode));

        /// <summary>Whether this thread is in inference mode.</summary>
        public static bool IsEnabled
        {
            get
            {
                Engine.Require();
                return Native.tsh_inference_enabled() != 0;
            }
        }

        private protected override void End() => Engine.Check(Native.tsh_inference_pop(depth), nameof(inference_mode));
    }

    /// <summary>No gradients are recorded until it is disposed: <c>using (torch.no_grad()) ...</c>.</summary>
    public static IDisposable no_grad() => new AutoGradMode(false);

    /// <summary>Gradients are recorded until it is disposed, also inside <see cref="no_grad"/>.</summary>
    public static IDisposable enable_grad(bool enabled = true) => new AutoGradMode(enabled);

    /// <summary>Gradients are recorded, or not, until it is disposed.</summary>
    public static IDisposable set_grad_enabled(bool mode = true) => new AutoGradMode(mode);

    /// <summary>Inference mode until it is disposed.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    /// <summary>Whether this thread records gradients.</summary>
    public static bool is_grad_enabled() => AutoGradMode.IsEnabled;

    /// <summary>Whether this thread is in inference mode.</summary>
    public static bool is_inference_mode_enabled() => InferenceMode.IsEnabled;
}
