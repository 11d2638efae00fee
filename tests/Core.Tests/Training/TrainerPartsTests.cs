using Research.Encoders;
using Research.Engine;
using Research.Objectives;
using Research.Schedules;
using Research.Training;
using TorchSharp;
using Xunit;
using static Core.Tests.Training.Runs;
using static TorchSharp.torch;

namespace Core.Tests.Training;

/// <summary>What a trainer can do beside the plain loop: micro-batches, own parameters, frozen teachers, evaluation.</summary>
public sealed class TrainerPartsTests
{
    static readonly Psd Distilled = new(
        new() { Teacher = TeacherSource.Frozen, SoftFraction = Schedule.Constant(0.5) }
    );

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
    public void Concept_heads_learn_beside_a_contrastive_loss_in_micro_batches_and_resume()
    {
        using var folder = new TemporaryFolder();
        var config = Synthetic.Model(dropout: 0.2, stem: false);
        var options = Synthetic.Options(8) with { MicroBatch = 5 };
        (Run Run, float[] Heads) Trained(TrainerOptions with, string? at = null, long stopAfter = long.MaxValue)
        {
            using var objective = new WeightedSum(
                (1, new InfoNce()),
                (
                    0.5,
                    new ConceptDistillation(
                        new()
                        {
                            FeatureWidth = 16,
                            Objects = HeadObjective.Classes,
                            Attributes = 2,
                        }
                    )
                )
            );
            var data = new Sliced(16, concepts: true);
            var run = Train(objective, with, config, data, folder: at, stopAfter: stopAfter);
            return (
                run,
                [.. objective.Parameters.SelectMany(p => p.Parameter.detach().reshape(-1).data<float>().ToArray())]
            );
        }
        var whole = Trained(options);
        Close(Trained(options with { MicroBatch = null }).Run, whole.Run, 1e-4);
        Trained(options, folder.Path, 3);
        var resumed = Trained(options, folder.Path);
        Synthetic.AssertSame(whole.Run.Weights, resumed.Run.Weights);
        Assert.Equal(whole.Heads, resumed.Heads);
        Assert.Contains(whole.Heads, x => x != 0);
    }

    [Fact]
    public void SigLIPs_bias_is_trained_from_its_own_start()
    {
        using var objective = new SigLip();
        var bias = objective.Parameters[0].Parameter;
        Assert.Equal(-10f, bias.detach().item<float>());
        var run = Train(objective, Synthetic.Options(20), Synthetic.Model(stem: false));
        Assert.NotEqual(-10f, bias.detach().item<float>());
        Assert.Equal(10, run.Metrics[0].LogitScale, 0.1); // e^t' with t' = ln 10
        Assert.True(run.Metrics[^1].Loss < run.Metrics[0].Loss);
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
    public void The_logit_scale_keeps_above_its_least_where_one_is_asked_for()
    {
        var config = Synthetic.Model(stem: false) with { InitialTemperature = 1 / 2.01 };
        var objective = new CustomObjective("falling", b => b.LogitScale.exp() + 0 * b.Image.sum());
        var options = Synthetic.Options(10) with { LearningRate = 0.05, WarmupFraction = 0 };
        double[] Scales(double? least) =>
            [.. Train(objective, options with { MinimalLogitScale = least }, config).Metrics.Select(m => m.LogitScale)];
        Assert.True(Scales(null)[^1] < 1.9);
        Assert.All(Scales(2), s => Assert.InRange(s, 2 - 1e-6, 2.01));
        using var model = new DualEncoder(config);
        var error = Assert.Throws<ArgumentException>(() =>
            new Trainer(model, objective, new Synthetic(16), options with { MinimalLogitScale = 101 })
        );
        Assert.Contains("MinimalLogitScale 101", error.Message);
        Assert.Contains("MaximalLogitScale 100", error.Message);
    }

    [Fact]
    public void A_batch_that_is_too_small_for_the_objective_is_refused_before_training()
    {
        using var model = new DualEncoder(Synthetic.Model());
        var psd = new Psd(new() { Negatives = NegativePool.OwnSubset, SoftFraction = Schedule.Constant(0.95) });
        var error = Assert.Throws<ArgumentException>(() =>
            new Trainer(model, psd, new Synthetic(16), Synthetic.Options())
        );
        Assert.Contains("a batch of 16 has 15 unaligned and 1 aligned", error.Message);
    }

    [Fact]
    public void A_frozen_teachers_own_temperature_is_the_default_and_a_number_overrides_it()
    {
        var config = Synthetic.Model(stem: false);
        double FirstLoss(double? temperature, double own)
        {
            using var teacher = Trainer.Initialise(config with { InitialTemperature = own }, 77);
            var objective = new FrozenDistillation(new() { TeacherTemperature = temperature });
            return Train(objective, Synthetic.Options(1), config, teacher: teacher).Metrics[0].Loss;
        }
        Assert.Equal(FirstLoss(0.2, 0.07), FirstLoss(null, 0.2), 1e-6);
        Assert.Equal(FirstLoss(0.2, 0.07), FirstLoss(0.2, 0.5), 1e-6);
        Assert.NotEqual(FirstLoss(null, 0.07), FirstLoss(null, 0.2), 1e-3);
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
            Safetensors.Save(path, source.Weights());
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
        Safetensors.Save(path, wordy.Weights());
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
                Assert.True(model.encode_image(images).Equals(model.encode_image(images)));
            }
        );
        Synthetic.AssertSame(plain.Weights, evaluated.Weights);
        Assert.Equal(["evaluate 3", "evaluate 6"], order.Where(o => o.StartsWith("evaluate")));
        Assert.Equal(["step 3", "evaluate 3", "checkpoint 3"], order.SkipWhile(o => o != "step 3").Take(3));
    }
}
