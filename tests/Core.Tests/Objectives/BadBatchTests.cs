using Research.Objectives;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

public class BadBatchTests
{
    static readonly IObjective[] All =
    [
        .. Every.Defaults().Select(d => d.Value()),
        HnNce.Decoupled(),
        Every.Objective["custom"](),
    ];

    static void Fails<T>(Func<EmbeddingBatch> batch, params string[] says)
        where T : Exception
    {
        foreach (var objective in All)
        {
            using var scope = NewDisposeScope();
            foreach (
                var error in new[]
                {
                    Assert.Throws<T>(() => objective.Forward(batch())),
                    Assert.Throws<T>(() => objective.Gradients(batch(), Tiling.Default)),
                }
            )
            {
                Assert.Contains(objective.Name, error.Message);
                Assert.All(says, s => Assert.Contains(s, error.Message));
            }
        }
    }

    static Tensor With(Tensor x, int row, double value)
    {
        var changed = x.clone();
        changed[row, 0] = torch.tensor(value);
        return changed;
    }

    [Fact]
    public void A_NaN_names_its_side_and_row()
    {
        Fails<NotFiniteNumberException>(
            () => Batches.Of(With(Batches.Units(5, 4, 1), 3, double.NaN), Batches.Units(5, 4, 2)),
            "row 3",
            "image"
        );
        Fails<NotFiniteNumberException>(
            () => Batches.Of(Batches.Units(5, 4, 1), With(Batches.Units(5, 4, 2), 2, double.PositiveInfinity)),
            "row 2",
            "text"
        );
    }

    [Fact]
    public void A_logit_scale_that_is_not_finite_is_an_error() =>
        Fails<NotFiniteNumberException>(
            () => Batches.Random() with { LogitScale = torch.tensor(double.NaN) },
            "logit scale"
        );

    [Fact]
    public void Rows_that_are_not_unit_vectors_are_an_error() =>
        Fails<ArgumentException>(
            () => Batches.Of(Batches.Units(5, 4, 1), Batches.Units(5, 4, 2) * 2),
            "row 0",
            "norm 2",
            "text"
        );

    [Fact]
    public void Unequal_row_counts_are_an_error() =>
        Fails<ArgumentException>(() => Batches.Of(Batches.Units(5, 4, 1), Batches.Units(4, 4, 2)), "5", "4");

    [Fact]
    public void Unequal_widths_are_an_error() =>
        Fails<ArgumentException>(() => Batches.Of(Batches.Units(5, 4, 1), Batches.Units(5, 3, 2)), "width 3", "not 4");

    [Fact]
    public void A_batch_of_one_is_an_error() =>
        Fails<ArgumentException>(() => Batches.Of(Batches.Units(1, 4, 1), Batches.Units(1, 4, 2)), "batch of 1");

    [Fact]
    public void A_vector_is_an_error() =>
        Fails<ArgumentException>(() => Batches.Random() with { Image = torch.ones(9) }, "N x d", "[9]");

    [Fact]
    public void An_objective_that_draws_needs_randomness()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random() with { Random = null };
        foreach (
            var error in new[]
            {
                Assert.Throws<ArgumentException>(() => new Psd().Forward(batch)),
                Assert.Throws<ArgumentException>(() => new Psd().Gradients(batch, Tiling.Default)),
            }
        )
            Assert.Contains("PSD: the batch has no randomness", error.Message);
    }
}
