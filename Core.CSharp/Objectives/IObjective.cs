using TorchSharp;

namespace Research.Objectives;

/// <summary>
/// A contrastive training objective. It sees embeddings, the logit scale and the step's partition, never a model, so that every
/// objective works with every pair of encoders.
/// </summary>
public interface IObjective
{
    /// <summary>The name in tables and error messages, e.g. "PSD".</summary>
    string Name { get; }

    /// <summary>The part of the batch to mark unaligned at this progress, in [0, 1]; 0 for objectives without soft targets.</summary>
    double SoftFraction(double progress);

    /// <summary>How the unaligned rows of images and captions are drawn.</summary>
    SubsetSampling Sampling { get; }

    /// <summary>Whose embeddings the batch's teacher fields must hold; null when the objective has no teacher.</summary>
    TeacherSource? Teacher { get; }

    /// <summary>The loss of one batch, a scalar with its autograd graph, and on request the batch's diagnostics.</summary>
    /// <exception cref="ArgumentException">Row counts differ, fewer than two rows, rows that are not unit vectors, a missing teacher.</exception>
    /// <exception cref="NotFiniteNumberException">An embedding is NaN or infinite.</exception>
    ObjectiveResult Forward(EmbeddingBatch batch);
}

/// <summary>What an objective sees of a step.</summary>
/// <param name="Image">N x d image embeddings, unit rows; row i is paired with row i of <paramref name="Text"/>.</param>
/// <param name="Text">N x d caption embeddings, unit rows.</param>
/// <param name="LogitScale">Scalar ln(1/tau), the learnable parameter itself; logits are similarities times its exponential.</param>
/// <param name="UnalignedImages">N flags, true where the image's row is in the unaligned subset.</param>
/// <param name="UnalignedTexts">N flags for the captions' rows; equal to <paramref name="UnalignedImages"/> under joint sampling.</param>
/// <param name="Progress">The part of training that is done, in [0, 1].</param>
/// <param name="TeacherImage">N x d image embeddings of the teacher, when the objective's teacher is not the network itself.</param>
/// <param name="TeacherText">N x d caption embeddings of the teacher.</param>
public sealed record EmbeddingBatch(
    torch.Tensor Image,
    torch.Tensor Text,
    torch.Tensor LogitScale,
    bool[] UnalignedImages,
    bool[] UnalignedTexts,
    double Progress,
    torch.Tensor? TeacherImage = null,
    torch.Tensor? TeacherText = null
)
{
    /// <summary>Whether to compute diagnostics: they cost time, so the trainer asks at logging steps only.</summary>
    public bool WantDiagnostics { get; init; }
}

/// <summary>What an objective returns.</summary>
/// <param name="Loss">The scalar loss, with its autograd graph.</param>
/// <param name="Diagnostics">Named measurements of the batch (see <see cref="DiagnosticNames"/>); empty unless asked for.</param>
public sealed record ObjectiveResult(torch.Tensor Loss, IReadOnlyDictionary<string, double> Diagnostics);

/// <summary>The keys of <see cref="ObjectiveResult.Diagnostics"/>.</summary>
public static class DiagnosticNames
{
    /// <summary>Part of the rows, over both directions, whose own pair has the largest logit.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>Part of the rows, over both directions, with a soft target.</summary>
    public const string UnalignedShare = "unaligned_share";

    /// <summary>Mean entropy of the soft targets of the unaligned rows, in nats.</summary>
    public const string TargetEntropy = "target_entropy";

    /// <summary>Mean hard-negative weight, over both directions: 1 up to rounding.</summary>
    public const string NegativeWeight = "negative_weight";

    /// <summary>
    /// Mean over rows of (sum w)^2 / (sum w^2): N - 1 when all negatives weigh the same, 1 when one takes all the weight.
    /// </summary>
    public const string EffectiveNegatives = "effective_negatives";
}
