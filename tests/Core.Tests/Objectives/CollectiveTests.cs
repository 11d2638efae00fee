using Research.Objectives;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>Embeddings gathered from several processes: every process gets its rows of the global loss's gradient.</summary>
public class CollectiveTests
{
    const int Rows = 5;

    public static TheoryData<string> Names => [.. Every.ClosedForms];

    [Theory]
    [MemberData(nameof(Names))]
    public void Local_rows_get_the_gradient_of_the_global_loss(string name)
    {
        foreach (var world in new[] { 2, 3 })
        foreach (var scale in new[] { 5.0, 100.0 })
        {
            using var scope = NewDisposeScope();
            var objective = Every.Objective[name]();
            var n = world * Rows;
            var batch = Every.Batch(Batches.Units(n, 6, 21), Batches.Units(n, 6, 22), scale);
            var whole = objective.Gradients(batch, new(4, 3));
            var parts = ThreadCollective.Run(
                world,
                member => objective.Gradients(Part(batch, member.Rank), new(2, 7), member)
            );
            Same("image", whole.Image, torch.cat([.. parts.Select(p => p.Image)], 0));
            Same("text", whole.Text, torch.cat([.. parts.Select(p => p.Text)], 0));
            if (whole.Features is not null)
                Same("features", whole.Features, torch.cat([.. parts.Select(p => p.Features!)], 0));
            foreach (var part in parts)
            {
                Same("loss", whole.Loss, part.Loss);
                Same("logit scale", whole.LogitScale, part.LogitScale);
                for (var i = 0; i < whole.Parameters.Count; i++)
                    Same(objective.Parameters[i].Name, whole.Parameters[i], part.Parameters[i]);
                Assert.Equal(whole.Diagnostics.Keys.Order(), part.Diagnostics.Keys.Order());
                foreach (var (key, value) in whole.Diagnostics)
                    Assert.Equal(value, part.Diagnostics[key], 1e-9 * Math.Max(1, Math.Abs(value)));
            }

            void Same(string what, Tensor expected, Tensor actual)
            {
                Assert.Equal(expected.shape, actual.shape);
                var bound = actual.dtype == ScalarType.Float32 ? 1e-6 : 1e-10;
                var error = (expected - actual).abs().max().to(ScalarType.Float64).item<double>();
                var size = Math.Max(1e-3, expected.abs().max().to(ScalarType.Float64).item<double>());
                Assert.True(
                    error <= bound * size,
                    $"{name}, {world} processes, {what}: off by {error:g3} of {size:g3}"
                );
            }
        }
    }

    [Fact]
    public void Without_a_closed_form_several_processes_are_an_error_that_names_the_objective_and_the_remedy()
    {
        using var scope = NewDisposeScope();
        var objective = Every.Objective["custom"]();
        Assert.False(Every.HasClosedForm(objective));
        var batch = Every.Batch(Batches.Units(4, 6, 21), Batches.Units(4, 6, 22), 5);
        foreach (var one in new[] { objective, new WeightedSum((1, new InfoNce()), (0.5, objective)) })
        {
            var error = Assert.Throws<InvalidOperationException>(() =>
                ThreadCollective.Run(2, member => one.Gradients(batch, Tiling.Default, member))
            );
            Assert.IsType<NotSupportedException>(error.InnerException);
            Assert.StartsWith(objective.Name, error.Message);
            Assert.Contains("one process", error.Message);
            Assert.DoesNotContain('\n', error.Message);
        }
    }

    static EmbeddingBatch Part(EmbeddingBatch batch, int rank)
    {
        var start = rank * Rows;
        Tensor Of(Tensor x) => x.narrow(0, start, Rows);
        ConceptTargets Targets(ConceptTargets x) => new(Of(x.Indices), Of(x.Probabilities));
        return batch with
        {
            Image = Of(batch.Image),
            Text = Of(batch.Text),
            Captions = Of(batch.Captions!),
            TeacherImage = Of(batch.TeacherImage!),
            TeacherText = Of(batch.TeacherText!),
            ImageFeatures = Of(batch.ImageFeatures!),
            Objects = Targets(batch.Objects!),
            Attributes = Targets(batch.Attributes!),
        };
    }

    [Fact]
    public void One_row_a_process_is_enough()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Of(Batches.Units(2, 4, 1), Batches.Units(2, 4, 2));
        var whole = new InfoNce().Gradients(batch, Tiling.Default);
        var parts = ThreadCollective.Run(
            2,
            member =>
                new InfoNce().Gradients(
                    batch with
                    {
                        Image = batch.Image.narrow(0, member.Rank, 1),
                        Text = batch.Text.narrow(0, member.Rank, 1),
                    },
                    Tiling.Default,
                    member
                )
        );
        Assert.Equal(whole.Loss.item<double>(), parts[1].Loss.item<double>(), 1e-12);
        Assert.True((whole.Image.narrow(0, 1, 1) - parts[1].Image).abs().max().item<double>() < 1e-12);
    }
}
