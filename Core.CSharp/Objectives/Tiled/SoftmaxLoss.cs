using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives.Tiled;

/// <summary>Hard-negative weights in the rows with their own pair as target; see <see cref="HnNce"/> and <see cref="DebiasedNce"/>.</summary>
/// <param name="Alpha">Weight of the positive in the denominator.</param>
/// <param name="Beta">Concentration on hard negatives.</param>
/// <param name="Through">Whether gradients flow through the weights.</param>
/// <param name="Prior">tau+, the chance that a negative is a positive; null for no correction of false negatives.</param>
sealed record HardNegativeWeights(double Alpha, double Beta, bool Through, double? Prior = null)
{
    public HardNegativeWeights(HnNceOptions options)
        : this(options.Alpha, options.Beta, options.GradientThroughWeights) { }
}

/// <summary>The teacher's logits: factor * left_i . right_j in the layout of S, image row i and caption column j; N x d, detached.</summary>
sealed record TeacherLogits(Tensor Left, Tensor Right, double Factor);

/// <summary>Soft targets: row i has (1 - w_i) of its usual loss and w_i of the cross entropy to the teacher's softmax.</summary>
/// <param name="ImageWeights">N weights w of the image rows, float64.</param>
/// <param name="TextWeights">N weights w of the caption rows, float64.</param>
/// <param name="ForImages">The logits whose softmax along rows gives the image rows' targets.</param>
/// <param name="ForTexts">The logits whose softmax along columns gives the caption rows' targets; the same object if they are equal.</param>
/// <param name="Divergence">Whether the targets' entropy is subtracted from the loss: Kullback-Leibler instead of cross entropy.</param>
sealed record SoftTargets(
    Tensor ImageWeights,
    Tensor TextWeights,
    TeacherLogits ForImages,
    TeacherLogits ForTexts,
    bool Divergence = false
);

/// <summary>
/// A loss that the tiled form can compute: means over rows of S and of its transpose, built from softmaxes and
/// hard-negative terms.
/// </summary>
sealed record SoftmaxLoss
{
    public double Smoothing { get; init; }
    public HardNegativeWeights? Hard { get; init; }
    public SoftTargets? Soft { get; init; }

    /// <summary>N flags of the image rows (N booleans) when a row is contrasted only with columns of its own flag.</summary>
    public Tensor? ImagePools { get; init; }

    /// <summary>N flags of the caption rows, as <see cref="ImagePools"/>; the same object if they are equal.</summary>
    public Tensor? TextPools { get; init; }
}
