using Research.Objectives.Tiled;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// CyCLIP (Goel et al., NeurIPS 2022): InfoNCE, plus terms that make cosines symmetric across the two sides and equal within them:
/// <code>
/// L = InfoNCE + lambda_1 / N sum_ij (v_i.v_j - t_i.t_j)^2 + lambda_2 / N sum_ij (v_i.t_j - v_j.t_i)^2
/// </code>
/// with cosines, not logits, so that the temperature has no part in it [R].
/// </summary>
public sealed class CyClip : ContrastiveObjective
{
    readonly double inModal;
    readonly double crossModal;

    /// <summary>The objective.</summary>
    /// <param name="inModal">lambda_1, 0 or more: weight of the difference between image-image and text-text cosines. Default 0.25 [R].</param>
    /// <param name="crossModal">lambda_2, 0 or more: weight of the asymmetry of image-text cosines. Default 0.25 [R].</param>
    /// <exception cref="ArgumentOutOfRangeException">A weight is negative or not finite.</exception>
    public CyClip(double inModal = 0.25, double crossModal = 0.25)
    {
        Require(inModal, nameof(inModal));
        Require(crossModal, nameof(crossModal));
        (this.inModal, this.crossModal) = (inModal, crossModal);
    }

    static void Require(double weight, string name)
    {
        if (!(weight >= 0) || !double.IsFinite(weight))
            throw new ArgumentOutOfRangeException(name, weight, "A weight of CyCLIP is a finite number, 0 or more.");
    }

    /// <inheritdoc/>
    public override string Name => "CyCLIP";

    /// <inheritdoc/>
    public override ObjectiveResult Forward(EmbeddingBatch batch)
    {
        Similarity.Check(batch, Name);
        using var scope = NewDisposeScope();
        var across = batch.Image.mm(batch.Text.t());
        var logits = across * batch.LogitScale.exp();
        var within = batch.Image.mm(batch.Image.t()) - batch.Text.mm(batch.Text.t());
        var n = batch.Image.shape[0];
        var loss =
            (OneSide(logits) + OneSide(logits.t())) / 2
            + within.square().sum() * (inModal / n)
            + (across - across.t()).square().sum() * (crossModal / n);
        return new(loss.MoveToOuterDisposeScope(), new Diagnostics(batch).Accuracy(logits).Values);
    }

    static Tensor OneSide(Tensor logits) => RowLoss.Identity(nn.functional.log_softmax(logits, 1)).mean();

    /// <inheritdoc/>
    public override ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var shared = Share(batch, tiling, collective);
        var contrast = SoftmaxGradients.Of(shared, new SoftmaxLoss(), tiling);
        var (symmetry, image, text) = Symmetry(shared);
        return (
            contrast with
            {
                Loss = contrast.Loss + symmetry.to(contrast.Loss.dtype),
                Image = contrast.Image + image.to(contrast.Image.dtype),
                Text = contrast.Text + text.to(contrast.Text.dtype),
            }
        ).MoveToOuter();
    }

    /// <summary>
    /// Both sums of squares are traces of products of d x d matrices: with A = V^tV, B = T^tT and C = T^tV the first is
    /// |A|^2 - 2 |C|^2 + |B|^2, the second 2 tr(AB) - 2 tr(CC). They nearly cancel when the sides agree; hence float64.
    /// </summary>
    (Tensor Loss, Tensor Image, Tensor Text) Symmetry(SharedBatch shared)
    {
        var (v, t) = (shared.Mine(shared.Image), shared.Mine(shared.Text));
        Tensor Moment(Tensor x, Tensor y) => shared.Collective.AllReduceSum(Float64Products.Moment(x, y));
        var (a, b, c) = (Moment(v, v), Moment(t, t), Moment(t, v));
        var within = a.square().sum() - 2 * c.square().sum() + b.square().sum();
        var across = 2 * (a * b).sum() - 2 * (c * c.t()).sum();
        var loss = (within * inModal + across * crossModal) / shared.Count;
        var (k, l) = (4 * inModal / shared.Count, 4 * crossModal / shared.Count);
        return (
            loss,
            Float64Products.Combine(v, a * k + b * l, t, -(c * k + c.t() * l)),
            Float64Products.Combine(t, b * k + a * l, v, -(c.t() * k + c * l))
        );
    }

    /// <summary>The name and every setting.</summary>
    public override string ToString() => $"{Name}, in-modal {inModal}, cross-modal {crossModal}";
}
