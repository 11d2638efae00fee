using Core.Tests.Training;
using Research.Evaluation;
using Research.Objectives;
using Research.Randomness;
using Research.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>In-batch accuracy is evaluation's recall at 1: one convention for ties and for duplicates.</summary>
public class AccuracyTests
{
    static double Plain(EmbeddingBatch batch) =>
        new InfoNce().Forward(batch with { WantDiagnostics = true }).Diagnostics[DiagnosticNames.Accuracy];

    static double Tiled(EmbeddingBatch batch) =>
        new InfoNce().Gradients(batch with { WantDiagnostics = true }, new(3, 2)).Diagnostics[DiagnosticNames.Accuracy];

    static void Same(double expected, EmbeddingBatch batch)
    {
        Assert.Equal(expected, Plain(batch), 1e-12);
        Assert.Equal(expected, Tiled(batch), 1e-12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_is_the_recall_at_1_of_retrieval_with_captions_as_groups(ulong seed)
    {
        using var scope = NewDisposeScope();
        var random = new SeededRandom(seed);
        long[] captions = [.. Enumerable.Range(0, 24).Select(_ => (long)random.NextInt(9))];
        // Integers over equal norms: many scores are equal to the bit, between right and wrong answers too.
        var corners = torch.tensor(
            Enumerable.Range(0, 24 * 4).Select(_ => random.NextInt(2) - 0.5).ToArray(),
            new long[] { 24, 4 }
        );
        var texts = torch.stack(captions.Select(caption => corners[caption]).ToArray());
        foreach (var text in new[] { texts, corners })
        {
            var batch = Batches.Of(corners.roll(5, 0), text) with { Captions = torch.tensor(captions) };
            var expected = Retrieval.Evaluate(batch.Image, batch.Text, captions, captions);
            Same((expected.ImageToText.Recall(1) + expected.TextToImage.Recall(1)) / 2, batch);
        }
    }

    [Fact]
    public void A_tie_is_wrong_so_that_a_model_which_tells_nothing_apart_has_no_success()
    {
        using var scope = NewDisposeScope();
        var one = Batches.Units(1, 6, 4).expand(7, 6).contiguous();
        Same(0, Batches.Of(one, one));
        Same(0, Batches.Of(one, one) with { Captions = torch.arange(7) });
    }

    [Fact]
    public void A_duplicate_of_the_caption_is_a_right_answer()
    {
        using var scope = NewDisposeScope();
        var apart = torch.eye(4, dtype: ScalarType.Float64);
        var twice = apart[torch.tensor(new long[] { 0, 0, 2, 3 })];
        // Rows 0 and 1 hold one caption: as captions of their own they tie in both directions.
        Same(0.5, Batches.Of(twice, twice));
        Same(1, Batches.Of(twice, twice) with { Captions = torch.tensor(new long[] { 7, 7, 2, 3 }) });
        Same(1, Batches.Of(twice, twice) with { Captions = torch.tensor(new long[] { 5, 5, 5, 5 }) });
    }

    [Fact]
    public void Captions_of_another_shape_or_type_are_refused()
    {
        using var scope = NewDisposeScope();
        foreach (
            var captions in new[]
            {
                torch.arange(3),
                torch.arange(4).to(ScalarType.Float32),
                torch.ones(4, 1, dtype: ScalarType.Int64),
            }
        )
        {
            var batch = Batches.Of(Batches.Units(4, 3, 1), Batches.Units(4, 3, 2)) with { Captions = captions };
            var error = Assert.Throws<ArgumentException>(() => new InfoNce().Forward(batch));
            Assert.Contains("the captions' numbers are 4 of int64", error.Message);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(5)]
    public void The_trainer_tells_captions_apart_by_their_tokens(int? microBatch)
    {
        var data = new Synthetic(16);
        var seen = new List<long[]>();
        var objective = new CustomObjective(
            "watched",
            batch =>
            {
                seen.Add(batch.Captions!.data<long>().ToArray());
                return -(batch.Image.mm(batch.Text.t()) * batch.LogitScale.exp()).log_softmax(1).diagonal().mean();
            }
        );
        Runs.Train(objective, Synthetic.Options(2) with { MicroBatch = microBatch }, Synthetic.Model(), data);
        Assert.True(seen.Count >= 2);
        using var scope = NewDisposeScope();
        for (var step = 0; step < 2; step++)
        {
            var captions = data.Batch(step)
                .Tokens.data<long>()
                .ToArray()
                .Chunk(Synthetic.Context)
                .Select(ids => string.Join(' ', ids))
                .ToArray();
            Assert.True(captions.Distinct().Count() is > 1 and < 16);
            for (var i = 0; i < 16; i++)
            for (var j = 0; j < 16; j++)
                Assert.Equal(captions[i] == captions[j], seen[step][i] == seen[step][j]);
        }
    }
}
