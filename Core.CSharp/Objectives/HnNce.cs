using Research.Objectives.Tiled;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// Hard-negative noise contrastive estimation (Radenovic et al., DiHT, CVPR 2023): negatives weigh by their hardness [P], rows and
/// columns separately. The equation is recalled [R]; the 1/2 over the two directions, as in InfoNCE, is a choice [O]:
/// <code>
/// L = -1/2 mean_i log[ e^{s_ii} / (alpha e^{s_ii} + sum_{j!=i} w_ij e^{s_ij}) ]   w_ij = (N-1) e^{beta s_ij} / sum_{k!=i} e^{beta s_ik}
///     -1/2 mean_i log[ e^{s_ii} / (alpha e^{s_ii} + sum_{j!=i} v_ji e^{s_ji}) ]   v_ji = (N-1) e^{beta s_ji} / sum_{k!=i} e^{beta s_ki}
/// </code>
/// alpha = 1, beta = 0 is InfoNCE; alpha = 0, beta = 0 the cross-modal decoupled loss (<see cref="Decoupled"/>).
/// </summary>
public sealed class HnNce : ContrastiveObjective
{
    readonly HnNceOptions options;

    /// <summary>The objective.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public HnNce(HnNceOptions? options = null)
    {
        this.options = options ?? new();
        this.options.Validate();
    }

    /// <summary>
    /// The decoupled contrastive loss (DCL; Yeh et al., ECCV 2022) across the two modalities: alpha = 0, beta = 0, so the denominator
    /// lacks the positive and all weights are 1.
    /// </summary>
    public static HnNce Decoupled() => new(new HnNceOptions { Alpha = 0, Beta = 0 });

    /// <inheritdoc/>
    public override string Name => options is { Alpha: 0, Beta: 0 } ? "DCL" : "HN-NCE";

    /// <inheritdoc/>
    public override ObjectiveResult Forward(EmbeddingBatch batch)
    {
        Similarity.Check(batch, Name);
        using var scope = NewDisposeScope();
        var logits = Similarity.Logits(batch.Image, batch.Text, batch.LogitScale);
        var loss = (OneSide(logits) + OneSide(logits.t())) / 2;
        var diagnostics = new Diagnostics(batch).Accuracy(logits).HardNegatives(logits, options.Beta);
        return new(loss.MoveToOuterDisposeScope(), diagnostics.Values);
    }

    /// <inheritdoc/>
    public override ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null)
    {
        using var scope = NewDisposeScope();
        return SoftmaxGradients
            .Of(Share(batch, tiling, collective), new SoftmaxLoss { Hard = new(options) }, tiling)
            .MoveToOuter();
    }

    Tensor OneSide(Tensor logits) => RowLoss.HardNegative(logits, options).mean();

    /// <summary>The name and every setting.</summary>
    public override string ToString() => $"{Name} {options}";
}

/// <summary>Settings of <see cref="HnNce"/>. Recalled values of (alpha, beta), to be swept [R]: (1, 0.25) on LAION-CAT, (0.999, 0.5) on PMD.</summary>
public sealed record HnNceOptions
{
    /// <summary>Weight of the positive in the denominator, in [0, 1]: 1 as in InfoNCE (default [R]), 0 decoupled.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>How strongly hard negatives are preferred, 0 or more: 0 weighs all negatives alike. Default 0.25 [R].</summary>
    public double Beta { get; init; } = 0.25;

    /// <summary>Whether gradients flow through the weights. Default: yes [O].</summary>
    public bool GradientThroughWeights { get; init; } = true;

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the setting, its value and what is allowed.</exception>
    public void Validate()
    {
        if (!(Alpha >= 0 && Alpha <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(Alpha),
                Alpha,
                "Alpha, the positive's weight, must be in [0, 1]."
            );
        if (!(Beta >= 0) || !double.IsFinite(Beta))
            throw new ArgumentOutOfRangeException(
                nameof(Beta),
                Beta,
                "Beta, the concentration on hard negatives, must be a finite number, 0 or more."
            );
    }
}
