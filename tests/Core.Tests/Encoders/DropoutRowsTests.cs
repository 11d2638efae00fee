using Research.Encoders;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

public sealed class DropoutRowsTests
{
    const double P = 0.3;

    /// <summary>1 where an element was dropped, rows x (length * width).</summary>
    static Tensor Mask(RowDropout dropout, ulong seed, int first, int count, long length = 16, long width = 64)
    {
        using var scope = NewDisposeScope();
        using var rows = DropoutRows.Begin(seed, first, count);
        var y = dropout.call(ones(count, length, width));
        var dropped = y.eq(0);
        Assert.True((y - dropped.logical_not().to(ScalarType.Float32) / (1 - P)).abs().max().item<float>() < 1e-6);
        return dropped.to(ScalarType.Float32).flatten(1).MoveToOuterDisposeScope();
    }

    [Fact]
    public void A_row_is_dropped_alike_in_every_micro_batch()
    {
        using var scope = NewDisposeScope();
        using var dropout = new RowDropout(P, 0);
        var whole = Mask(dropout, 7, 0, 40);
        foreach (var (first, count) in new[] { (0, 40), (0, 1), (13, 9), (39, 1) })
            Assert.True(
                whole.narrow(0, first, count).Equals(Mask(dropout, 7, first, count)),
                $"rows {first} + {count}"
            );
    }

    [Fact]
    public void Masks_drop_with_probability_p_and_rows_elements_places_and_seeds_are_independent()
    {
        using var scope = NewDisposeScope();
        using var dropout = new RowDropout(P, 0);
        using var next = new RowDropout(P, 1);
        var mask = Mask(dropout, 1, 0, 256);
        var n = (double)mask.numel();
        var deviation = Math.Sqrt(P * (1 - P));
        Assert.Equal(P, mask.mean().item<float>(), 5 * deviation / Math.Sqrt(n));

        double Correlation(Tensor a, Tensor b) => ((a - P) * (b - P)).mean().item<float>() / (P * (1 - P));
        Assert.Equal(0, Correlation(mask, Mask(next, 1, 0, 256)), 5 / Math.Sqrt(n));
        Assert.Equal(0, Correlation(mask, Mask(dropout, 2, 0, 256)), 5 / Math.Sqrt(n));
        Assert.Equal(0, Correlation(mask, mask.roll(1, 0)), 5 / Math.Sqrt(n));
        Assert.Equal(0, Correlation(mask, mask.roll(1, 1)), 5 / Math.Sqrt(n));

        // all pairs of rows, and all pairs of elements: the correlations spread as those of independent draws, and none stands out
        foreach (var x in new[] { mask, mask.t() })
        {
            var (rows, columns) = (x.shape[0], x.shape[1]);
            var z = (x - P) / deviation;
            var pairs = z.mm(z.t()) / columns;
            pairs.diagonal().fill_(0);
            var spread = Math.Sqrt(pairs.square().sum().item<float>() / (rows * (rows - 1.0)));
            Assert.Equal(1, spread * Math.Sqrt(columns), 0.05);
            Assert.True(pairs.abs().max().item<float>() < 6.5 / Math.Sqrt(columns));
        }
    }

    [Fact]
    public void Gradients_flow_where_nothing_was_dropped()
    {
        using var scope = NewDisposeScope();
        using var dropout = new RowDropout(P, 3);
        var x = ones(4, 8, 8).requires_grad_();
        using (DropoutRows.Begin(1, 0, 4))
        {
            var y = dropout.call(x);
            y.sum().backward();
            Assert.True(x.grad!.Equals(y.detach())); // of a sum over ones: the factor of each element
        }
    }

    [Fact]
    public void Outside_of_a_scope_the_engines_generator_draws_and_in_evaluation_nothing_is_dropped()
    {
        using var scope = NewDisposeScope();
        using var dropout = new RowDropout(P, 0);
        var x = ones(4, 8, 8);
        manual_seed(1);
        var a = dropout.call(x);
        manual_seed(1);
        Assert.True(a.Equals(dropout.call(x)));
        Assert.False(a.Equals(dropout.call(x)));
        dropout.eval();
        Assert.True(x.Equals(dropout.call(x)));
        using (DropoutRows.Begin(1, 0, 4))
            Assert.True(x.Equals(dropout.call(x)));
    }

    [Fact]
    public void Scopes_nest_and_a_wrong_number_of_rows_is_an_error()
    {
        using var scope = NewDisposeScope();
        using var dropout = new RowDropout(P, 0);
        using (DropoutRows.Begin(1, 0, 4))
        {
            using (DropoutRows.Begin(2, 0, 3))
                dropout.call(ones(3, 2, 2));
            dropout.call(ones(4, 2, 2));
            Assert.Contains(
                "4 rows",
                Assert.Throws<InvalidOperationException>(() => dropout.call(ones(3, 2, 2))).Message
            );
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => DropoutRows.Begin(1, -1, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => DropoutRows.Begin(1, 0, 0));
    }
}
