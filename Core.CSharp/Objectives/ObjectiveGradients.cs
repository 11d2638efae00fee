using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// Loss and gradients of one batch, without graphs; all tensors belong to the caller's dispose scope. Over several processes the
/// embeddings' gradients are those of the global loss for the local rows, so the encoders' gradients sum over processes; loss, logit
/// scale and parameters have the whole gradient, equal on every process.
/// </summary>
/// <param name="Loss">The scalar loss, float32 (float64 from float64 embeddings), detached.</param>
/// <param name="Image">dL/d image embeddings, in their shape and type.</param>
/// <param name="Text">dL/d caption embeddings, in their shape and type.</param>
/// <param name="LogitScale">dL/d logit scale, in its shape and type.</param>
/// <param name="Parameters">dL/d each of <see cref="IObjective.Parameters"/>, in that order.</param>
/// <param name="Diagnostics">Named measurements of the batch (see <see cref="DiagnosticNames"/>); empty unless asked for.</param>
/// <param name="Features">dL/d <see cref="EmbeddingBatch.ImageFeatures"/>; null where the objective does not use them.</param>
public sealed record ObjectiveGradients(
    Tensor Loss,
    Tensor Image,
    Tensor Text,
    Tensor LogitScale,
    IReadOnlyList<Tensor> Parameters,
    IReadOnlyDictionary<string, double> Diagnostics,
    Tensor? Features = null
)
{
    /// <summary>Moves every tensor out of the current dispose scope.</summary>
    internal ObjectiveGradients MoveToOuter()
    {
        foreach (var tensor in (Tensor?[])[Loss, Image, Text, LogitScale, Features, .. Parameters])
            tensor?.MoveToOuterDisposeScope();
        return this;
    }
}

/// <summary>The gradients of an objective's plain form, by autograd on separate leaves: the default unless an objective overrides it.</summary>
public static class AutogradGradients
{
    /// <summary>Loss and gradients of one process's batch; the batch's own tensors get no gradient.</summary>
    /// <exception cref="ArgumentException">The batch does not fit the objective.</exception>
    /// <exception cref="InvalidOperationException">The loss is not a scalar, or does not depend on embeddings or features.</exception>
    public static ObjectiveGradients Of(IObjective objective, EmbeddingBatch batch)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(batch);
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        static Tensor Leaf(Tensor x) => x.detach().clone().requires_grad_();
        var features = batch.ImageFeatures is null ? null : Leaf(batch.ImageFeatures);
        var leaves = batch with
        {
            Image = Leaf(batch.Image),
            Text = Leaf(batch.Text),
            LogitScale = Leaf(batch.LogitScale),
            ImageFeatures = features,
        };
        var result = objective.Forward(leaves);
        if (result.Loss.dim() != 0)
            throw new InvalidOperationException(
                $"{objective.Name}: the loss has shape [{string.Join(", ", result.Loss.shape)}], but must be a scalar: take its mean."
            );
        Tensor[] inputs =
        [
            leaves.Image,
            leaves.Text,
            leaves.LogitScale,
            .. features is null ? Array.Empty<Tensor>() : [features],
            .. objective.Parameters.Select(p => p.Parameter),
        ];
        var found = result.Loss.requires_grad ? Derivatives.Of(result.Loss, inputs) : new Tensor?[inputs.Length];
        if (found[0] is null && found[1] is null && (features is null || found[3] is null))
            throw new InvalidOperationException(
                $"{objective.Name}: the loss does not depend on the embeddings through a graph, so it would train nothing: "
                    + "compute it from Image, Text or ImageFeatures without detaching them."
            );
        var gradients = inputs.Select((x, i) => (found[i] ?? zeros_like(x)).MoveToOuterDisposeScope()).ToArray();
        var own = features is null ? 3 : 4;
        return new(
            result.Loss.detach().MoveToOuterDisposeScope(),
            gradients[0],
            gradients[1],
            gradients[2],
            gradients[own..],
            result.Diagnostics,
            features is null || found[3] is null ? null : gradients[3]
        );
    }
}
