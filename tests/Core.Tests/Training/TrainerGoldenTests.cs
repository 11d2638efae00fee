using Core.Tests.Encoders;
using Core.Tests.Engine;
using Research.Encoders;
using Research.Engine;
using Research.Objectives;
using Research.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Training;

/// <summary>The trainer's steps against PyTorch's, by autograd over the whole batch (tests/golden/trainer_step.py).</summary>
public sealed class TrainerGoldenTests
{
    const int Steps = 20;

    sealed class Ramps : ITrainingData
    {
        public int BatchSize => TinyDual.Batch;

        public TrainingBatch Batch(long step)
        {
            var seed = (int)(step % 3);
            return new(
                Formula.Ramp(seed, [TinyDual.Batch, 3, 16, 16], 4),
                Formula.Captions(seed, TinyDual.Batch, TinyDual.Context, TinyDual.Vocabulary)
            );
        }
    }

    [Theory]
    [InlineData("infonce", null)]
    [InlineData("infonce", 3)]
    [InlineData("hnnce", null)]
    [InlineData("hnnce", 1)]
    public void Twenty_steps_give_PyTorchs_losses_norms_and_weights(string name, int? microBatch)
    {
        using var scope = NewDisposeScope();
        IObjective objective = name == "infonce" ? new InfoNce() : new HnNce(new() { Alpha = 0.9, Beta = 0.5 });
        var golden = Golden.Load("trainer_step");
        using var model = new DualEncoder(TinyDual.Config(stem: false));
        model.load_state_dict(
            Golden
                .Load("vit_step")
                .Where(p => p.Key.StartsWith("start."))
                .ToDictionary(p => p.Key["start.".Length..], p => p.Value)
        );
        using var trainer = new Trainer(
            model,
            objective,
            new Ramps(),
            new()
            {
                Steps = Steps,
                BatchSize = TinyDual.Batch,
                MicroBatch = microBatch,
                LearningRate = 2e-3,
                WarmupFraction = 0.25,
                WeightDecay = 0.1,
                Epsilon = 1e-6,
                LogEvery = 1,
                CheckpointEvery = 0,
            }
        );
        var metrics = new List<StepMetrics>();
        trainer.Run(sink: e =>
        {
            if (e is StepCompleted(var m))
                metrics.Add(m);
        });
        var (losses, norms) = (Golden.Doubles(golden[name + ".losses"]), Golden.Doubles(golden[name + ".norms"]));
        Assert.Equal(Steps, metrics.Count);
        for (var step = 0; step < Steps; step++)
        {
            Assert.Equal(losses[step], metrics[step].Loss, 1e-5 * Math.Abs(losses[step]));
            Assert.Equal(norms[step], metrics[step].GradientNorm, 1e-4 * norms[step]);
        }
        var final = golden.Where(p => p.Key.StartsWith(name + ".final.")).ToList();
        Assert.Equal(5, final.Count);
        foreach (var (key, value) in final)
            Golden.Close(key, value, model.Weights()[key[(name.Length + 7)..]], relative: 1e-3, absolute: 1e-4);
    }
}
