using Research.Objectives;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

public class InfoNceTests
{
    [Fact]
    public void Two_pairs_by_hand()
    {
        using var scope = NewDisposeScope();
        // V = T = I, tau = 1: every row is -log( e / (e + 1) )
        var eye = torch.eye(2, dtype: ScalarType.Float64);
        Assert.Equal(Math.Log(1 + Math.Exp(-1)), Batches.Run(new InfoNce(), Batches.Of(eye, eye, 1)).Loss, 1e-14);
    }

    [Fact]
    public void Equal_embeddings_cost_the_logarithm_of_the_batch()
    {
        using var scope = NewDisposeScope();
        var same = Batches.Units(1, 6, 4).expand(8, 6).contiguous();
        Assert.Equal(Math.Log(8), Batches.Run(new InfoNce(), Batches.Of(same, same)).Loss, 1e-12);
    }

    [Fact]
    public void Smoothing_mixes_in_the_mean_over_the_batch()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random();
        var s = Batches.Logits(batch);
        var n = s.GetLength(0);
        var spread = 0.0;
        for (var i = 0; i < n; i++)
        for (var j = 0; j < n; j++)
        {
            spread += Math.Log(Enumerable.Range(0, n).Sum(k => Math.Exp(s[i, k]))) - s[i, j];
            spread += Math.Log(Enumerable.Range(0, n).Sum(k => Math.Exp(s[k, i]))) - s[j, i];
        }
        var plain = Batches.Run(new InfoNce(), batch).Loss;
        Assert.Equal(0.8 * plain + 0.2 * spread / (2 * n * n), Batches.Run(new InfoNce(0.2), batch).Loss, 1e-12);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Smoothing_out_of_range_is_named(double smoothing) =>
        Assert.Equal(
            "labelSmoothing",
            Assert.Throws<ArgumentOutOfRangeException>(() => new InfoNce(smoothing)).ParamName
        );
}
