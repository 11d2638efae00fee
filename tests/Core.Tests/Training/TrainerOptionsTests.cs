using Research.Schedules;
using Research.Training;
using Xunit;

namespace Core.Tests.Training;

public class TrainerOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => new TrainerOptions().Validate();

    [Fact]
    public void A_mistake_names_its_field()
    {
        static void Names(string field, TrainerOptions options)
        {
            var error = Assert.ThrowsAny<ArgumentException>(options.Validate);
            Assert.Contains(field, error.ParamName);
        }
        var valid = new TrainerOptions();
        Names("Steps", valid with { Steps = 0 });
        Names("BatchSize", valid with { BatchSize = 1 });
        Names("MicroBatch", valid with { MicroBatch = 0 });
        Names("MicroBatch", valid with { BatchSize = 8, MicroBatch = 9 });
        Names("EvaluateEvery", valid with { EvaluateEvery = -1 });
        Names("LearningRate", valid with { LearningRate = 0 });
        Names("LearningRate", valid with { LearningRate = double.NaN });
        Names("WarmupFraction", valid with { WarmupFraction = 1 });
        Names("WarmupFraction", valid with { WarmupFraction = -0.1 });
        Names("LearningRateDecay", valid with { LearningRateDecay = null! });
        Names("LearningRateDecay", valid with { LearningRateDecay = Schedule.Linear(1, -1) });
        Names("WeightDecay", valid with { WeightDecay = -1 });
        Names("WeightDecay", valid with { WeightDecay = double.PositiveInfinity });
        Names("Beta1", valid with { Beta1 = 1 });
        Names("Beta2", valid with { Beta2 = double.NaN });
        Names("Epsilon", valid with { Epsilon = 0 });
        Names("MinimalLogitScale", valid with { MinimalLogitScale = 0 });
        Names("MinimalLogitScale", valid with { MinimalLogitScale = double.PositiveInfinity });
        Names("GradientClip", valid with { GradientClip = 0 });
        Names("Precision", valid with { Precision = (Precision)7 });
        Names("Device", valid with { Device = " " });
        Names("CheckpointEvery", valid with { CheckpointEvery = -1 });
        Names("LogEvery", valid with { LogEvery = 0 });
        Names("Threads", valid with { Threads = -1 });
    }

    [Fact]
    public void The_learning_rate_rises_to_its_peak_and_falls_by_half_a_cosine()
    {
        var options = new TrainerOptions
        {
            Steps = 100,
            LearningRate = 2,
            WarmupFraction = 0.1,
        };
        Assert.Equal(0.2, options.LearningRateAt(0), 12);
        Assert.Equal(1.0, options.LearningRateAt(4), 12);
        Assert.Equal(2.0, options.LearningRateAt(9), 12);
        Assert.Equal(2.0, options.LearningRateAt(10), 12);
        Assert.Equal(1.0, options.LearningRateAt(55), 12);
        Assert.Equal(1 + Math.Cos(Math.PI * 89 / 90), options.LearningRateAt(99), 12);
    }

    [Fact]
    public void Without_warm_up_the_first_step_is_at_the_peak() =>
        Assert.Equal(3, new TrainerOptions { LearningRate = 3, WarmupFraction = 0 }.LearningRateAt(0));

    [Fact]
    public void Progress_runs_from_0_at_the_first_step_to_1_at_the_last()
    {
        var options = new TrainerOptions { Steps = 11 };
        Assert.Equal(0, options.ProgressAt(0));
        Assert.Equal(0.5, options.ProgressAt(5));
        Assert.Equal(1, options.ProgressAt(10));
        Assert.Equal(0, new TrainerOptions { Steps = 1 }.ProgressAt(0));
    }
}
