using Research.Objectives.Tiled;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// InfoNCE as in CLIP (Radford et al., ICML 2021), the baseline of PSD and DiHT [P]: L = 1/2 [ H(I, S) + H(I, S^t) ], with S the N x N cosine
/// similarities over tau and H(Y, Z) = -mean_i sum_j Y_ij log softmax(Z)_ij; optionally with label smoothing, Y = (1 - e) I + e / N [O],
/// which spreads e over all N entries of a row, its own pair included: that one keeps 1 - e + e / N.
/// </summary>
public sealed class InfoNce : ContrastiveObjective
{
    readonly double labelSmoothing;

    /// <summary>The objective.</summary>
    /// <param name="labelSmoothing">The part e of a row's target that is spread evenly over the whole batch, its own pair included, in [0, 1). Default 0, as in CLIP.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="labelSmoothing"/> is outside [0, 1).</exception>
    public InfoNce(double labelSmoothing = 0)
    {
        if (!(labelSmoothing >= 0 && labelSmoothing < 1))
            throw new ArgumentOutOfRangeException(
                nameof(labelSmoothing),
                labelSmoothing,
                "Label smoothing must be in [0, 1)."
            );
        this.labelSmoothing = labelSmoothing;
    }

    /// <inheritdoc/>
    public override string Name => "InfoNCE";

    /// <inheritdoc/>
    public override ObjectiveResult Forward(EmbeddingBatch batch)
    {
        Similarity.Check(batch, Name);
        using var scope = NewDisposeScope();
        var logits = Similarity.Logits(batch.Image, batch.Text, batch.LogitScale);
        var loss = (OneSide(logits) + OneSide(logits.t())) / 2;
        var diagnostics = new Diagnostics(batch).Accuracy(logits);
        return new(loss.MoveToOuterDisposeScope(), diagnostics.Values);
    }

    /// <inheritdoc/>
    public override ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null)
    {
        using var scope = NewDisposeScope();
        return SoftmaxGradients
            .Of(Share(batch, tiling, collective), new SoftmaxLoss { Smoothing = labelSmoothing }, tiling)
            .MoveToOuter();
    }

    Tensor OneSide(Tensor logits) => RowLoss.Identity(nn.functional.log_softmax(logits, 1), labelSmoothing).mean();

    /// <summary>The name and every setting.</summary>
    public override string ToString() => labelSmoothing == 0 ? Name : $"{Name}, label smoothing {labelSmoothing}";
}
