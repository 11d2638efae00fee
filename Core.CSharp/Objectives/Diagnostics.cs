using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>Collects the named measurements of a batch, without gradient, or nothing when they are not wanted.</summary>
sealed class Diagnostics(bool wanted)
{
    static readonly IReadOnlyDictionary<string, double> None = new Dictionary<string, double>();
    readonly Dictionary<string, double> values = [];

    public IReadOnlyDictionary<string, double> Values => wanted ? values : None;

    public Diagnostics Accuracy(Tensor logits) =>
        Measure(() =>
        {
            var own = logits.diagonal();
            var rows = own.ge(logits.amax(1)).to(ScalarType.Float64).mean().item_double();
            var columns = own.ge(logits.amax(0)).to(ScalarType.Float64).mean().item_double();
            values[DiagnosticNames.Accuracy] = (rows + columns) / 2;
        });

    public Diagnostics Partition(bool[] images, bool[] texts, Tensor? imageEntropy, Tensor? textEntropy) =>
        Measure(() =>
        {
            var unaligned = images.Count(u => u) + texts.Count(u => u);
            values[DiagnosticNames.UnalignedShare] = unaligned / (double)(images.Length + texts.Length);
            if (imageEntropy is not null && textEntropy is not null)
                values[DiagnosticNames.TargetEntropy] =
                    (imageEntropy.item_double() + textEntropy.item_double()) / unaligned;
        });

    /// <summary>The mean entropy of soft targets.</summary>
    public Diagnostics Entropy(Tensor mean) =>
        Measure(() => values[DiagnosticNames.TargetEntropy] = mean.item_double());

    /// <summary>The norm of the gradient, by both embeddings, of a part of the loss; nothing when there is no such part.</summary>
    public Diagnostics SoftGradient(EmbeddingBatch batch, Func<EmbeddingBatch, Tensor>? softPart) =>
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
