using Research.Objectives.Tiled;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>What most objectives have in common: no soft targets, no teacher, no parameters of their own.</summary>
public abstract class ContrastiveObjective : IObjective
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public virtual double SoftFraction(double progress) => 0;

    /// <inheritdoc/>
    public virtual SubsetSampling Sampling => SubsetSampling.Joint;

    /// <inheritdoc/>
    public virtual TeacherSource? Teacher => null;

    /// <inheritdoc/>
    public virtual IReadOnlyList<ObjectiveParameter> Parameters => [];

    /// <inheritdoc/>
    public virtual double? InitialLogitScale => null;

    /// <inheritdoc/>
    public abstract ObjectiveResult Forward(EmbeddingBatch batch);

    /// <inheritdoc/>
    public abstract ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null);

    /// <summary>The batch of all processes, checked; sums in the given type, or without one in float32, float64 for float64 embeddings.</summary>
    private protected SharedBatch Share(
        EmbeddingBatch batch,
        Tiling tiling,
        ICollective? collective,
        ScalarType? sums = null
    )
    {
        ArgumentNullException.ThrowIfNull(tiling);
        var logitScale = Similarity.Check(batch, Name, collective?.World ?? 1);
        using var none = no_grad();
        return new(batch, logitScale, collective, sums);
    }
}
