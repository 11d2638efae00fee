using Research.Objectives.Tiled;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// Hard-negative noise contrastive estimation (Radenovic et al., DiHT, CVPR 2023): negatives weigh by how hard they are [P], rows and
/// columns each by themselves, halved over the two directions like InfoNCE; the equation is recalled [R]:
/// <code>
/// L = -mean_i log[ e^{s_ii} / (alpha e^{s_ii} + sum_{j!=i} w_ij e^{s_ij}) ]   w_ij = (N-1) e^{beta s_ij} / sum_{k!=i} e^{beta s_ik}
///     -mean_i log[ e^{s_ii} / (alpha e^{s_ii} + sum_{j!=i} v_ji e^{s_ji}) ]   v_ji = (N-1) e^{beta s_ji} / sum_{k!=i} e^{beta s_ki}
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
    /// The decoupled contrastive loss (DCL; Yeh et al., ECCV 2022) across the two modalities: alpha = 0, beta = 0, so that the positive leaves
    /// the denominator and nothing is weighed.
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
        var diagnostics = new Diagnostics(batch.WantDiagnostics).Accuracy(logits).HardNegatives(logits, options.Beta);
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
