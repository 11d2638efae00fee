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
            var own = torch.arange(logits.shape[0], device: logits.device);
            var rows = logits.argmax(1).eq(own).to(ScalarType.Float32).mean().item_double();
            var columns = logits.argmax(0).eq(own).to(ScalarType.Float32).mean().item_double();
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
