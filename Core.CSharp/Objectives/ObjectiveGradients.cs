using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>A learnable parameter of an objective itself, such as a bias or a classification head, and how the optimizer treats it.</summary>
/// <param name="Name">Unique among the objective's parameters, dotted, e.g. "objects.weight": its key in checkpoints.</param>
/// <param name="Parameter">The parameter, on the device of the embeddings.</param>
/// <param name="LearningRateFactor">Its learning rate over the model's.</param>
/// <param name="WeightDecayFactor">Its weight decay over the model's.</param>
public sealed record ObjectiveParameter(
    string Name,
    TorchSharp.Modules.Parameter Parameter,
    double LearningRateFactor = 1,
    double WeightDecayFactor = 1
);

/// <summary>
/// Loss and gradients of one batch in closed form, without graphs; all tensors belong to the caller's dispose scope. Over several
/// processes the embeddings' gradients are those of the global loss for the local rows, so that the encoders' gradients sum over
/// processes; loss, logit scale and parameters have the whole gradient, the same on every process.
/// </summary>
/// <param name="Loss">The scalar loss, float32 (float64 from float64 embeddings), detached.</param>
/// <param name="Image">dL/d image embeddings, in their shape and type.</param>
/// <param name="Text">dL/d caption embeddings, in their shape and type.</param>
/// <param name="LogitScale">dL/d logit scale, in its shape and type.</param>
/// <param name="Parameters">dL/d each of <see cref="IObjective.Parameters"/>, in their order.</param>
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
