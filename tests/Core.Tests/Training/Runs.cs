using Core.Tests.Training.Processes;
using Research.Encoders;
using Research.Objectives;
using Research.Training;
using Xunit;

namespace Core.Tests.Training;

/// <summary>What a run on synthetic pairs left.</summary>
sealed record Run(Dictionary<string, float[]> Weights, List<StepMetrics> Metrics);

/// <summary>Runs on synthetic pairs.</summary>
static class Runs
{
    public static Run Train(
        IObjective objective,
        TrainerOptions options,
        DualEncoderConfig config,
        ITrainingData? data = null,
        DualEncoder? teacher = null,
        ICollective? collective = null,
        string? folder = null,
        long stopAfter = long.MaxValue,
        Action<TrainingEvent>? also = null,
        DualEncoder? start = null
    )
    {
        var metrics = new List<StepMetrics>();
        using var cancellation = new CancellationTokenSource();
        using var model = start ?? Trainer.Initialise(config, options.Seed, objective);
        using var trainer = new Trainer(
            model,
            objective,
            data ?? new Synthetic(options.BatchSize),
            options,
            teacher,
            collective
        );
        trainer.Run(
            folder,
            e =>
            {
                also?.Invoke(e);
                if (e is not StepCompleted(var m))
                    return;
                metrics.Add(m);
                if (m.Step >= stopAfter)
                    cancellation.Cancel();
            },
            cancellation.Token
        );
        return new(Synthetic.Weights(model), metrics);
    }

    public static void Close(Run expected, Run actual, double tolerance)
    {
        Assert.Equal(expected.Metrics.Count, actual.Metrics.Count);
        foreach (var (a, b) in expected.Metrics.Zip(actual.Metrics))
        {
            Assert.Equal(a.Loss, b.Loss, tolerance * Math.Abs(a.Loss));
            Assert.Equal(a.GradientNorm, b.GradientNorm, 10 * tolerance * a.GradientNorm);
        }
    }

    /// <summary>A run shared by several members of a group, threads of this process, each with a model of its own.</summary>
    public static Run[] Together(int world, Func<DualEncoder> start, Func<ICollective, DualEncoder, Run> train)
    {
        var models = Enumerable.Range(0, world).Select(_ => start()).ToArray(); // from the one generator of this process
        return Groups.Run(world, group => train(group, models[group.Rank]));
    }
}
