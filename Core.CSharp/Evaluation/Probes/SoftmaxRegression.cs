using TorchSharp;
using static TorchSharp.torch;

namespace Research.Evaluation.Probes;

/// <summary>
/// The function that every probe minimises: the mean over rows of the cross-entropy of softmax(scale * (W0 + W) x + b), plus penalty / 2 * ||W||^2,
/// with its gradient in W and b. In float64, a tile of rows at a time, so that features in float32 are never doubled whole.
/// </summary>
sealed class SoftmaxRegression
{
    const int TileRows = 8192;

    readonly ProbeSet set;
    readonly Tensor? around;
    readonly double scale;
    readonly double penalty;
    readonly Tensor labels;

    // TorchSharp's operators make a Scalar that the collector may free while libtorch reads it, as the many steps of a probe meet. These live on.
    static readonly Scalar one = 1;
    static readonly Scalar minusOne = -1;
    readonly Scalar factor;
    readonly Scalar decay;
    readonly Scalar share;
    readonly Tensor mean;
    readonly Tensor? single;

    /// <param name="set">The rows.</param>
    /// <param name="around">W0, C x d; null is zero.</param>
    /// <param name="scale">The factor on the products.</param>
    /// <param name="penalty">The weight of ||W||^2 / 2; the bias is free.</param>
    /// <param name="centred">
    /// Whether the rows are taken about their mean: with a free bias the same problem, b being that of <see cref="Classifier"/> plus
    /// scale * (W0 + W) mean, but without the direction that all embeddings share, along which descent crawls.
    /// </param>
    public SoftmaxRegression(ProbeSet set, Tensor? around, double scale, double penalty, bool centred = false)
    {
        set.Check("training");
        if (around is not null && !around.shape.SequenceEqual([set.Classes, set.Features.shape[1]]))
            throw new ArgumentException(
                $"The starting classifier is [{string.Join(", ", around.shape)}], but the set needs [{set.Classes}, {set.Features.shape[1]}] (classes, width)."
            );
        if (!(scale > 0) || !double.IsFinite(scale))
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "The scale is positive and finite.");
        if (!(penalty >= 0) || !double.IsFinite(penalty))
            throw new ArgumentOutOfRangeException(nameof(penalty), penalty, "The penalty is 0 or more, and finite.");
        (this.set, this.scale, this.penalty) = (set, scale, penalty);
        (factor, decay, share) = (scale, penalty, 1.0 / set.Count);
        this.around = around?.to(ScalarType.Float64, copy: true);
        labels = torch.tensor(set.Labels.Select(label => (long)label).ToArray(), device: set.Features.device);
        mean = centred
            ? set.Features.mean([0L], type: ScalarType.Float64)
            : zeros(Width, dtype: ScalarType.Float64, device: Device);
        single = set.Count <= TileRows ? set.Features.to(ScalarType.Float64).add(mean, minusOne) : null;
    }

    public long Classes => set.Classes;
    public long Width => set.Features.shape[1];
    public Device Device => set.Features.device;

    /// <summary>
    /// An upper bound of the gradient's Lipschitz constant: half the largest eigenvalue of the rows' second moment, since the softmax's
    /// Hessian is at most 1/2, plus the penalty. It holds for (W, b / scale): the rows carry the scale for the bias, so that unit features and
    /// bias weigh alike and steps do not crawl along the bias.
    /// </summary>
    public double Smoothness()
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var moment = zeros(Width + 1, Width + 1, dtype: ScalarType.Float64, device: Device);
        for (var start = 0; start < set.Count; start += TileRows)
        {
            using var tile = NewDisposeScope();
            var x = Rows(start);
            var carried = cat([x, torch.ones(x.shape[0], 1, dtype: x.dtype, device: x.device)], 1) * scale;
            moment.add_(carried.t().mm(carried) / set.Count);
        }
        return linalg.eigvalsh(moment)[-1].item<double>() / 2 + penalty;
    }

    /// <summary>Loss and gradients at (W, b), C x d and C; the tensors belong to the current dispose scope.</summary>
    public (double Loss, Tensor Weights, Tensor Bias) At(Tensor weights, Tensor bias)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var (gradient, biasGradient) = (weights.mul(decay), zeros_like(bias));
        var loss = Over(
            weights,
            bias,
            (x, own, logs) =>
            {
                var residual = logs.exp().scatter_add(1, own, -torch.ones_like(own, dtype: logs.dtype)).mul(share);
                gradient.add_(residual.t().mm(x).mul(factor), one);
                biasGradient.add_(residual.sum([0L]), one);
            }
        );
        return (loss, gradient.MoveToOuterDisposeScope(), biasGradient.MoveToOuterDisposeScope());
    }

    /// <summary>The loss at (W, b) alone, the same to the bit at a third less of the work.</summary>
    public double LossAt(Tensor weights, Tensor bias)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        return Over(weights, bias, (_, _, _) => { });
    }

    /// <summary>The loss, handing on each tile's rows, their labels (a column) and their log-probabilities.</summary>
    double Over(Tensor weights, Tensor bias, Action<Tensor, Tensor, Tensor> tileDone)
    {
        var total = around is null ? weights : weights.add(around, one);
        var loss = penalty / 2 * weights.square().sum().item<double>();
        for (var start = 0; start < set.Count; start += TileRows)
        {
            using var tile = NewDisposeScope();
            var x = Rows(start);
            var own = labels.narrow(0, start, x.shape[0]).unsqueeze(1);
            var logs = nn.functional.log_softmax(x.mm(total.t()).mul(factor).add(bias, one), 1);
            loss -= logs.gather(1, own).sum().item<double>() / set.Count;
            tileDone(x, own, logs);
        }
        GC.KeepAlive(this);
        return loss;
    }

    /// <summary>The classifier of the rows as they were given, at (W, b).</summary>
    public LinearClassifier Classifier(Tensor weights, Tensor bias)
    {
        using var none = no_grad();
        var total = around is null ? weights.clone() : weights + around;
        return new(total, bias - total.mv(mean) * scale, scale);
    }

    /// <summary>b for which the classifier at W = 0 has no bias.</summary>
    public Tensor NoBias()
    {
        using var none = no_grad();
        return around is null ? zeros(Classes, dtype: ScalarType.Float64, device: Device) : around.mv(mean) * scale;
    }

    /// <summary>A tile's rows in float64; where there is one tile it is kept, else made anew.</summary>
    Tensor Rows(int start) =>
        single
        ?? set.Features.narrow(0, start, Math.Min(TileRows, set.Count - start))
            .to(ScalarType.Float64)
            .add(mean, minusOne);
}
