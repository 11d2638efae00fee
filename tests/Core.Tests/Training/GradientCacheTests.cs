using Core.Tests.Objectives;
using Research.Encoders;
using Research.Engine;
using Research.Objectives;
using Research.Training;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Training;

public sealed class GradientCacheTests
{
    const int Batch = 16;
    const long Step = 5;

    static IObjective Objective(string name) =>
        name switch
        {
            "infonce" => new InfoNce(),
            "psd" => new Psd(new() { Sampling = SubsetSampling.Separate }),
            "hn-nce" => new HnNce(),
            "custom" => new CustomObjective("margin", Every.Margin),
            _ => throw new ArgumentOutOfRangeException(nameof(name)),
        };

    /// <summary>Loss and gradients by parameter name of one step's batch, encoded in micro-batches of a size.</summary>
    static (double Loss, Dictionary<string, double[]> Gradients) Through(
        DualEncoder model,
        IObjective objective,
        int microBatch,
        ITrainingData? data = null,
        Precision precision = Precision.Fp32
    )
    {
        using var scope = NewDisposeScope();
        model.zero_grad();
        var encoder = new RowEncoder(3, precision, CPU);
        var cache = new GradientCache(model, encoder, new RunningStatistics(model), microBatch);
        var batch = new StepBatch(data ?? new Synthetic(Batch), Step, 0, Batch, CPU);
        var (image, text) = cache.Embed(batch, features: objective is HeadObjective);
        Assert.False(image.Embedding.requires_grad);
        var gradients = objective.Gradients(
            new(image.Embedding, text.Embedding, model.logit_scale, 0.5)
            {
                Random = new(3, Step),
                ImageFeatures = image.Features,
                Objects = batch.Objects,
            },
            Tiling.Default
        );
        cache.Backward(batch, gradients);
        model.logit_scale.grad = gradients.LogitScale;
        return (gradients.Loss.to(ScalarType.Float64).item<double>(), Gradients(model));
    }

    static Dictionary<string, double[]> Gradients(DualEncoder model) =>
        model
            .named_parameters()
            .ToDictionary(
                p => p.name,
                p => p.parameter.grad!.to(ScalarType.Float64).reshape(-1).data<double>().ToArray()
            );

    /// <summary>Differences relative to the norm of the whole gradient.</summary>
    static void Close(
        (double Loss, Dictionary<string, double[]> Gradients) expected,
        (double Loss, Dictionary<string, double[]> Gradients) actual,
        double tolerance
    )
    {
        Assert.Equal(expected.Loss, actual.Loss, tolerance * Math.Abs(expected.Loss));
        Assert.Equal(expected.Gradients.Keys.Order(), actual.Gradients.Keys.Order());
        var norm = Math.Sqrt(expected.Gradients.Values.Sum(g => g.Sum(x => x * x)));
        Assert.True(norm > 0.01);
        foreach (var (name, gradient) in expected.Gradients)
        {
            var difference = Math.Sqrt(gradient.Zip(actual.Gradients[name], (a, b) => (a - b) * (a - b)).Sum());
            Assert.True(difference <= tolerance * norm, $"{name}: {difference / norm:g3} of the gradient's norm");
        }
    }

    [Theory]
    [InlineData("infonce")]
    [InlineData("psd")]
    [InlineData("hn-nce")]
    [InlineData("custom")]
    public void Micro_batches_give_the_gradient_of_one_batch_with_dropout_on(string name)
    {
        manual_seed(1);
        using var model = new DualEncoder(Synthetic.Model(dropout: 0.3, stem: false));
        var whole = Through(model, Objective(name), Batch);
        foreach (var size in new[] { 8, 5, 1 })
            Close(whole, Through(model, Objective(name), size), 1e-6);
        using var undropped = new DualEncoder(Synthetic.Model(dropout: 0, stem: false));
        undropped.LoadWeights(model.Weights());
        Assert.NotEqual(whole.Loss, Through(undropped, Objective(name), Batch).Loss, 1e-3); // dropout was on
    }

    [Fact]
    public void Patches_are_left_out_and_activations_checkpointed_alike_in_every_micro_batch()
    {
        DualEncoderConfig Model(bool checkpoint)
        {
            var config = Synthetic.Model(dropout: 0.3, stem: false);
            return config with
            {
                Vision = config.Vision with { PatchDropout = 0.5, CheckpointActivations = checkpoint },
                Text = config.Text with { CheckpointActivations = checkpoint },
            };
        }
        manual_seed(1);
        using var plain = new DualEncoder(Model(checkpoint: false));
        using var checkpointed = new DualEncoder(Model(checkpoint: true));
        checkpointed.LoadWeights(plain.Weights());
        var whole = Through(plain, new InfoNce(), Batch);
        foreach (var size in new[] { Batch, 5 })
            Close(whole, Through(checkpointed, new InfoNce(), size), 1e-6);
        using var all = new DualEncoder(Synthetic.Model(dropout: 0.3, stem: false));
        all.LoadWeights(plain.Weights());
        Assert.NotEqual(whole.Loss, Through(all, new InfoNce(), Batch).Loss, 1e-3); // patches were left out
    }

    [Fact]
    public void In_float64_they_are_equal_to_rounding()
    {
        manual_seed(1);
        using var model = new DualEncoder(Synthetic.Model(dropout: 0.3, stem: false)).to(ScalarType.Float64);
        var data = new Doubles(Batch);
        var whole = Through(model, new HnNce(), Batch, data);
        Close(whole, Through(model, new HnNce(), 3, data), 1e-12);
    }

    sealed class Doubles(int batchSize) : ITrainingData
    {
        readonly Synthetic source = new(batchSize);
        public int BatchSize => batchSize;

        public TrainingBatch Batch(long step)
        {
            var batch = source.Batch(step);
            return batch with { Images = batch.Images.to(ScalarType.Float64) };
        }
    }

    [Fact]
    public void With_batch_norm_they_equal_the_same_micro_batches_in_one_graph()
    {
        const int size = 6;
        manual_seed(2);
        using var model = new DualEncoder(Synthetic.Model(dropout: 0.3));
        using var reference = new DualEncoder(Synthetic.Model(dropout: 0.3));
        reference.LoadWeights(model.Weights());
        var cached = Through(model, new HnNce(), size);

        using var scope = NewDisposeScope();
        var encoder = new RowEncoder(3, Precision.Fp32, CPU);
        var batch = new StepBatch(new Synthetic(Batch), Step, 0, Batch, CPU);
        Tensor All(Tower tower) =>
            cat(
                [
                    .. RowEncoder
                        .MicroBatches(Batch, size)
                        .Select(part =>
                            encoder.Rows(reference, tower, batch, part.Start, part.Count, "student").Embedding
                        ),
                ],
                0
            );
        var loss = new HnNce().Forward(new(All(Tower.Image), All(Tower.Text), reference.logit_scale, 0.5)).Loss;
        loss.backward();
        Close((loss.to(ScalarType.Float64).item<double>(), Gradients(reference)), cached, 1e-6);
        // the running statistics moved once for each micro-batch, though each was encoded twice
        Synthetic.AssertSame(Synthetic.Weights(reference), Synthetic.Weights(model));
        Assert.Equal(3, model.modules().OfType<BatchNorm2d>().First().num_batches_tracked!.item<long>());
    }

    [Fact]
    public void Features_and_their_targets_pass_through_the_cache()
    {
        manual_seed(3);
        using var model = new DualEncoder(Synthetic.Model(dropout: 0.2, stem: false));
        using var objective = new HeadObjective(16);
        var whole = Through(model, objective, Batch, new Sliced(Batch, concepts: true));
        Close(whole, Through(model, objective, 5, new Sliced(Batch, concepts: true)), 1e-6);
        var without = Through(model, new InfoNce(), 5, new Sliced(Batch));
        Assert.NotEqual(whole.Gradients["visual.ln_post.weight"], without.Gradients["visual.ln_post.weight"]);
    }

    [Fact]
    public void Under_bfloat16_both_passes_compute_the_same()
    {
        manual_seed(4);
        using var model = new DualEncoder(Synthetic.Model(dropout: 0.2, stem: false));
        var whole = Through(model, new InfoNce(), Batch, precision: Precision.Bf16);
        Close(whole, Through(model, new InfoNce(), 4, precision: Precision.Bf16), 0.02);
    }

    [Fact]
    public void The_data_is_asked_for_micro_batches_only_and_twice_for_each()
    {
        using var model = new DualEncoder(Synthetic.Model());
        var data = new Sliced(Batch);
        Through(model, new InfoNce(), 6, data);
        (int, int)[] parts = [(0, 6), (6, 6), (12, 4)];
        foreach (var what in new[] { "images", "tokens" })
            Assert.Equal(parts.Concat(parts), data.Asked.Where(a => a.What == what).Select(a => (a.Start, a.Count)));
        data.Asked.Clear();
        Through(model, new InfoNce(), Batch, data);
        Assert.Equal([("images", 0, Batch), ("tokens", 0, Batch)], data.Asked);
    }
}
