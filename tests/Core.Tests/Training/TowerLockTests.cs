using Research.Encoders;
using Research.Objectives;
using Research.Training;
using TorchSharp;
using Xunit;
using static Core.Tests.Training.Runs;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Core.Tests.Training;

/// <summary>Locked encoders and learning rates by encoder and depth, through the trainer, against steps written out by hand.</summary>
public sealed class TowerLockTests
{
    const int Steps = 6;

    static DualEncoderConfig Model(string kind)
    {
        var config = Synthetic.Model(dropout: 0, stem: false);
        return config with
        {
            Vision = kind switch
            {
                "resnet" => new VisionConfig
                {
                    ImageSize = 32,
                    Width = 4,
                    ResNet = new(1, 1, 1, 1),
                },
                "checkpointed" => config.Vision with { Layers = 2, CheckpointActivations = true },
                _ => config.Vision with { Layers = 2 },
            },
            Text = config.Text with { Layers = 2, CheckpointActivations = kind == "checkpointed" },
        };
    }

    /// <summary>Synthetic pairs with pictures of 32 pixels.</summary>
    sealed class Doubled(int batchSize) : ITrainingData
    {
        readonly Synthetic source = new(batchSize);
        public int BatchSize => batchSize;

        public TrainingBatch Batch(long step)
        {
            var batch = source.Batch(step);
            return batch with { Images = batch.Images.repeat_interleave(2, 2).repeat_interleave(2, 3) };
        }
    }

    static ITrainingData Data(DualEncoderConfig config, int batch) =>
        config.Vision.ImageSize == 32 ? new Doubled(batch) : new Synthetic(batch);

    static TrainerOptions Options(TowerTraining? image = null, TowerTraining? text = null) =>
        Synthetic.Options(Steps) with
        {
            Image = image ?? new(),
            Text = text ?? new(),
            GradientClip = null,
            WeightDecay = 0.2,
            Epsilon = 1e-4, // or a gradient that is rounding alone, as of a key's bias, would make whole steps
        };

    static TowerTraining Locked(int unlocked = 0, bool norms = true, long? until = null) =>
        new()
        {
            Lock = new()
            {
                UnlockedGroups = unlocked,
                FreezeNorms = norms,
                Until = until,
            },
        };

    /// <summary>The depth of a parameter of an encoder with two blocks: 0 for embeddings, 1 and 2 for the blocks, 3 for the projection.</summary>
    static int Depth(string name) =>
        name.Contains("resblocks.0.") ? 1
        : name.Contains("resblocks.1.") || name.Contains("ln_post") || name.Contains("ln_final") ? 2
        : name is "visual.proj" or "text.text_projection" ? 3
        : 0;

    static bool Image(string name) => name.StartsWith("visual.");

    static bool Text(string name) => name.StartsWith("text.");

    /// <summary>What each case trains: the options, and by name and step the factor on the learning rate, 0 for what is locked.</summary>
    static (TrainerOptions Options, Func<string, long, double> Factor) Case(string name) =>
        name switch
        {
            "image" => (Options(Locked()), (n, _) => Image(n) ? 0 : 1),
            "image but the projection" => (Options(Locked(1)), (n, _) => Image(n) && Depth(n) < 3 ? 0 : 1),
            "image but the last block" => (Options(Locked(2)), (n, _) => Image(n) && Depth(n) < 2 ? 0 : 1),
            "image but everything" => (Options(Locked(4)), (_, _) => 1),
            "text" => (Options(text: Locked()), (n, _) => Text(n) ? 0 : 1),
            "text but the last block" => (Options(text: Locked(2)), (n, _) => Text(n) && Depth(n) < 2 ? 0 : 1),
            "text but norms" => (Options(text: Locked(norms: false)), (n, _) => Text(n) && !n.Contains(".ln_") ? 0 : 1),
            "both" => (Options(Locked(), Locked()), (n, _) => Image(n) || Text(n) ? 0 : 1),
            "image until step 3" => (Options(Locked(until: 3)), (n, step) => Image(n) && step < 3 ? 0 : 1),
            "rates" => (
                Options(new() { LearningRateFactor = 0.1 }, new() { LearningRateFactor = 2 }),
                (n, _) =>
                    Image(n) ? 0.1
                    : Text(n) ? 2
                    : 1
            ),
            "layer decay" => (
                Options(new() { LayerDecay = 0.5 }, new() { LayerDecay = 0.25, LearningRateFactor = 3 }),
                (n, _) =>
                    Image(n) ? Math.Pow(0.5, 3 - Depth(n))
                    : Text(n) ? 3 * Math.Pow(0.25, 3 - Depth(n))
                    : 1
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "unknown case"),
        };

    /// <summary>Training written out: autograd of InfoNCE over the whole batch, AdamW in float64 by its formula, one number at a time.</summary>
    static Dictionary<string, float[]> ByHand(
        DualEncoderConfig config,
        TrainerOptions options,
        Func<string, long, double> factor
    )
    {
        using var model = Trainer.Initialise(config, options.Seed);
        model.train();
        var state = new Dictionary<string, (double[] Mean, double[] Square, int Updates)>();
        for (long step = 0; step < options.Steps; step++)
        {
            using var scope = NewDisposeScope();
            model.zero_grad();
            var batch = new Synthetic(options.BatchSize).Batch(step);
            var logits =
                model.logit_scale.exp() * model.encode_image(batch.Images).mm(model.encode_text(batch.Tokens).t());
            var labels = arange(options.BatchSize);
            ((F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2).backward();
            using var none = no_grad();
            foreach (var (name, parameter) in model.named_parameters())
            {
                var rate = options.LearningRateAt(step) * factor(name, step);
                if (rate == 0)
                    continue;
                var gradient = parameter.grad!.to(ScalarType.Float64).reshape(-1).data<double>().ToArray();
                var value = parameter.to(ScalarType.Float64).reshape(-1).data<double>().ToArray();
                var (mean, square, updates) = state.GetValueOrDefault(
                    name,
                    (new double[value.Length], new double[value.Length], 0)
                );
                state[name] = (mean, square, ++updates);
                var decay = DecayGroups.Decays(name, parameter.dim()) ? options.WeightDecay : 0;
                for (var i = 0; i < value.Length; i++)
                {
                    mean[i] = options.Beta1 * mean[i] + (1 - options.Beta1) * gradient[i];
                    square[i] = options.Beta2 * square[i] + (1 - options.Beta2) * gradient[i] * gradient[i];
                    var (m, v) = (
                        mean[i] / (1 - Math.Pow(options.Beta1, updates)),
                        square[i] / (1 - Math.Pow(options.Beta2, updates))
                    );
                    value[i] -= rate * (decay * value[i] + m / (Math.Sqrt(v) + options.Epsilon));
                }
                parameter.copy_(tensor(value).reshape(parameter.shape));
            }
            model.ClampLogitScale();
        }
        return Synthetic.Weights(model);
    }

    [Theory]
    [InlineData("image")]
    [InlineData("image but the projection")]
    [InlineData("image but the last block")]
    [InlineData("image but everything")]
    [InlineData("text")]
    [InlineData("text but the last block")]
    [InlineData("text but norms")]
    [InlineData("both")]
    [InlineData("image until step 3")]
    [InlineData("rates")]
    [InlineData("layer decay")]
    public void Training_is_that_written_out_by_hand_and_what_is_locked_keeps_every_bit(string name)
    {
        var (options, factor) = Case(name);
        var expected = ByHand(Model("vit"), options, factor);
        using var start = Trainer.Initialise(Model("vit"), options.Seed);
        var before = Synthetic.Weights(start);
        foreach (var micro in new int?[] { null, 5 })
        foreach (var kind in new[] { "vit", "checkpointed" })
        {
            var made = Train(new InfoNce(), options with { MicroBatch = micro }, Model(kind)).Weights;
            foreach (var (key, values) in expected)
                if (Enumerable.Range(0, Steps).All(step => factor(key, step) == 0))
                    Assert.True(before[key].AsSpan().SequenceEqual(made[key]), $"{key} moved");
                else
                {
                    var (distance, moved) = (Distance(values, made[key]), Distance(values, before[key]));
                    Assert.True(distance <= 1e-3 * moved, $"{key}: {distance:g3} apart after a way of {moved:g3}");
                }
        }
    }

    static double Distance(float[] a, float[] b) =>
        Math.Sqrt(a.Zip(b, (x, y) => ((double)x - y) * ((double)x - y)).Sum());

    [Fact]
    public void Nothing_below_the_first_trained_part_has_a_gradient()
    {
        using var model = Trainer.Initialise(Model("vit"), 1);
        var options = Options(Locked(2));
        using var trainer = new Trainer(model, new InfoNce(), new Synthetic(16), options);
        var seen = 0;
        trainer.Run(sink: e =>
        {
            if (e is not StepCompleted)
                return;
            seen++;
            foreach (var (name, parameter) in model.named_parameters())
                Assert.Equal(Image(name) && Depth(name) < 2, parameter.grad is null);
        });
        Assert.Equal(Steps, seen);
        trainer.Dispose();
        Assert.All(model.parameters(), p => Assert.True(p.requires_grad));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Locked_batch_norms_keep_their_statistics_unless_these_are_to_move(bool freeze)
    {
        var config = Model("resnet");
        var options = Options(
            new()
            {
                Lock = new() { FreezeStatistics = freeze, UnlockedGroups = 1 },
            }
        );
        using var start = Trainer.Initialise(config, options.Seed);
        var before = Synthetic.Weights(start);
        foreach (var micro in new int?[] { null, 8 })
        {
            var after = Train(new InfoNce(), options with { MicroBatch = micro }, config, Data(config, 16)).Weights;
            foreach (var (name, values) in before.Where(w => Image(w.Key)))
            {
                var same = values.AsSpan().SequenceEqual(after[name]);
                if (name.Contains("running") || name.Contains("tracked"))
                    Assert.True(same == freeze, $"{name}, micro-batch {micro}");
                else if (name.Contains("attnpool") && !name.EndsWith("k_proj.bias")) // no output changes by a key's bias
                    Assert.False(same, name);
                else if (!name.Contains("attnpool"))
                    Assert.True(same, name);
            }
        }
    }

    [Fact]
    public void A_locked_tower_of_moving_statistics_follows_the_batches_once_a_step_in_micro_batches_too()
    {
        var config = Model("resnet");
        var options = Options(new() { Lock = new() { FreezeStatistics = false } }) with { MicroBatch = 8 };
        var after = Train(new InfoNce(), options, config, Data(config, 16)).Weights;
        Assert.Equal(2 * Steps, after["visual.bn1.num_batches_tracked"][0]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3L)]
    public void A_model_in_evaluation_stays_so_when_its_trainer_goes(long? until)
    {
        var config = Model("resnet");
        using var model = Trainer.Initialise(config, 1);
        var trainer = new Trainer(model, new InfoNce(), Data(config, 16), Options(Locked(until: until)));
        trainer.Run();
        model.eval();
        model.requires_grad_(false);
        trainer.Dispose();
        Assert.All(model.visual.modules().OfType<TorchSharp.Modules.BatchNorm2d>(), n => Assert.False(n.training));
        Assert.Equal(until is null, model.visual.parameters().First().requires_grad); // only what the lock still held comes back
    }

    static readonly Psd emaPsd = new(new() { Teacher = TeacherSource.Ema(0.9) });

    [Theory]
    [InlineData("vit", 2)]
    [InlineData("vit", 3)]
    [InlineData("vit", 4)]
    [InlineData("resnet", 2)]
    [InlineData("resnet", 4)]
    public void A_run_that_is_stopped_around_the_end_of_a_lock_goes_on_to_the_bit(string kind, long stop)
    {
        var config = Model(kind);
        var options = Options(Locked(until: 3), Locked(unlocked: 1, until: 4)) with { GradientClip = 1 };
        using var folder = new TemporaryFolder();
        Run Once(string? path, long until = long.MaxValue) =>
            Train(emaPsd, options, config, Data(config, 16), folder: path, stopAfter: until);
        var whole = Once(null);
        var first = Once(folder.Path, stop);
        Assert.Equal(stop, first.Metrics[^1].Step);
        var second = Once(folder.Path);
        Assert.Equal(stop + 1, second.Metrics[0].Step);
        Synthetic.AssertSame(whole.Weights, second.Weights);
        Assert.Equal(whole.Metrics.Select(m => m.Loss), first.Metrics.Concat(second.Metrics).Select(m => m.Loss));
    }

    [Fact]
    public void A_teacher_that_averages_the_weights_keeps_what_is_locked_to_the_bit()
    {
        var config = Model("vit");
        using var folder = new TemporaryFolder();
        var run = Train(emaPsd, Options(Locked()), config, folder: folder.Path);
        var newest = Directory.GetDirectories(folder.Path).Max()!;
        using var scope = NewDisposeScope();
        var saved = Research.Engine.Safetensors.Load(Path.Combine(newest, "state.safetensors"));
        foreach (var (name, values) in run.Weights)
        {
            var teacher = saved[$"teacher.{name}"].to(ScalarType.Float32).reshape(-1).data<float>().ToArray();
            if (Image(name))
                Assert.True(values.AsSpan().SequenceEqual(teacher), name);
            else if (!name.Contains("in_proj_bias"))
                Assert.False(values.AsSpan().SequenceEqual(teacher), name);
            Assert.Equal(!Image(name), saved.ContainsKey($"optimizer.{name}.exp_avg"));
        }
    }

    [Theory]
    [InlineData("vit", false)]
    [InlineData("resnet", false)]
    [InlineData("vit", true)]
    public void Several_processes_train_as_one_does(string kind, bool both)
    {
        var config = Model(kind);
        var options = Options(Locked(), both ? Locked() : null) with { GradientClip = 1 };
        var single = Train(new InfoNce(), options, config, Data(config, 16));
        var ranks = Together(
            2,
            () => Trainer.Initialise(config, options.Seed),
            (collective, model) =>
                Train(new InfoNce(), options, config, Data(config, 16), collective: collective, start: model)
        );
        foreach (var run in ranks)
        {
            Close(single, run, 1e-4);
            Synthetic.AssertSame(ranks[0].Weights, run.Weights);
        }
    }

    [Fact]
    public void Other_locks_do_not_continue_a_run()
    {
        using var folder = new TemporaryFolder();
        Train(new InfoNce(), Options(Locked(until: 3)), Model("vit"), folder: folder.Path);
        var error = Assert.Throws<InvalidOperationException>(() =>
            Train(new InfoNce(), Options(Locked(until: 4)), Model("vit"), folder: folder.Path)
        );
        Assert.Contains("until step 3", error.Message);
        Assert.Contains("until step 4", error.Message);
    }

    [Fact]
    public void A_setting_that_cannot_be_is_named()
    {
        string Message(TowerTraining image) =>
            Assert
                .ThrowsAny<ArgumentException>(() =>
                {
                    using var model = new DualEncoder(Model("vit"));
                    using var trainer = new Trainer(model, new InfoNce(), new Synthetic(16), Options(image));
                })
                .Message;
        Assert.Contains(
            "Image.LearningRateFactor must be a positive number",
            Message(new() { LearningRateFactor = 0 })
        );
        Assert.Contains("Image.LayerDecay must be in (0, 1]", Message(new() { LayerDecay = 1.5 }));
        Assert.Contains("Image.Lock.UnlockedGroups must be 0 or more", Message(Locked(-1)));
        Assert.Contains(
            "Image.Lock.UnlockedGroups = 5, but the encoder has 4 groups: embeddings, layer.0",
            Message(Locked(5))
        );
        Assert.Contains("Image.Lock.Until must be a step from 1 on", Message(Locked(until: 0)));
    }
}
