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

    /// <summary>The objective's own learnable parameters; empty for most.</summary>
    IReadOnlyList<ObjectiveParameter> Parameters { get; }

    /// <summary>The initial ln(1/tau) that the objective wants; null leaves the model's own.</summary>
    double? InitialLogitScale { get; }

    /// <summary>
    /// The loss of one batch, a scalar with its autograd graph, and on request the batch's diagnostics: the plain form that reads like the
    /// equation and holds N x N matrices.
    /// </summary>
    /// <exception cref="ArgumentException">Row counts differ, fewer than two rows, rows that are not unit vectors, a missing teacher.</exception>
    /// <exception cref="NotFiniteNumberException">An embedding is NaN or infinite.</exception>
    ObjectiveResult Forward(EmbeddingBatch batch);

    /// <summary>
    /// Loss and gradients in closed form, tile by tile: no N x N matrix and no graph, sums in float32 (float64 for float64 embeddings).
    /// </summary>
    /// <param name="batch">As for <see cref="Forward"/>; over several processes the local rows of everything.</param>
    /// <param name="tiling">The size of the tiles; see <see cref="Tiling.Default"/>.</param>
    /// <param name="collective">The processes that share the batch; null for one.</param>
    /// <exception cref="ArgumentException">As <see cref="Forward"/>.</exception>
    /// <exception cref="NotFiniteNumberException">An embedding is NaN or infinite.</exception>
    ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null);
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

    /// <summary>N x w outputs of the image encoder before its projection, for concept heads; null where no objective needs them.</summary>
    public torch.Tensor? ImageFeatures { get; init; }

    /// <summary>The objects that a teacher saw in each image; null where no objective needs them.</summary>
    public ConceptTargets? Objects { get; init; }

    /// <summary>The attributes that a teacher saw in each image; null where no objective needs them.</summary>
    public ConceptTargets? Attributes { get; init; }
}

/// <summary>Sparse class probabilities of N images: the teacher's k largest, renormalised.</summary>
/// <param name="Indices">N x k class numbers, int64, each in [0, classes), different within a row where their probability is not 0.</param>
/// <param name="Probabilities">N x k, each row 0 or more and of sum 1.</param>
public sealed record ConceptTargets(torch.Tensor Indices, torch.Tensor Probabilities);

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

    /// <summary>
    /// The norm of the soft part's gradient, by both embeddings together: of what the rows with a teacher's target add to the loss.
    /// </summary>
    public const string SoftGradientNorm = "soft_gradient_norm";

    /// <summary>Mean hard-negative weight, over both directions: 1 up to rounding.</summary>
    public const string NegativeWeight = "negative_weight";

    /// <summary>
    /// Mean over rows of (sum w)^2 / (sum w^2): N - 1 when all negatives weigh the same, 1 when one takes all the weight.
    /// </summary>
    public const string EffectiveNegatives = "effective_negatives";
}
