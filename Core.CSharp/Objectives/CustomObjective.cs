using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// The caller's own loss, written as a function of the batch: autograd computes its gradients, in one process, micro-batches included. To
/// train it over several processes, or without its N x N matrices, derive from <see cref="ContrastiveObjective"/> instead.
/// <code>
/// new CustomObjective("margin", b => -(b.Image.mm(b.Text.t()) * b.LogitScale.exp()).log_softmax(1).diagonal().mean())
/// </code>
/// </summary>
public sealed class CustomObjective : ContrastiveObjective
{
    readonly Func<EmbeddingBatch, Tensor> loss;

    /// <summary>The objective.</summary>
    /// <param name="name">Its name in tables, checkpoints and messages, not blank. A run resumes only under its original name.</param>
    /// <param name="loss">
    /// The loss of a batch of N pairs: a finite scalar with a graph that depends on the embeddings or the image features. It must be a pure
    /// function of the batch and draw only from <see cref="EmbeddingBatch.Random"/>. What it allocates is freed after the step.
    /// </param>
    /// <param name="needs">What the batch must hold besides the embeddings; null (default) for nothing.</param>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    public CustomObjective(string name, Func<EmbeddingBatch, Tensor> loss, ObjectiveNeeds? needs = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(loss);
        (Name, this.loss, Needs) = (name, loss, needs ?? ObjectiveNeeds.Nothing);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs { get; }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The function failed or did not return a scalar.</exception>
    /// <exception cref="NotFiniteNumberException">An embedding or the loss is NaN or infinite.</exception>
    public override ObjectiveResult Forward(EmbeddingBatch batch)
    {
        Similarity.Check(batch, Name);
        using var scope = NewDisposeScope();
        var value = Call(batch);
        if (value is null)
            throw new InvalidOperationException(
                $"{Name}: the loss function returned null, but must return a scalar tensor."
            );
        if (value.dim() != 0 || !value.is_floating_point())
            throw new InvalidOperationException(
                $"{Name}: the loss function returned {value.dtype} of shape [{string.Join(", ", value.shape)}], but must return a scalar "
                    + "of a floating point type: take its mean."
            );
        if (value.item_double() is var number && !double.IsFinite(number))
            throw new NotFiniteNumberException($"{Name}: the loss is {number}.", number);
        var diagnostics = new Diagnostics(batch).Accuracy(batch.Image.mm(batch.Text.t()));
        return new(value.MoveToOuterDisposeScope(), diagnostics.Values);
    }

    Tensor? Call(EmbeddingBatch batch)
    {
        try
        {
            return loss(batch);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or NotFiniteNumberException))
        {
            throw new InvalidOperationException($"{Name}: the loss function failed: {e.Message.Split('\n')[0]}", e);
        }
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
