using Research.Objectives;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

public class HnNceTests
{
    [Fact]
    public void With_alpha_0_and_beta_0_it_is_the_decoupled_loss()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random();
        var s = Batches.Logits(batch);
        var n = s.GetLength(0);
        var expected = 0.0;
        for (var i = 0; i < n; i++)
        {
            var others = Enumerable.Range(0, n).Where(j => j != i).ToArray();
            expected += Math.Log(others.Sum(j => Math.Exp(s[i, j]))) - s[i, i];
            expected += Math.Log(others.Sum(j => Math.Exp(s[j, i]))) - s[i, i];
        }
        Assert.Equal(expected / (2 * n), Batches.Run(new HnNce(new() { Alpha = 0, Beta = 0 }), batch).Loss, 1e-12);
        Assert.Equal("DCL", HnNce.Decoupled().Name);
    }

    [Theory]
    [InlineData(1, 0.25, 2)]
    [InlineData(0.999, 0.5, 9)]
    [InlineData(0, 1.5, 9)]
    [InlineData(0.3, 3, 16)]
    public void The_stable_form_equals_the_printed_one(double alpha, double beta, int n)
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random(n, seed: 7);
        var s = Batches.Logits(batch);
        Assert.Equal(
            Printed(s, alpha, beta, columnWeightsFromRows: false),
            Batches.Run(new HnNce(new() { Alpha = alpha, Beta = beta }), batch).Loss,
            1e-11
        );
    }

    [Fact]
    public void Row_sums_are_not_spread_over_columns()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random(n: 6, seed: 3);
        var s = Batches.Logits(batch);
        var mistaken = Printed(s, 1, 0.5, columnWeightsFromRows: true);
        var loss = Batches.Run(new HnNce(new() { Alpha = 1, Beta = 0.5 }), batch).Loss;
        Assert.True(Math.Abs(mistaken - loss) > 1e-3, "this batch does not tell the mistake from the loss");
        Assert.Equal(Printed(s, 1, 0.5, columnWeightsFromRows: false), loss, 1e-11);
    }

    /// <summary>The loss as the paper prints it; optionally with the mistake of normalising column weights by row sums.</summary>
    internal static double Printed(double[,] s, double alpha, double beta, bool columnWeightsFromRows = false)
    {
        var n = s.GetLength(0);
        var total = 0.0;
        for (var i = 0; i < n; i++)
        {
            var others = Enumerable.Range(0, n).Where(j => j != i).ToArray();
            double RowSum(int r) => Enumerable.Range(0, n).Where(k => k != r).Sum(k => Math.Exp(beta * s[r, k]));
            var columnSum = others.Sum(k => Math.Exp(beta * s[k, i]));
            var rows = others.Sum(j => (n - 1) * Math.Exp(beta * s[i, j]) / RowSum(i) * Math.Exp(s[i, j]));
            var columns = others.Sum(j =>
                (n - 1) * Math.Exp(beta * s[j, i]) / (columnWeightsFromRows ? RowSum(j) : columnSum) * Math.Exp(s[j, i])
            );
            var own = Math.Exp(s[i, i]);
            total -= Math.Log(own / (alpha * own + rows)) + Math.Log(own / (alpha * own + columns));
        }
        return total / (2 * n);
    }

    [Fact]
    public void Swapping_the_modalities_swaps_the_gradients_and_keeps_the_loss()
    {
        using var scope = NewDisposeScope();
        var (v, t) = (Batches.Units(8, 5, 1), Batches.Units(8, 5, 2));
        var objective = new HnNce(new() { Alpha = 0.9, Beta = 0.7 });
        var (there, back) = (Batches.Run(objective, Batches.Of(v, t)), Batches.Run(objective, Batches.Of(t, v)));
        Assert.Equal(there.Loss, back.Loss, 1e-12);
        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(there.Gradients[i], back.Gradients[40 + i], 1e-12);
            Assert.Equal(there.Gradients[40 + i], back.Gradients[i], 1e-12);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.25)]
    [InlineData(2)]
    public void Weights_average_one_and_fewer_negatives_count_the_larger_beta(double beta)
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random(n: 12) with { WantDiagnostics = true };
        var diagnostics = new HnNce(new() { Alpha = 1, Beta = beta }).Forward(batch).Diagnostics;
        Assert.Equal(1, diagnostics[DiagnosticNames.NegativeWeight], 1e-12);
        var effective = diagnostics[DiagnosticNames.EffectiveNegatives];
        if (beta == 0)
            Assert.Equal(11, effective, 1e-9);
        else
            Assert.InRange(effective, 1, 10.9);
    }

    [Fact]
    public void Equal_negatives_are_all_effective()
    {
        using var scope = NewDisposeScope();
        var same = Batches.Units(1, 6, 4).expand(9, 6).contiguous();
        var batch = Batches.Of(same, same) with { WantDiagnostics = true };
        Assert.Equal(
            8,
            new HnNce(new() { Beta = 2 }).Forward(batch).Diagnostics[DiagnosticNames.EffectiveNegatives],
            1e-9
        );
    }

    [Fact]
    public void One_dominant_negative_takes_all_the_weight()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Of(
            torch.eye(3, dtype: ScalarType.Float64),
            torch.eye(3, dtype: ScalarType.Float64)[torch.tensor(new long[] { 1, 0, 2 })],
            0.01
        );
        var diagnostics = new HnNce(new() { Beta = 10 }).Forward(batch with { WantDiagnostics = true }).Diagnostics;
        // rows 0 and 1 have one negative at similarity 1 and one at 0; row 2 has two at 0; columns alike
        Assert.Equal((1 + 1 + 2) / 3.0, diagnostics[DiagnosticNames.EffectiveNegatives], 1e-9);
        Assert.Equal(1 / 3.0, diagnostics[DiagnosticNames.Accuracy], 1e-6);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Extreme_logits_stay_finite_in_float32(bool through)
    {
        using var scope = NewDisposeScope();
        var v = Batches.Units(8, 4, 5, ScalarType.Float32);
        foreach (var text in new[] { v, -v, v.roll(1, 0) })
        {
            var objective = new HnNce(
                new()
                {
                    Alpha = 0,
                    Beta = 2,
                    GradientThroughWeights = through,
                }
            );
            var (loss, gradients) = Batches.Run(objective, Batches.Of(v, text, 0.01));
            Assert.True(double.IsFinite(loss));
            Assert.All(gradients, g => Assert.True(double.IsFinite(g)));
        }
    }

    [Theory]
    [InlineData(-0.1, 0.0, "Alpha")]
    [InlineData(1.1, 0.0, "Alpha")]
    [InlineData(double.NaN, 0.0, "Alpha")]
    [InlineData(1.0, -0.5, "Beta")]
    [InlineData(1.0, double.NaN, "Beta")]
    [InlineData(1.0, double.PositiveInfinity, "Beta")]
    public void Settings_out_of_range_are_named(double alpha, double beta, string name)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new HnNce(new() { Alpha = alpha, Beta = beta }));
        Assert.Equal(name, error.ParamName);
    }
}
