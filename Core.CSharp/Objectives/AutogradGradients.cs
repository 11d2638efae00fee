using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>The gradients of the plain form, by autograd, on leaves of their own: what the closed forms are compared with.</summary>
public static class AutogradGradients
{
    /// <summary>Loss and gradients of one process's batch; the batch's own tensors get no gradient.</summary>
    /// <exception cref="ArgumentException">The batch does not fit the objective.</exception>
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
        Tensor[] inputs =
        [
            leaves.Image,
            leaves.Text,
            leaves.LogitScale,
            .. features is null ? Array.Empty<Tensor>() : [features],
            .. objective.Parameters.Select(p => p.Parameter),
        ];
        var found = Derivatives.Of(result.Loss, inputs);
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
