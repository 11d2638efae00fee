using Research.Objectives.Tiled;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// A training objective. It sees embeddings, the logit scale and its stated needs, never a model, so that every objective works
/// with every pair of encoders. Write new ones from <see cref="ContrastiveObjective"/>.
/// </summary>
public interface IObjective
{
    /// <summary>The name in tables and error messages, e.g. "PSD".</summary>
    string Name { get; }

    /// <summary>What the batch must hold besides the student's embeddings.</summary>
    ObjectiveNeeds Needs { get; }

    /// <summary>The objective's own learnable parameters; empty for most.</summary>
    IReadOnlyList<ObjectiveParameter> Parameters { get; }

    /// <summary>The objective's preferred initial ln(1/tau); null keeps the model's own.</summary>
    double? InitialLogitScale { get; }

    /// <summary>Refuses a batch size at which the objective could not do what it promises; called once, before training.</summary>
    /// <param name="pairs">Pairs in a batch, over all processes.</param>
    /// <exception cref="ArgumentException">The message names the setting, the batch size and the remedy.</exception>
    void CheckBatchSize(int pairs);

    /// <summary>
    /// The loss of one batch, a scalar with its autograd graph, and on request the batch's diagnostics: the plain form, which reads like the
    /// equation, may hold N x N matrices, and defines the objective.
    /// </summary>
    /// <exception cref="ArgumentException">Row counts differ, fewer than two rows, rows that are not unit vectors, a missing teacher.</exception>
    /// <exception cref="NotFiniteNumberException">An embedding is NaN or infinite.</exception>
    ObjectiveResult Forward(EmbeddingBatch batch);

    /// <summary>Loss and gradients of one batch, without a graph.</summary>
    /// <param name="batch">As for <see cref="Forward"/>; over several processes, the local rows of everything.</param>
    /// <param name="tiling">The tile size of a closed form; see <see cref="Tiling.Default"/>.</param>
    /// <param name="collective">The processes that share the batch; null for one.</param>
    /// <exception cref="ArgumentException">As for <see cref="Forward"/>.</exception>
    /// <exception cref="NotFiniteNumberException">An embedding is NaN or infinite.</exception>
    /// <exception cref="NotSupportedException">Several processes, and the objective has no closed form.</exception>
    ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null);
}

/// <summary>
/// The base of objectives. Only <see cref="Forward"/> must be written: it defines the loss, and autograd supplies the gradients, holding
/// the plain form's N x N matrices and seeing one process's batch. An objective for large batches or several processes
/// overrides <see cref="Gradients"/> with a closed form, tile by tile: no N x N matrix and no graph, sums in float32 (float64 for
/// float64 embeddings).
/// </summary>
public abstract class ContrastiveObjective : IObjective
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public virtual ObjectiveNeeds Needs => ObjectiveNeeds.Nothing;

    /// <inheritdoc/>
    public virtual IReadOnlyList<ObjectiveParameter> Parameters => [];

    /// <inheritdoc/>
    public virtual double? InitialLogitScale => null;

    /// <inheritdoc/>
    public virtual void CheckBatchSize(int pairs) { }

    /// <inheritdoc/>
    public abstract ObjectiveResult Forward(EmbeddingBatch batch);

    /// <inheritdoc/>
    public virtual ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null) =>
        collective is { World: > 1 }
            ? throw new NotSupportedException(
                $"{Name} gets its gradient from autograd, which sees one process's batch, but {collective.World} processes share this one: "
                    + "train it in one process (micro-batches bound the memory), or override Gradients with a closed form."
            )
            : AutogradGradients.Of(this, batch);

    /// <summary>The batch of all processes, checked; sums in the given type, by default float32, or float64 for float64 embeddings.</summary>
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

/// <summary>A learnable parameter of an objective, such as a bias or a classification head, with its optimizer settings.</summary>
/// <param name="Name">Unique among the objective's parameters, dotted, e.g. "objects.weight": its key in checkpoints.</param>
/// <param name="Parameter">The parameter, on the device of the embeddings.</param>
/// <param name="LearningRateFactor">Its learning rate divided by the model's.</param>
/// <param name="WeightDecayFactor">Its weight decay divided by the model's.</param>
public sealed record ObjectiveParameter(
    string Name,
    TorchSharp.Modules.Parameter Parameter,
    double LearningRateFactor = 1,
    double WeightDecayFactor = 1
);

/// <summary>What an objective returns.</summary>
/// <param name="Loss">The scalar loss, with its autograd graph.</param>
/// <param name="Diagnostics">Named measurements of the batch (see <see cref="DiagnosticNames"/>); empty unless asked for.</param>
public sealed record ObjectiveResult(Tensor Loss, IReadOnlyDictionary<string, double> Diagnostics);
