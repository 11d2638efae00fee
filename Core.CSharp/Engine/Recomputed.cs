using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>
/// Activation checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): a part of a network keeps its input only,
/// and is run again in backward, at the cost of a second forward pass. The gradient is that of the ordinary pass to the last bit, as long
/// as the part computes the same when it is run again.
/// </summary>
/// <remarks>
/// Backward runs once; it adds to the gradients of all leaves that the part uses, even where the outer call names the inputs that it wants. A failure of
/// the second run reaches the caller of backward as libtorch's exception; <see cref="TakeFailure"/> has its reason.
/// </remarks>
public static class Recomputed
{
    [ThreadStatic]
    static Tensor? result; // of the last backward: libtorch copies its handle after the call that made it

    static Exception? failure;

    /// <summary>Runs a part of a network, without keeping what is inside it.</summary>
    /// <param name="x">Its input.</param>
    /// <param name="constant">A second input that no gradient flows to, such as a mask; may be null.</param>
    /// <param name="trains">Whether the part has parameters that record gradients.</param>
    /// <param name="forward">The part; autocast is as now when it is run again.</param>
    /// <param name="surroundings">Opens whatever else must be as now when it is run again, such as the source of dropout; may be null.</param>
    /// <returns>What <paramref name="forward"/> returns.</returns>
    public static Tensor Call(
        Tensor x,
        Tensor? constant,
        bool trains,
        Func<Tensor, Tensor?, Tensor> forward,
        Func<IDisposable>? surroundings = null
    )
    {
        if (!is_grad_enabled() || !(trains || x.requires_grad))
            return forward(x, constant);
        using var scope = NewDisposeScope();
        // The node is part of a graph only where an input records gradients; parameters are no inputs of it.
        var input = x.requires_grad ? x : x.detach().requires_grad_();
        var work = new Work(forward, surroundings, Modes.autocast_type(x.device_type), x.requires_grad);
        return Node.apply(input, constant!, work).MoveToOuterDisposeScope();
    }

    /// <summary>What went wrong in the last second run that failed, once; null if nothing did.</summary>
    public static Exception? TakeFailure() => Interlocked.Exchange(ref failure, null);

    /// <summary>Runs backward; a failure of a part that is run again is thrown as it was.</summary>
    /// <param name="backward">The call of libtorch's backward.</param>
    public static void Backward(Action backward)
    {
        try
        {
            backward();
        }
        catch (ExternalException e) when (TakeFailure() is { } reason)
        {
            throw new InvalidOperationException($"A checkpointed part failed in backward: {reason.Message}", e);
        }
    }

    sealed record Work(
        Func<Tensor, Tensor?, Tensor> Forward,
        Func<IDisposable>? Surroundings,
        ScalarType? Autocast,
        bool WantsGradient
    )
    {
        public bool Done { get; set; }
    }

    sealed class Node : autograd.SingleTensorFunction<Node>
    {
        const string Key = "work";

        public override string Name => nameof(Recomputed);

        public override Tensor forward(autograd.AutogradContext context, params object[] inputs)
        {
            var (x, constant, work) = ((Tensor)inputs[0], inputs[1] as Tensor, (Work)inputs[2]);
            context.set_materialize_grads(false);
            context.save_for_backward(constant is null ? [x] : [x, constant]);
            context.save_data(Key, work);
            var y = work.Forward(x, constant);
            if (work.Autocast is not null)
                Modes.clear_autocast_cache();
            return y;
        }

        // No exception may leave this call: it is made by native code. A gradient of an impossible shape makes libtorch throw in its stead.
        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            result?.Dispose();
            result = null;
            try
            {
                if (!gradient.IsInvalid)
                    result = Again(context, gradient)?.DetachFromDisposeScope();
            }
            catch (Exception e)
            {
                failure = e;
                result = zeros([1, 1, 1, 1, 1, 1, 1]).DetachFromDisposeScope();
            }
            return [result!, null!, null!];
        }

        static Tensor? Again(autograd.AutogradContext context, Tensor gradient)
        {
            using var scope = NewDisposeScope();
            using var recording = enable_grad();
            var work = (Work)context.get_data(Key);
            if (work.Done)
                throw new InvalidOperationException("backward came a second time, but the input is kept for one.");
            var saved = context.get_saved_variables();
            // The graph may outlive its backward pass by long, and would keep the input.
            work.Done = true;
            context.Dispose();
            var x = saved[0].detach().requires_grad_();
            Tensor y;
            using (work.Surroundings?.Invoke())
            using (work.Autocast is { } type ? Modes.autocast(x.device_type, type) : null)
                y = work.Forward(x, saved.ElementAtOrDefault(1));
            y.backward([gradient]);
            return work.WantsGradient ? x.grad?.MoveToOuterDisposeScope() : null;
        }
    }
}
