using Core.Tests.Training.Processes;
using Research.Encoders;
using Research.Objectives;
using Research.Schedules;
using Research.Training;
using Xunit;
using static Core.Tests.Training.Runs;

namespace Core.Tests.Training;

/// <summary>Several processes, as threads of this one with real connections, share every batch.</summary>
public sealed class TrainerProcessTests
{
    [Theory]
    [InlineData(2, null)]
    [InlineData(4, 3)]
    public void Several_processes_train_as_one_does(int world, int? microBatch)
    {
        var config = Synthetic.Model(dropout: 0.2, stem: false);
        var objective = new Psd(
            new()
            {
                Teacher = TeacherSource.Ema(0.9),
                SoftFraction = Schedule.Constant(0.5),
                Sampling = SubsetSampling.Separate,
            }
        );
        var options = Synthetic.Options(6) with { MicroBatch = microBatch };
        var single = Train(objective, options, config);
        using var folder = new TemporaryFolder();
        var ranks = Together(
            world,
            () => Trainer.Initialise(config, options.Seed),
            (collective, model) =>
                Train(
                    objective,
                    options,
                    config,
                    collective: collective,
                    folder: Path.Combine(folder.Path, $"{collective.Rank}"),
                    start: model
                )
        );
        foreach (var run in ranks)
        {
            Close(single, run, 1e-4);
            Synthetic.AssertSame(ranks[0].Weights, run.Weights);
        }
        Assert.Equal(
            ["0"],
            Directory
                .GetDirectories(folder.Path)
                .Where(d => Directory.GetDirectories(d).Length > 0)
                .Select(Path.GetFileName)
        );
    }

    [Fact]
    public void Processes_stop_together_when_one_is_cancelled()
    {
        var options = Synthetic.Options(8);
        var ranks = Together(
            2,
            () => Trainer.Initialise(Synthetic.Model(), options.Seed),
            (collective, model) =>
                Train(
                    new InfoNce(),
                    options,
                    Synthetic.Model(),
                    collective: collective,
                    stopAfter: collective.Rank == 1 ? 3 : long.MaxValue,
                    start: model
                )
        );
        Assert.All(ranks, r => Assert.Equal(3, r.Metrics[^1].Step));
        Synthetic.AssertSame(ranks[0].Weights, ranks[1].Weights); // batch norm's running statistics too
    }

    [Fact]
    public void A_process_makes_its_own_rows_only()
    {
        var config = Synthetic.Model(dropout: 0.2, stem: false);
        var options = Synthetic.Options(2) with { MicroBatch = 3 };
        Sliced[] data = [new(16), new(16)];
        var ranks = Together(
            2,
            () => Trainer.Initialise(config, options.Seed),
            (collective, model) =>
                Train(new InfoNce(), options, config, data[collective.Rank], collective: collective, start: model)
        );
        Close(Train(new InfoNce(), options, config, new Sliced(16)), ranks[0], 1e-4);
        for (var rank = 0; rank < 2; rank++)
            foreach (var what in new[] { "images", "tokens" })
                Assert.Equal(
                    Enumerable.Range(8 * rank, 8),
                    data[rank]
                        .Asked.Where(a => a.What == what)
                        .SelectMany(a => Enumerable.Range(a.Start, a.Count))
                        .Distinct()
                        .Order()
                );
    }

    [Fact]
    public void A_batch_that_does_not_divide_over_the_processes_is_an_error()
    {
        using var model = new DualEncoder(Synthetic.Model());
        var error = Assert.Throws<ArgumentException>(() =>
            new Trainer(model, new InfoNce(), new Synthetic(16), Synthetic.Options(), collective: new Unmet(3))
        );
        Assert.Contains("16", error.Message);
        Assert.Contains("3 processes", error.Message);
    }

    [Fact]
    public void Processes_that_start_apart_are_an_error_that_says_in_what()
    {
        var config = Synthetic.Model(stem: false);
        var options = Synthetic.Options(4);
        string Error(Func<int, (TrainerOptions Options, ulong Weights)> of)
        {
            var models = new[] { 0, 1 }.Select(rank => Trainer.Initialise(config, of(rank).Weights)).ToArray();
            var outcomes = Groups.Try(
                2,
                group =>
                    Train(
                        new InfoNce(),
                        of(group.Rank).Options,
                        config,
                        new Synthetic(16),
                        collective: group,
                        start: models[group.Rank]
                    )
            );
            Assert.All(outcomes, o => Assert.IsType<InvalidOperationException>(o.Error));
            Assert.Equal(outcomes[0].Error!.Message, outcomes[1].Error!.Message);
            return outcomes[0].Error!.Message;
        }
        Assert.Contains("rank 1 has other weights", Error(rank => (options, (ulong)rank)));
        Assert.Contains("rank 1 has other settings", Error(rank => (options with { LearningRate = 1e-3 + rank }, 1)));
    }

    [Fact]
    public void Processes_that_resume_from_different_steps_are_an_error()
    {
        var config = Synthetic.Model(stem: false);
        var options = Synthetic.Options(4);
        using var folder = new TemporaryFolder();
        Train(new InfoNce(), options, config, folder: folder.Path, stopAfter: 2);
        var models = new[] { 0, 1 }.Select(_ => Trainer.Initialise(config, options.Seed)).ToArray();
        var outcomes = Groups.Try(
            2,
            group =>
                Train(
                    new InfoNce(),
                    options,
                    config,
                    collective: group,
                    folder: group.Rank == 0 ? folder.Path : null,
                    start: models[group.Rank]
                )
        );
        Assert.All(outcomes, o => Assert.Contains("rank 1 starts from step 0, rank 0 from step 2", o.Error!.Message));
    }

    /// <summary>A member whose others never come.</summary>
    sealed class Unmet(int world) : ICollective
    {
        public int Rank => 0;
        public int World => world;

        public TorchSharp.torch.Tensor AllGather(TorchSharp.torch.Tensor local) => throw new NotSupportedException();

        public TorchSharp.torch.Tensor AllReduceSum(TorchSharp.torch.Tensor local) => throw new NotSupportedException();
    }
}
