using Research.Objectives.Tiled;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// Contrastive learning with hard negatives, corrected for false ones (Robinson, Chuang, Sra, Jegelka, ICLR 2021), over both directions of
/// a batch of pairs: a negative is assumed to be a positive with probability tau+, and that part is subtracted from the negatives:
/// <code>
/// L_i = -log[ e^{s_ii} / (e^{s_ii} + g_i) ]     g_i = max( (sum_{j!=i} w_ij e^{s_ij} - tau+ M e^{s_ii}) / (1 - tau+),  M e^{-1/tau} )
/// </code>
/// with M = N - 1 negatives and the weights w of <see cref="HnNce"/>, e^{beta s_ij} over their mean [R]. The floor is what M negatives
/// opposite to the row would give, the least g can be in expectation; it moves with the temperature, and gradients flow through it
/// [O]. At tau+ = 0 the loss is HN-NCE with alpha = 1. The subtraction magnifies the rounding of the similarities without bound, so both
/// forms compute in float64 whatever the embeddings' type; losses and gradients are returned in that type.
/// </summary>
public sealed class DebiasedNce : ContrastiveObjective
{
    readonly DebiasedNceOptions options;

    /// <summary>The objective.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public DebiasedNce(DebiasedNceOptions? options = null)
    {
        this.options = options ?? new();
        this.options.Validate();
    }

    /// <inheritdoc/>
    public override string Name => "debiased NCE";

    HnNceOptions Weights => new() { Beta = options.Beta, GradientThroughWeights = options.GradientThroughWeights };

    /// <inheritdoc/>
    public override ObjectiveResult Forward(EmbeddingBatch batch)
    {
        Similarity.Check(batch, Name);
        using var scope = NewDisposeScope();
        var logitScale = batch.LogitScale.to(ScalarType.Float64);
        var logits = Similarity.Logits(
            batch.Image.to(ScalarType.Float64),
            batch.Text.to(ScalarType.Float64),
            logitScale
        );
        var loss = (OneSide(logits, logitScale) + OneSide(logits.t(), logitScale)) / 2;
        var diagnostics = new Diagnostics(batch).Accuracy(logits).HardNegatives(logits, options.Beta);
        return new(loss.to(batch.Image.dtype).MoveToOuterDisposeScope(), diagnostics.Values);
    }

    /// <summary>The mean over rows.</summary>
    Tensor OneSide(Tensor logits, Tensor logitScale)
    {
        var others = logits.shape[0] - 1;
        var own = logits.diagonal();
        var negatives = RowLoss.LogNegatives(logits, Weights).exp();
        var corrected = (negatives - options.PositivePrior * others) / (1 - options.PositivePrior);
        var floor = others * (-logitScale.exp() - own).exp();
        return torch.maximum(corrected, floor).log1p().mean();
    }

    /// <inheritdoc/>
    public override ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null)
    {
        using var scope = NewDisposeScope();
        var hard = new HardNegativeWeights(Weights) { Prior = options.PositivePrior };
        return SoftmaxGradients
            .Of(Share(batch, tiling, collective, ScalarType.Float64), new SoftmaxLoss { Hard = hard }, tiling)
            .MoveToOuter();
    }

    /// <summary>The name and every setting.</summary>
    public override string ToString() => $"{Name} {options}";
}

/// <summary>Settings of <see cref="DebiasedNce"/>.</summary>
public sealed record DebiasedNceOptions
{
    /// <summary>tau+, the chance that another row's pair is a positive, in [0, 1). Default 0.1 [R].</summary>
    public double PositivePrior { get; init; } = 0.1;

    /// <summary>The concentration on hard negatives, 0 or more: 0 corrects without weighting. Default 1 [R].</summary>
    public double Beta { get; init; } = 1;

    /// <summary>Whether gradients flow through the weights. Default: yes [R].</summary>
    public bool GradientThroughWeights { get; init; } = true;

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the setting, its value and what is allowed.</exception>
    public void Validate()
    {
        if (!(PositivePrior >= 0 && PositivePrior < 1))
            throw new ArgumentOutOfRangeException(
                nameof(PositivePrior),
                PositivePrior,
                "The prior of a positive among the negatives lies in [0, 1)."
            );
        new HnNceOptions { Beta = Beta }.Validate();
    }
}
