using Research.Encoders;
using Research.Objectives;
using Research.Schedules;
using Research.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Training;

/// <summary>What a trainer can do beside the plain loop: micro-batches, own parameters, frozen teachers, evaluation, processes.</summary>
public sealed class TrainerPartsTests
{
    static readonly Psd Distilled = new(
        new() { Teacher = TeacherSource.Frozen, SoftFraction = Schedule.Constant(0.5) }
    );

    sealed record Run(Dictionary<string, float[]> Weights, List<StepMetrics> Metrics);

    static Run Train(
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

    static void Close(Run expected, Run actual, double tolerance)
    {
        Assert.Equal(expected.Metrics.Count, actual.Metrics.Count);
        foreach (var (a, b) in expected.Metrics.Zip(actual.Metrics))
        {
            Assert.Equal(a.Loss, b.Loss, tolerance * Math.Abs(a.Loss));
            Assert.Equal(a.GradientNorm, b.GradientNorm, 10 * tolerance * a.GradientNorm);
        }
    }

    [Fact]
    public void Training_in_micro_batches_is_training_on_the_whole_batch()
    {
        var config = Synthetic.Model(dropout: 0.2, stem: false);
        var objective = new Psd(
            new()
            {
                Teacher = TeacherSource.Ema(0.9),
                SoftFraction = Schedule.Linear(0.2, 0.8),
                Sampling = SubsetSampling.Separate,
            }
        );
        var whole = Train(objective, Synthetic.Options(8), config);
        foreach (var size in new[] { 16, 7, 2 })
            Close(whole, Train(objective, Synthetic.Options(8) with { MicroBatch = size }, config), 1e-4);
    }

    [Fact]
    public void A_run_in_micro_batches_resumes_to_the_bit()
    {
        using var folder = new TemporaryFolder();
        var options = Synthetic.Options(9) with { MicroBatch = 5 };
        var whole = Train(new HnNce(), options, Synthetic.Model());
        Train(new HnNce(), options, Synthetic.Model(), folder: folder.Path, stopAfter: 4);
        var resumed = Train(new HnNce(), options, Synthetic.Model(), folder: folder.Path);
        Assert.Equal(5, resumed.Metrics[0].Step);
        Synthetic.AssertSame(whole.Weights, resumed.Weights);
        foreach (int? other in new int?[] { null, 4 })
        {
            var error = Assert.Throws<InvalidOperationException>(() =>
                Train(new HnNce(), options with { MicroBatch = other }, Synthetic.Model(), folder: folder.Path)
            );
            Assert.Contains("MicroBatch 5", error.Message);
        }
    }

    [Fact]
    public void An_objectives_own_parameters_are_trained_saved_and_resumed()
    {
        using var folder = new TemporaryFolder();
        var config = Synthetic.Model(stem: false);
        var options = Synthetic.Options(9) with { MicroBatch = 6, WarmupFraction = 0 };
        float[] Trained(out Run run, string? at = null, long stopAfter = long.MaxValue)
        {
            using var objective = new HeadObjective(16);
            run = Train(objective, options, config, new Sliced(16, concepts: true), folder: at, stopAfter: stopAfter);
            return [.. objective.Head.detach().reshape(-1).data<float>()];
        }
        var head = Trained(out var whole);
        Trained(out _, folder.Path, 4);
        Assert.Equal(head, Trained(out var resumed, folder.Path));
        Synthetic.AssertSame(whole.Weights, resumed.Weights);
        Assert.True(whole.Metrics[^1].Loss < whole.Metrics[0].Loss);

        // AdamW's first step is the learning rate in the direction of the gradient: ten times the model's here
        using var one = new HeadObjective(16, learningRateFactor: 10, weightDecayFactor: 0);
        Train(one, options with { Steps = 1 }, config, new Sliced(16, concepts: true));
        Assert.All(one.Head.detach().reshape(-1).data<float>(), x => Assert.Equal(0.03, Math.Abs(x - 0.1), 1e-4));
        // with decay it also shrinks by rate x factor x decay x factor
        using var decayed = new HeadObjective(16, learningRateFactor: 10, weightDecayFactor: 0.5);
        Train(decayed, options with { Steps = 1 }, config, new Sliced(16, concepts: true));
        Assert.All(
            one.Head.detach().reshape(-1).data<float>().Zip(decayed.Head.detach().reshape(-1).data<float>()),
            x => Assert.Equal(0.1 * 0.03 * 0.05, x.First - x.Second, 1e-7)
        );
    }

    [Fact]
    public void A_new_model_has_the_logit_scale_that_the_objective_wants()
    {
        using var objective = new HeadObjective(16);
        using var model = Trainer.Initialise(Synthetic.Model(), 1, objective);
        Assert.Equal(1.5f, model.logit_scale.detach().item<float>());
        using var plain = Trainer.Initialise(Synthetic.Model(), 1);
        Assert.Equal(Math.Log(1 / 0.07), plain.logit_scale.detach().item<float>(), 1e-6);
    }

    [Fact]
    public void A_frozen_teacher_teaches_and_stays_as_it_is()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "teacher.safetensors");
        var checkpoints = Path.Combine(folder.Path, "checkpoint");
        var config = Synthetic.Model();
        string before;
        using (var source = Trainer.Initialise(config, 77))
        {
            Safetensors.Save(path, source.state_dict());
            before = TeacherWeights.Hash(source);
        }
        using var teacher = TeacherWeights.Load(config, path);
        Assert.False(teacher.training);
        Assert.Equal(before, TeacherWeights.Hash(teacher));

        var options = Synthetic.Options(6);
        var whole = Train(Distilled, options, config, teacher: teacher);
        Close(whole, Train(Distilled, options, config, teacher: teacher), 0);
        Assert.Equal(before, TeacherWeights.Hash(teacher));
        Assert.All(teacher.parameters(), p => Assert.Null(p.grad));
        using var other = Trainer.Initialise(config, 78);
        Assert.NotEqual(before, TeacherWeights.Hash(other));
        Assert.NotEqual(whole.Metrics[2].Loss, Train(Distilled, options, config, teacher: other).Metrics[2].Loss);

        Train(Distilled, options, config, teacher: teacher, folder: checkpoints, stopAfter: 3);
        var error = Assert.Throws<InvalidOperationException>(() =>
            Train(Distilled, options, config, teacher: other, folder: checkpoints)
        );
        Assert.Contains("teacher " + before, error.Message);
        Synthetic.AssertSame(
            whole.Weights,
            Train(Distilled, options, config, teacher: teacher, folder: checkpoints).Weights
        );

        // the weights of a run's checkpoint can teach another
        var state = Path.Combine(Directory.GetDirectories(checkpoints).Order().Last(), "state.safetensors");
        using var student = TeacherWeights.Load(config, state);
        Synthetic.AssertSame(whole.Weights, Synthetic.Weights(student));
    }

    [Fact]
    public void A_missing_superfluous_or_unfit_teacher_is_an_error_that_says_which()
    {
        using var folder = new TemporaryFolder();
        var config = Synthetic.Model();
        using var model = new DualEncoder(config);
        using var teacher = new DualEncoder(config);
        string Message(IObjective objective, DualEncoder? given) =>
            Assert
                .Throws<ArgumentException>(() =>
                    new Trainer(model, objective, new Synthetic(16), Synthetic.Options(), given)
                )
                .Message;
        Assert.Contains("got none", Message(Distilled, null));
        Assert.Contains("no use", Message(new InfoNce(), teacher));
        Assert.Contains("itself", Message(Distilled, model));
        using var large = new DualEncoder(config with { Vision = config.Vision with { ImageSize = 32 } });
        Assert.Contains("Vision.ImageSize 32", Message(Distilled, large));
        using var wordy = new DualEncoder(config with { Text = config.Text with { VocabularySize = 99 } });
        Assert.Contains("VocabularySize 99", Message(Distilled, wordy));

        var path = Path.Combine(folder.Path, "teacher.safetensors");
        Assert.Contains(path, Assert.Throws<FileNotFoundException>(() => TeacherWeights.Load(config, path)).Message);
        Safetensors.Save(path, wordy.state_dict());
        Assert.Contains(path, Assert.Throws<ArgumentException>(() => TeacherWeights.Load(config, path)).Message);
    }

    [Fact]
    public void Evaluation_comes_when_asked_in_evaluation_mode_and_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        var options = Synthetic.Options(7) with { EvaluateEvery = 3, CheckpointEvery = 3 };
        var order = new List<string>();
        var plain = Train(new InfoNce(), options with { EvaluateEvery = 0 }, Synthetic.Model());
        var evaluated = Train(
            new InfoNce(),
            options,
            Synthetic.Model(),
            folder: folder.Path,
            also: e =>
            {
                order.Add(
                    e switch
                    {
                        EvaluationDue due => $"evaluate {due.Step}",
                        StepCompleted done => $"step {done.Metrics.Step}",
                        CheckpointWritten written => $"checkpoint {written.Step}",
                        _ => "",
                    }
                );
                if (e is not EvaluationDue(_, var model))
                    return;
                using var scope = NewDisposeScope();
                Assert.False(model.training);
                manual_seed(99);
                var images = randn(4, 3, Synthetic.Size, Synthetic.Size);
                Assert.True(model.encode_image(images).equal(model.encode_image(images)));
            }
        );
        Synthetic.AssertSame(plain.Weights, evaluated.Weights);
        Assert.Equal(["evaluate 3", "evaluate 6"], order.Where(o => o.StartsWith("evaluate")));
        Assert.Equal(["step 3", "evaluate 3", "checkpoint 3"], order.SkipWhile(o => o != "step 3").Take(3));
    }

    [Theory]
    [InlineData(2, null)]
    [InlineData(4, 3)]
    public void Several_processes_train_as_one_does(int world, int? microBatch)
    {
        var config = Synthetic.Model(dropout: 0.2, stem: false);
        var objective = new Gathered(
            new Psd(
                new()
                {
                    Teacher = TeacherSource.Ema(0.9),
                    SoftFraction = Schedule.Constant(0.5),
                    Sampling = SubsetSampling.Separate,
                }
            )
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
                    new Gathered(new InfoNce()),
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
    public void A_batch_that_does_not_divide_over_the_processes_is_an_error()
    {
        using var threads = new Threads(3);
        using var model = new DualEncoder(Synthetic.Model());
        var error = Assert.Throws<ArgumentException>(() =>
            new Trainer(model, new InfoNce(), new Synthetic(16), Synthetic.Options(), collective: threads.Rank(0))
        );
        Assert.Contains("16", error.Message);
        Assert.Contains("3 processes", error.Message);
    }

    static Run[] Together(int world, Func<DualEncoder> start, Func<ICollective, DualEncoder, Run> train)
    {
        using var threads = new Threads(world);
        var models = Enumerable.Range(0, world).Select(_ => start()).ToArray(); // from the one generator of this process
        var results = new Run[world];
        var errors = new List<Exception>();
        var workers = Enumerable
            .Range(0, world)
            .Select(rank => new Thread(() =>
            {
                try
                {
                    results[rank] = train(threads.Rank(rank), models[rank]);
                }
                catch (Exception e)
                {
                    lock (errors)
                        errors.Add(e);
                }
            }))
            .ToList();
        workers.ForEach(w => w.Start());
        workers.ForEach(w => w.Join());
        return errors.Count == 0 ? results : throw new AggregateException(errors);
    }
}
