using Core.Tests.Training;
using Research.Objectives;
using Research.Randomness;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>A loss of the caller's own.</summary>
public class CustomObjectiveTests
{
    static Tensor InfoNce(EmbeddingBatch batch)
    {
        var z = batch.Image.mm(batch.Text.t()) * batch.LogitScale.exp();
        return -(z.log_softmax(1).diagonal().mean() + z.log_softmax(0).diagonal().mean()) / 2;
    }

    [Fact]
    public void It_is_the_objective_that_its_function_says()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random() with { WantDiagnostics = true };
        var (own, reference) = (new CustomObjective("mine", InfoNce), new InfoNce());
        Batches.AssertSame(Batches.Run(own, batch), Batches.Run(reference, batch));
        var (a, b) = (own.Gradients(batch, Tiling.Default), reference.Gradients(batch, Tiling.Default));
        foreach (var (x, y) in new[] { (a.Image, b.Image), (a.Text, b.Text), (a.LogitScale, b.LogitScale) })
            Assert.True((x - y).abs().max().item<double>() < 1e-12);
        Assert.Equal(b.Diagnostics, a.Diagnostics);
        Assert.Equal("mine", own.ToString());
    }

    [Fact]
    public void It_trains_as_the_closed_form_does_in_micro_batches_too_and_gets_what_it_needs()
    {
        var seen = new List<EmbeddingBatch>();
        var config = Synthetic.Model(dropout: 0.2, stem: false);
        var own = new CustomObjective(
            "mine",
            batch =>
            {
                Assert.Equal(16, batch.ImageFeatures!.shape[1]);
                Assert.Equal(batch.Image.shape, batch.TeacherImage!.shape);
                seen.Add(batch);
                return InfoNce(batch);
            },
            new() { Teacher = TeacherSource.Ema(0.9), ImageFeatures = true }
        );
        var reference = Runs.Train(new InfoNce(), Synthetic.Options(4), config);
        foreach (int? size in new int?[] { null, 5 })
            Runs.Close(reference, Runs.Train(own, Synthetic.Options(4) with { MicroBatch = size }, config), 1e-4);
        Assert.Equal(
            Enumerable.Range(0, 8).Select(i => new StepRandomness(3, i % 4)),
            seen.Select(b => b.Random!.Value)
        );
        Assert.All(seen, b => Assert.Null(b.Objects));
    }

    [Fact]
    public void It_leaves_no_tensor_behind()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random();
        var own = new CustomObjective("mine", InfoNce);
        void Run()
        {
            using var inner = NewDisposeScope();
            own.Gradients(batch, Tiling.Default);
        }
        Run();
        GC.Collect(); // what other tests left to their finalizers
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        Run();
        Assert.True(Tensor.TotalCount <= before);
    }

    static void Fails<T>(Func<EmbeddingBatch, Tensor> loss, params string[] says)
        where T : Exception
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<T>(() =>
            new CustomObjective("mine", loss).Gradients(Batches.Random(), Tiling.Default)
        );
        Assert.StartsWith("mine: ", error.Message);
        Assert.DoesNotContain('\n', error.Message);
        Assert.All(says, s => Assert.Contains(s, error.Message));
    }

    [Fact]
    public void What_is_no_loss_is_an_error_that_names_it()
    {
        Fails<InvalidOperationException>(b => b.Image.mm(b.Text.t()).diagonal(), "[9]", "scalar", "mean");
        Fails<InvalidOperationException>(b => b.Image.argmax(), "Int64", "floating point");
        Fails<InvalidOperationException>(_ => null!, "null");
        Fails<InvalidOperationException>(b => b.Image.detach().sum(), "does not depend on the embeddings");
        Fails<InvalidOperationException>(b => b.LogitScale * 2, "does not depend on the embeddings");
        Fails<InvalidOperationException>(_ => torch.tensor(1.0), "does not depend on the embeddings");
        Fails<InvalidOperationException>(b => b.Image.mm(b.Text).sum(), "the loss function failed");
        Fails<NotFiniteNumberException>(b => (b.Image.sum() * 0).log(), "the loss is -Infinity");
        Assert.Throws<ArgumentException>(() => new CustomObjective(" ", InfoNce));
        Assert.Throws<ArgumentNullException>(() => new CustomObjective("mine", null!));
    }
}
