using Research.Randomness;
using TorchSharp;

namespace Research.Objectives;

/// <summary>One step as an objective sees it.</summary>
/// <param name="Image">N x d image embeddings, unit rows; row i is paired with row i of <paramref name="Text"/>.</param>
/// <param name="Text">N x d caption embeddings, unit rows.</param>
/// <param name="LogitScale">Scalar ln(1/tau), the learnable parameter itself; logits are similarities times its exponential.</param>
/// <param name="Progress">The fraction of training done, in [0, 1].</param>
public sealed record EmbeddingBatch(torch.Tensor Image, torch.Tensor Text, torch.Tensor LogitScale, double Progress)
{
    /// <summary>
    /// The randomness for objectives that draw; the trainer always sets it. Over several processes a draw covers the rows of the whole
    /// batch, and each process takes its own.
    /// </summary>
    public StepRandomness? Random { get; init; }

    /// <summary>
    /// N int64 numbers, equal where two rows have the same caption: such rows are right answers to each other where accuracy is
    /// measured. null where every row counts as a caption of its own. No loss depends on it.
    /// </summary>
    public torch.Tensor? Captions { get; init; }

    /// <summary>Whether to compute diagnostics: they cost time, so the trainer asks at logging steps only.</summary>
    public bool WantDiagnostics { get; init; }

    /// <summary>N x d' image embeddings of the teacher; null unless <see cref="ObjectiveNeeds.Teacher"/> is another network.</summary>
    public torch.Tensor? TeacherImage { get; init; }

    /// <summary>N x d' caption embeddings of the teacher, null like <see cref="TeacherImage"/>.</summary>
    public torch.Tensor? TeacherText { get; init; }

    /// <summary>Scalar ln(1/tau) of the teacher itself, null like <see cref="TeacherImage"/>; for a frozen teacher as it was trained.</summary>
    public torch.Tensor? TeacherLogitScale { get; init; }

    /// <summary>N x w outputs of the image encoder before its projection; null unless <see cref="ObjectiveNeeds.ImageFeatures"/>.</summary>
    public torch.Tensor? ImageFeatures { get; init; }

    /// <summary>The objects that a teacher saw in each image; null unless <see cref="ObjectiveNeeds.Concepts"/>.</summary>
    public ConceptTargets? Objects { get; init; }

    /// <summary>The attributes that a teacher saw in each image; null unless <see cref="ObjectiveNeeds.Concepts"/>.</summary>
    public ConceptTargets? Attributes { get; init; }
}

/// <summary>Sparse class probabilities of N images: the teacher's k largest, renormalised.</summary>
/// <param name="Indices">N x k class numbers, int64, each in [0, classes), distinct within a row where their probability is not 0.</param>
/// <param name="Probabilities">N x k, 0 or more; each row sums to 1.</param>
public sealed record ConceptTargets(torch.Tensor Indices, torch.Tensor Probabilities);

/// <summary>What an objective's batches must hold besides the student's embeddings.</summary>
public sealed record ObjectiveNeeds
{
    /// <summary>Only the student's embeddings, as for most objectives.</summary>
    public static ObjectiveNeeds Nothing { get; } = new();

    /// <summary>The source of the teacher's embeddings; null without a teacher.</summary>
    public TeacherSource? Teacher { get; init; }

    /// <summary>Whether the image encoder's features are needed.</summary>
    public bool ImageFeatures { get; init; }

    /// <summary>Whether the concepts that a teacher saw are needed, where the data have them.</summary>
    public bool Concepts { get; init; }
}
