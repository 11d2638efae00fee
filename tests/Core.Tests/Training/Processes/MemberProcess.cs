using Research.Engine;
using Research.Objectives;
using Research.Schedules;
using Research.Training;
using Research.Training.Processes;
using TorchSharp;

namespace Core.Tests.Training.Processes;

/// <summary>What a process of a group does: trains on its part of synthetic batches, and leaves its weights.</summary>
static class MemberProcess
{
    public const string Weights = "weights-{0}.safetensors";

    /// <summary>Where the first process of a group that waits for it shows that it has seen so many steps.</summary>
    public const string Progress = "step-{0}";

    /// <summary>A file whose presence makes the group train slowly, so that it can be interrupted.</summary>
    public const string Slow = "slow";

    public static void Train(string folder)
    {
        using var group = ProcessGroup.FromEnvironment();
        var (config, options) = (Synthetic.Model(dropout: 0.2), Synthetic.Options(10) with { CheckpointEvery = 2 });
        var objective = new Psd(
            new()
            {
                SoftFraction = Schedule.Constant(0.5),
                HardNegatives = new() { Beta = 0.5 },
            }
        );
        var slow = File.Exists(Path.Combine(folder, Slow));
        using var model = Trainer.Initialise(config, options.Seed, objective);
        using var trainer = new Trainer(
            model,
            objective,
            new Synthetic(options.BatchSize),
            options with
            {
                Threads = 1,
            },
            collective: group
        );
        trainer.Run(
            Path.Combine(folder, "checkpoints"),
            e =>
            {
                if (group.Rank != 0 || e is not StepCompleted(var step))
                    return;
                File.WriteAllText(Path.Combine(folder, string.Format(null, Progress, step.Step)), "");
                if (slow)
                    Thread.Sleep(300);
            }
        );
        Safetensors.Save(Path.Combine(folder, string.Format(null, Weights, group.Rank)), model.Weights());
    }
}
