using Research.Objectives;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>The running means and variances of a model's batch norms, which a forward pass in training mode changes.</summary>
sealed class RunningStatistics(nn.Module model)
{
    readonly BatchNorm2d[] norms = [.. model.modules().OfType<BatchNorm2d>()];

    /// <summary>Of the norms that follow their batches; others are locked.</summary>
    Tensor[] Moving =>
        [
            .. norms
                .Where(n => n.training)
                .SelectMany(n => new[] { n.running_mean, n.running_var, n.num_batches_tracked })
                .OfType<Tensor>(),
        ];

    /// <summary>Undoes, when it ends, what passes in between did to the statistics.</summary>
    public IDisposable Keep() => new Kept(Moving);

    /// <summary>Takes the mean over the processes, each of which saw its own rows.</summary>
    public void Average(ICollective collective)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        foreach (var tensor in Moving.Where(t => t.is_floating_point()))
            tensor.copy_(collective.AllReduceSum(tensor.detach()).div((double)collective.World));
    }

    sealed class Kept : IDisposable
    {
        readonly Tensor[] tensors;
        readonly Tensor[] before;

        public Kept(Tensor[] tensors)
        {
            using var none = no_grad();
            this.tensors = tensors;
            before = [.. tensors.Select(t => t.clone().DetachFromDisposeScope())];
        }

        public void Dispose()
        {
            using var none = no_grad();
            foreach (var (tensor, old) in tensors.Zip(before))
            {
                tensor.copy_(old);
                old.Dispose();
            }
        }
    }
}
