using Research.Encoders;
using Research.Objectives;
using Research.Schedules;
using Research.Training;
using Xunit;

namespace Core.Tests.Training;

public class TrainerTests
{
    static readonly Psd EmaPsd = new(
        new()
        {
            Teacher = TeacherSource.Ema(0.9, warmUp: true),
            SoftFraction = Schedule.Linear(0.2, 0.8),
            Sampling = SubsetSampling.Separate,
        }
    );

    static readonly Psd SteadyEmaPsd = new(
        new() { Teacher = TeacherSource.Ema(0.9), SoftFraction = Schedule.Linear(0.2, 0.8) }
    );

    /// <summary>A run from start to end, or until it has logged <paramref name="stopAfter"/>; then a second one that continues it.</summary>
    static (Dictionary<string, float[]> Weights, List<StepMetrics> Metrics) Train(
        IObjective objective,
        TrainerOptions options,
        string? folder = null,
        long stopAfter = long.MaxValue,
        List<TrainingEvent>? events = null
    )
    {
        var metrics = new List<StepMetrics>();
        using var cancellation = new CancellationTokenSource();
        using var model = Trainer.Initialise(Synthetic.Model(), options.Seed);
        using var trainer = new Trainer(model, objective, new Synthetic(16), options);
        trainer.Run(
            folder,
            e =>
            {
                events?.Add(e);
                if (e is not StepCompleted(var m))
                    return;
                metrics.Add(m with { ImagesPerSecond = 0 });
                if (m.Step >= stopAfter)
                    cancellation.Cancel();
            },
            cancellation.Token
        );
        return (Synthetic.Weights(model), metrics);
    }

    static void AssertSame(List<StepMetrics> expected, IEnumerable<StepMetrics> actual)
    {
        static string Text(StepMetrics m) =>
            $"{m with { Diagnostics = new Dictionary<string, double>() }} {string.Join(" ", m.Diagnostics.OrderBy(d => d.Key))}";
        Assert.Equal(expected.Select(Text), actual.Select(Text));
    }

    [Fact]
    public void The_loss_falls_on_pairs_that_can_be_learned()
    {
        var (_, metrics) = Train(new InfoNce(), Synthetic.Options(60));
        var start = metrics[0].Loss;
        Assert.InRange(start, 2, 6); // ln 16 and what random embeddings add at a temperature of 0.07
        Assert.True(metrics[^1].MeanLoss < start - 1, $"from {start} to {metrics[^1].MeanLoss}");
        Assert.True(metrics[^1].Diagnostics[DiagnosticNames.Accuracy] > 0.2, "chance is 1/16");
    }

    [Theory]
    [InlineData("infonce", 5)]
    [InlineData("psd-ema", 1)]
    [InlineData("psd-ema", 7)]
    [InlineData("psd-ema-steady", 4)]
    [InlineData("hn-nce", 11)]
    public void A_cancelled_and_resumed_run_equals_the_uninterrupted_one_to_the_bit(string name, long stop)
    {
        IObjective objective = name switch
        {
            "psd-ema" => EmaPsd,
            "psd-ema-steady" => SteadyEmaPsd,
            "hn-nce" => new HnNce(),
            _ => new InfoNce(),
        };
        using var folder = new TemporaryFolder();
        var whole = Train(objective, Synthetic.Options());
        var first = Train(objective, Synthetic.Options(), folder.Path, stop);
        var second = Train(objective, Synthetic.Options(), folder.Path);
        Assert.Equal(stop, first.Metrics[^1].Step);
        Assert.Equal(stop + 1, second.Metrics[0].Step);
        AssertSame(whole.Metrics, first.Metrics.Concat(second.Metrics));
        Synthetic.AssertSame(whole.Weights, second.Weights);
    }

    [Fact]
    public void A_killed_run_goes_on_from_its_last_checkpoint_and_ends_the_same()
    {
        using var folder = new TemporaryFolder();
        var options = Synthetic.Options() with { CheckpointEvery = 4 };
        var whole = Train(EmaPsd, options);
        // killed: the process ends inside the step after 6, without the checkpoint that cancellation writes
        Assert.Throws<OutOfMemoryException>(() =>
        {
            using var model = Trainer.Initialise(Synthetic.Model(), options.Seed);
            using var trainer = new Trainer(model, EmaPsd, new Synthetic(16), options);
            trainer.Run(
                folder.Path,
                e => _ = e is StepCompleted { Metrics.Step: 6 } ? throw new OutOfMemoryException() : 0
            );
        });
        var events = new List<TrainingEvent>();
        var rest = Train(EmaPsd, options, folder.Path, events: events);
        Assert.Equal(new TrainingStarted(4, 12), events[0]);
        AssertSame([.. whole.Metrics.Skip(4)], rest.Metrics);
        Synthetic.AssertSame(whole.Weights, rest.Weights);
    }

    [Fact]
    public void A_finished_run_has_nothing_to_do()
    {
        using var folder = new TemporaryFolder();
        var whole = Train(new InfoNce(), Synthetic.Options(3), folder.Path);
        var events = new List<TrainingEvent>();
        var again = Train(new InfoNce(), Synthetic.Options(3), folder.Path, events: events);
        Assert.Equal([new TrainingStarted(3, 3)], events);
        Synthetic.AssertSame(whole.Weights, again.Weights);
    }

    [Fact]
    public void Another_seed_gives_other_weights_and_the_same_seed_the_same()
    {
        var options = Synthetic.Options(2);
        var (a, b) = (Train(new InfoNce(), options).Weights, Train(new InfoNce(), options).Weights);
        Synthetic.AssertSame(a, b);
        var c = Train(new InfoNce(), options with { Seed = 4 }).Weights;
        Assert.Contains(a.Keys, k => !a[k].AsSpan().SequenceEqual(c[k]));
    }

    [Fact]
    public void A_logged_step_comes_at_the_first_the_last_and_every_so_many()
    {
        var (_, metrics) = Train(new InfoNce(), Synthetic.Options(8) with { LogEvery = 3 });
        Assert.Equal([1, 3, 6, 8], metrics.Select(m => m.Step));
        Assert.Equal(Synthetic.Options(8).LearningRateAt(5), metrics[2].LearningRate);
    }

    [Fact]
    public void Measuring_does_not_change_the_weights() =>
        Synthetic.AssertSame(
            Train(EmaPsd, Synthetic.Options(6)).Weights,
            Train(EmaPsd, Synthetic.Options(6) with { LogEvery = 6 }).Weights
        );

    [Fact]
    public void A_loss_that_is_not_finite_stops_the_run_with_its_step_and_keeps_the_last_checkpoint()
    {
        using var folder = new TemporaryFolder();
        var options = Synthetic.Options() with { CheckpointEvery = 2 };
        using var model = Trainer.Initialise(Synthetic.Model(), 1);
        using var trainer = new Trainer(model, new InfoNce(), new Synthetic(16) { BrokenFrom = 5 }, options);
        var error = Assert.Throws<InvalidOperationException>(() => trainer.Run(folder.Path));
        Assert.Contains("Step 6", error.Message);
        Assert.Contains("step-000000004", error.Message);
        Assert.DoesNotContain('\n', error.Message);

        using var fresh = Trainer.Initialise(Synthetic.Model(), 2);
        using var resumed = new Trainer(fresh, new InfoNce(), new Synthetic(16), options);
        resumed.Run(folder.Path, e => Assert.True(e is not TrainingStarted s || s.Step == 4));
        Assert.All(Synthetic.Weights(fresh).Values, w => Assert.All(w, x => Assert.True(float.IsFinite(x))));
    }

    [Fact]
    public void Without_a_checkpoint_the_error_says_so()
    {
        using var model = Trainer.Initialise(Synthetic.Model(), 1);
        using var trainer = new Trainer(
            model,
            new InfoNce(),
            new Synthetic(16) { BrokenFrom = 0 },
            Synthetic.Options()
        );
        Assert.Contains("No checkpoint", Assert.Throws<InvalidOperationException>(() => trainer.Run()).Message);
    }

    [Fact]
    public void Other_settings_do_not_continue_a_run()
    {
        using var folder = new TemporaryFolder();
        Train(new InfoNce(), Synthetic.Options(2), folder.Path);
        var error = Assert.Throws<InvalidOperationException>(() =>
            Train(new InfoNce(), Synthetic.Options(2) with { LearningRate = 1e-3 }, folder.Path)
        );
        Assert.Contains("LearningRate 0.003", error.Message);
        Assert.Contains("0.001", error.Message);
        Assert.Throws<InvalidOperationException>(() => Train(new HnNce(), Synthetic.Options(2), folder.Path));
        Train(new InfoNce(), Synthetic.Options(2) with { LogEvery = 7, Threads = 0, CheckpointEvery = 1 }, folder.Path);
    }

    [Fact]
    public void An_unknown_device_lists_those_of_this_machine()
    {
        using var model = new DualEncoder(Synthetic.Model());
        foreach (var device in new[] { "gpu", "cuda:99", "tpu:0" })
        {
            var error = Assert.Throws<ArgumentException>(() =>
                new Trainer(model, new InfoNce(), new Synthetic(16), Synthetic.Options() with { Device = device })
            );
            Assert.Contains($"'{device}'", error.Message);
            Assert.Contains("cpu", error.Message);
        }
    }

    [Fact]
    public void Data_of_another_batch_size_is_an_error()
    {
        using var model = new DualEncoder(Synthetic.Model());
        var error = Assert.Throws<ArgumentException>(() =>
            new Trainer(model, new InfoNce(), new Synthetic(8), Synthetic.Options())
        );
        Assert.Contains("batches of 8", error.Message);
    }

    [Fact]
    public void Steps_measurements_and_checkpoints_leave_no_native_handles()
    {
        using var folder = new TemporaryFolder();
        var handles = new List<long>();
        GC.Collect(); // what other tests left to their finalizers
        GC.WaitForPendingFinalizers();
        using var model = Trainer.Initialise(Synthetic.Model(), 1);
        using (
            var trainer = new Trainer(
                model,
                EmaPsd,
                new Synthetic(16),
                Synthetic.Options(12) with
                {
                    CheckpointEvery = 3,
                }
            )
        )
            trainer.Run(
                folder.Path,
                e =>
                {
                    if (e is CheckpointWritten)
                        handles.Add(TorchSharp.torch.Tensor.TotalCount);
                }
            );
        Assert.Equal(4, handles.Count);
        Assert.All(handles, h => Assert.Equal(handles[0], h));
    }

    [Fact]
    public void Bfloat16_learns_too_and_keeps_float32_weights()
    {
        var (weights, metrics) = Train(new InfoNce(), Synthetic.Options(30) with { Precision = Precision.Bf16 });
        var (_, full) = Train(new InfoNce(), Synthetic.Options(30));
        Assert.True(metrics[^1].MeanLoss < metrics[0].Loss);
        Assert.Equal(full[0].Loss, metrics[0].Loss, 0.05);
        Assert.NotEqual(full[0].Loss, metrics[0].Loss);
        Assert.Contains(weights.Values.SelectMany(w => w), x => x != (float)(Half)x); // more bits than 16
    }
}
