using TorchSharp;
using static TorchSharp.torch;

namespace Research.Evaluation.Probes;

/// <summary>
/// A linear classifier: the scores of a row x are Scale * W x + b. The tensors belong to the dispose scope in which they were made.
/// </summary>
/// <param name="Weights">W, C x d, float64.</param>
/// <param name="Bias">b, C, float64.</param>
/// <param name="Scale">The factor on the products, 1 for plain features; a CLIP model's exp(logit scale) for its embeddings.</param>
public sealed record LinearClassifier(Tensor Weights, Tensor Bias, double Scale)
{
    /// <summary>Accuracy on a set; a tie between the right class and a wrong one counts against the row, as in zero-shot.</summary>
    /// <exception cref="ArgumentException">The set is not well formed or has features of another width.</exception>
    public ZeroShotResult Evaluate(ProbeSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        set.Check("probed");
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var features = set.Features.to(ScalarType.Float64);
        var ones = torch.ones(set.Count, 1, dtype: ScalarType.Float64, device: features.device);
        return ZeroShot.Evaluate(cat([features, ones], 1), cat([Weights * Scale, Bias.unsqueeze(1)], 1), set.Labels);
    }
}
