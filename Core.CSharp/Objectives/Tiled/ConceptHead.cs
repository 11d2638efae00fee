using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Objectives.Tiled;

/// <summary>A linear classification head with sparse soft targets.</summary>
sealed class ConceptHead : IDisposable
{
    readonly long classes;
    readonly double factor;
    readonly Func<EmbeddingBatch, ConceptTargets?> targets;
    Parameter weight;
    Parameter bias;

    public ConceptHead(
        string name,
        long width,
        long classes,
        double factor,
        Func<EmbeddingBatch, ConceptTargets?> targets
    )
    {
        (Name, this.classes, this.factor, this.targets) = (name, classes, factor, targets);
        weight = Own(torch.zeros([classes, width]));
        bias = Own(torch.zeros([classes]));
    }

    public string Name { get; }

    public (string Name, Parameter Parameter)[] Parameters => [($"{Name}.weight", weight), ($"{Name}.bias", bias)];

    public void To(Device device)
    {
        var (oldWeight, oldBias) = (weight, bias);
        weight = Own(weight.detach().to(device, copy: true));
        bias = Own(bias.detach().to(device, copy: true));
        oldWeight.Dispose();
        oldBias.Dispose();
    }

    static Parameter Own(Tensor values)
    {
        var parameter = new Parameter(values);
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    /// <summary>CE(p, W x + b), the mean over rows, with its graph.</summary>
    public Tensor Forward(Tensor features, EmbeddingBatch batch, string objective)
    {
        var (indices, probabilities) = Targets(batch, features, objective);
        var (type, device) = (features.dtype, features.device);
        var logits = features.mm(weight.to(type, device).t()) + bias.to(type, device);
        return -(nn.functional.log_softmax(logits, 1).gather(1, indices) * probabilities).sum(1).mean();
    }

    /// <summary>
    /// The same and its gradients, weighted by the head's factor: dCE/dz_i = (|p_i| softmax(z_i) - p_i) / N, |p_i| the sum of a row, 1 up to
    /// rounding; block of rows by block of rows.
    /// </summary>
    /// <param name="features">N x w, this process's rows.</param>
    /// <param name="batch">Where the targets are.</param>
    /// <param name="byFeatures">N x w, to which the gradient by features is added.</param>
    /// <param name="rows">Rows of a block.</param>
    /// <param name="collective">The processes that share the batch.</param>
    /// <param name="objective">For messages.</param>
    public (Tensor Loss, Tensor Weight, Tensor Bias) Gradients(
        Tensor features,
        EmbeddingBatch batch,
        Tensor byFeatures,
        long rows,
        ICollective collective,
        string objective
    )
    {
        var (indices, probabilities) = Targets(batch, features, objective);
        var (type, n) = (byFeatures.dtype, features.shape[0] * collective.World);
        var (w, b) = (weight.detach().to(type, features.device), bias.detach().to(type, features.device));
        var (byWeight, byBias) = (torch.zeros_like(w), torch.zeros_like(b));
        var loss = torch.zeros([], ScalarType.Float64, features.device);
        for (long row = 0; row < features.shape[0]; row += rows)
        {
            using var scope = NewDisposeScope();
            Tensor Block(Tensor all) => all.narrow(0, row, Math.Min(rows, features.shape[0] - row));
            var x = Block(features.detach()).to(type);
            var logs = nn.functional.log_softmax(x.mm(w.t()).add_(b), 1);
            loss.sub_((logs.gather(1, Block(indices)) * Block(probabilities)).sum(ScalarType.Float64));
            var gradient = logs.exp_()
                .mul_(Block(probabilities).sum([1L], true))
                .scatter_add_(1, Block(indices), -Block(probabilities));
            Into.AddProduct(byWeight, gradient.t(), x, 1, factor / n);
            byBias.add_(gradient.sum([0L]), factor / n);
            Into.AddProduct(Block(byFeatures), gradient, w, 1, factor / n);
        }
        return (
            collective.AllReduceSum(loss) / n,
            collective.AllReduceSum(byWeight).to(weight.dtype, weight.device),
            collective.AllReduceSum(byBias).to(bias.dtype, bias.device)
        );
    }

    (Tensor Indices, Tensor Probabilities) Targets(EmbeddingBatch batch, Tensor features, string objective)
    {
        var given =
            targets(batch) ?? throw new ArgumentException($"{objective}: the batch has no targets for the {Name}.");
        var (indices, probabilities) = given;
        var n = features.shape[0];
        if (indices.dim() != 2 || indices.shape[0] != n || !indices.shape.SequenceEqual(probabilities.shape))
            throw new ArgumentException(
                $"{objective}: targets of the {Name} are {n} x k class numbers and as many probabilities, but have shapes "
                    + $"[{string.Join(", ", indices.shape)}] and [{string.Join(", ", probabilities.shape)}]."
            );
        if (indices.dtype != ScalarType.Int64)
            throw new ArgumentException($"{objective}: class numbers of the {Name} are Int64, not {indices.dtype}.");
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var (low, high) = (indices.min().item<long>(), indices.max().item<long>());
        if (low < 0 || high >= classes)
            throw new ArgumentException(
                $"{objective}: class numbers of the {Name} reach from {low} to {high}; the head has classes 0 to {classes - 1}."
            );
        var typed = probabilities.to(features.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32);
        var wrong = (typed.sum(1, type: ScalarType.Float64) - 1).abs().max().item<double>();
        if (!(wrong <= 1e-2) || typed.min().item_double() < 0)
            throw new ArgumentException(
                $"{objective}: probabilities of the {Name} are 0 or more and sum to 1 in every row; a sum is off by {wrong:g3}, the least "
                    + $"probability is {typed.min().item_double():g3}."
            );
        return (indices, typed.MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        weight.Dispose();
        bias.Dispose();
    }
}
