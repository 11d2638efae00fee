using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>Collects the named measurements of a batch, without gradient, or nothing when they are not wanted.</summary>
sealed class Diagnostics(EmbeddingBatch batch)
{
    readonly bool wanted = batch.WantDiagnostics;
    static readonly IReadOnlyDictionary<string, double> None = new Dictionary<string, double>();
    readonly Dictionary<string, double> values = [];

    public IReadOnlyDictionary<string, double> Values => wanted ? values : None;

    public Diagnostics Accuracy(Tensor logits) =>
        Measure(() =>
        {
            var captions = batch.Captions ?? torch.arange(logits.shape[0], device: logits.device);
            var (right, wrong) = SameCaption.Split(logits, captions, captions);
            double Ahead(long along) => SameCaption.Ahead(right.amax(along), wrong.amax(along));
            values[DiagnosticNames.Accuracy] = (Ahead(1) + Ahead(0)) / 2;
        });

    /// <summary>A measurement specific to the objective.</summary>
    public Diagnostics Add(string name, Func<double> value) => Measure(() => values[name] = value());

    /// <summary>The mean entropy of soft targets.</summary>
    public Diagnostics Entropy(Tensor mean) =>
        Measure(() => values[DiagnosticNames.TargetEntropy] = mean.item_double());

    /// <summary>The norm of the gradient, by both embeddings, of a part of the loss; nothing when there is no such part.</summary>
    public Diagnostics SoftGradient(Func<EmbeddingBatch, Tensor>? softPart) =>
        softPart is null
            ? this
            : Measure(() =>
            {
                using var grad = enable_grad();
                var leaves = batch with
                {
                    Image = batch.Image.detach().clone().requires_grad_(),
                    Text = batch.Text.detach().clone().requires_grad_(),
                    LogitScale = batch.LogitScale.detach(),
                };
                var found = Derivatives.Of(softPart(leaves), [leaves.Image, leaves.Text]);
                values[DiagnosticNames.SoftGradientNorm] = Math.Sqrt(
                    found.OfType<Tensor>().Sum(g => g.to(ScalarType.Float64).square().sum().item_double())
                );
            });

    public Diagnostics HardNegatives(Tensor logits, double beta) =>
        Measure(() =>
        {
            var (meanOfRows, effectiveOfRows) = Weights(logits, beta);
            var (meanOfColumns, effectiveOfColumns) = Weights(logits.t(), beta);
            values[DiagnosticNames.NegativeWeight] = (meanOfRows + meanOfColumns) / 2;
            values[DiagnosticNames.EffectiveNegatives] = (effectiveOfRows + effectiveOfColumns) / 2;
        });

    static (double Mean, double Effective) Weights(Tensor logits, double beta)
    {
        var n = logits.shape[0];
        var diagonal = torch.eye(n, dtype: ScalarType.Bool, device: logits.device);
        var weights = RowLoss.LogWeights(logits, beta).exp().masked_fill(diagonal, 0);
        var sums = weights.sum(1);
        return (sums.mean().item_double() / (n - 1), (sums.square() / weights.square().sum(1)).mean().item_double());
    }

    Diagnostics Measure(Action measure)
    {
        if (!wanted)
            return this;
        using var none = no_grad();
        using var scope = NewDisposeScope();
        measure();
        return this;
    }
}

/// <summary>The keys of the diagnostics that several objectives share.</summary>
public static class DiagnosticNames
{
    /// <summary>
    /// Recall at 1 in the batch, mean over both directions, by the convention of <see cref="Evaluation.Retrieval"/>: a row is right whose
    /// best right answer scores higher than every wrong one, so that a tie with a wrong one is wrong. Right are all rows of the same caption,
    /// by <see cref="EmbeddingBatch.Captions"/>: a duplicate is no error. Another caption of the same picture is wrong: a batch does not know
    /// which of its pictures are one.
    /// </summary>
    public const string Accuracy = "accuracy";

    /// <summary>Mean entropy of the soft targets, over the rows that have one, in nats.</summary>
    public const string TargetEntropy = "target_entropy";

    /// <summary>
    /// The norm of the soft part's gradient, by both embeddings together: of the contribution of the rows with a teacher's target.
    /// </summary>
    public const string SoftGradientNorm = "soft_gradient_norm";

    /// <summary>Mean hard-negative weight, over both directions: 1 up to rounding.</summary>
    public const string NegativeWeight = "negative_weight";

    /// <summary>
    /// Mean over rows of (sum w)^2 / (sum w^2): N - 1 when all negatives weigh the same, 1 when one takes all the weight.
    /// </summary>
    public const string EffectiveNegatives = "effective_negatives";
}
