using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Research.Encoders;
using Research.Objectives;
using Research.Randomness;
using Research.Samplers;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>
/// Trains a dual encoder: forward, loss, backward, clipping, AdamW, logit-scale clamp, EMA teacher where the objective asks for one;
/// measures, writes checkpoints and resumes exactly. Every random draw derives from (seed, purpose, step), the engine's generator is
/// seeded anew at every step, so an interrupted and resumed run has the same weights to the bit as an uninterrupted one on the same
/// engine, device kind and thread count. Not thread-safe; it sets the engine's seed and thread count, which are the process's.
/// </summary>
public sealed partial class Trainer : IDisposable
{
    readonly IObjective objective;
    readonly ITrainingData data;
    readonly TrainerOptions options;
    readonly Device device;
    readonly optim.Optimizer optimizer;
    readonly TorchSharp.Modules.Parameter[] trainable;
    readonly EmaModel? teacher;
    readonly LossWindow losses = new();

    /// <summary>A trainer. The model is moved to the device of the options; it stays the caller's to dispose.</summary>
    /// <param name="model">What is trained, in place.</param>
    /// <param name="objective">The loss.</param>
    /// <param name="data">The batches.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">An option is out of range, the device is unknown, or the batch sizes differ.</exception>
    public Trainer(DualEncoder model, IObjective objective, ITrainingData data, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (data.BatchSize != options.BatchSize)
            throw new ArgumentException(
                $"The data gives batches of {data.BatchSize}, but BatchSize is {options.BatchSize}.",
                nameof(data)
            );
        (Model, this.objective, this.data, this.options) = (model, objective, data, options);
        device = Devices.Resolve(options.Device);
        if (options.Threads > 0)
            set_num_threads(options.Threads);
        model.to(device);
        optimizer = optim.AdamW(
            DecayGroups.Of(model, options.LearningRate, options.WeightDecay),
            beta1: options.Beta1,
            beta2: options.Beta2,
            eps: options.Epsilon
        );
        trainable = [.. optimizer.parameters()];
        if (objective.Teacher is EmaTeacher ema)
            teacher = new(model, ema.Decay);
    }

    /// <summary>The model that is trained.</summary>
    public DualEncoder Model { get; }

    /// <summary>A new model whose initial weights depend on the configuration and the run's seed alone.</summary>
    public static DualEncoder Initialise(DualEncoderConfig config, ulong seed)
    {
        SeedEngine(seed, "initial weights", 0);
        return new DualEncoder(config);
    }

    /// <summary>
    /// Trains from the newest intact checkpoint in the folder, or from the model as it is, to the last step or until cancelled.
    /// </summary>
    /// <param name="checkpointFolder">Where checkpoints live; null trains without any.</param>
    /// <param name="sink">Hears what happens; may be null.</param>
    /// <param name="cancellation">Ends the run after the step in progress, with a checkpoint.</param>
    /// <exception cref="InvalidOperationException">
    /// The loss or the gradient is not finite (the message names the step; the checkpoints before it are kept), or the folder's checkpoint
    /// belongs to other settings.
    /// </exception>
    /// <exception cref="IOException">A checkpoint cannot be written.</exception>
    public TrainingResult Run(
        string? checkpointFolder = null,
        Action<TrainingEvent>? sink = null,
        CancellationToken cancellation = default
    )
    {
        sink ??= static _ => { };
        var clock = Stopwatch.StartNew();
        var checkpoints = checkpointFolder is null ? null : new CheckpointFolder(checkpointFolder);
        var step = checkpoints is null ? 0 : Resume(checkpoints, sink);
        sink(new TrainingStarted(step, options.Steps));
        if (SlowBf16)
            sink(new TrainingNotice("bf16 on this CPU is emulated (no AVX-512) and far slower than fp32."));
        Model.train();
        var saved = step;
        var (measuredAt, measuredStep) = (clock.Elapsed, step);
        while (step < options.Steps && !cancellation.IsCancellationRequested)
        {
            var measured = step == 0 || (step + 1) % options.LogEvery == 0 || step + 1 == options.Steps;
            var outcome = Step(step, measured, checkpoints);
            step++;
            if (measured)
            {
                var seconds = (clock.Elapsed - measuredAt).TotalSeconds;
                var speed = (step - measuredStep) * options.BatchSize / seconds;
                (measuredAt, measuredStep) = (clock.Elapsed, step);
                sink(new StepCompleted(Measure(step, outcome, speed)));
            }
            if (options.CheckpointEvery > 0 && step % options.CheckpointEvery == 0)
                saved = Save(checkpoints, step, sink);
        }
        if (saved != step)
            Save(checkpoints, step, sink);
        return new(step, step == options.Steps, losses.Mean, clock.Elapsed.TotalSeconds);
    }

    bool SlowBf16 =>
        options.Precision == Precision.Bf16
        && device.type == DeviceType.CPU
        && RuntimeInformation.OSArchitecture == Architecture.X64
        && !Avx512BW.IsSupported;

    readonly record struct Outcome(
        double Loss,
        double GradientNorm,
        double SoftFraction,
        IReadOnlyDictionary<string, double> Diagnostics
    );

    Outcome Step(long step, bool measured, CheckpointFolder? checkpoints)
    {
        using var scope = NewDisposeScope();
        SeedEngine(options.Seed, "engine", step);
        var fraction = objective.SoftFraction(options.ProgressAt(step));
        ObjectiveResult result;
        try
        {
            result = Forward(step, fraction, measured);
        }
        catch (NotFiniteNumberException e)
        {
            throw Diverged(step, e.Message, checkpoints, e);
        }
        var loss = result.Loss.item_double();
        if (!double.IsFinite(loss))
            throw Diverged(step, $"the loss is {loss}", checkpoints);

        optimizer.zero_grad();
        result.Loss.backward();
        var norm = nn.utils.clip_grad_norm_(trainable, options.GradientClip ?? double.PositiveInfinity);
        if (!double.IsFinite(norm))
            throw Diverged(step, $"the gradient's norm is {norm}", checkpoints);
        var rate = options.LearningRateAt(step);
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = rate;
        optimizer.step();
        Model.ClampLogitScale();
        teacher?.Update(step + 1);
        losses.Add(loss);
        return new(loss, norm, fraction, result.Diagnostics);
    }

    /// <summary>
    /// Embeddings and loss in a scope of their own, which closes before the backward pass: the graph keeps what it needs, and frees it as
    /// it is used, instead of all handles holding everything to the end of the step.
    /// </summary>
    ObjectiveResult Forward(long step, double softFraction, bool measured)
    {
        using var scope = NewDisposeScope();
        var batch = data.Batch(step);
        if (batch.Images.shape[0] != options.BatchSize || batch.Tokens.shape[0] != options.BatchSize)
            throw new InvalidOperationException(
                $"Step {step + 1}: the data gave {batch.Images.shape[0]} images and {batch.Tokens.shape[0]} captions for a batch of {options.BatchSize}."
            );
        var (images, tokens) = (batch.Images.to(device), batch.Tokens.to(device));
        var (image, text) = Encode(Model, images, tokens);
        var (teacherImage, teacherText) = ((Tensor?)null, (Tensor?)null);
        if (teacher is not null)
        {
            using var none = no_grad();
            (teacherImage, teacherText) = Encode(teacher.Model, images, tokens);
        }
        var unaligned = Partition.Sample(options.BatchSize, softFraction, options.Seed, step);
        var unalignedTexts =
            objective.Sampling == SubsetSampling.Joint
                ? unaligned
                : Partition.Sample(options.BatchSize, softFraction, options.Seed, step, "partition of texts");
        var result = objective.Forward(
            new(
                image,
                text,
                Model.logit_scale,
                unaligned,
                unalignedTexts,
                options.ProgressAt(step),
                teacherImage,
                teacherText
            )
            {
                WantDiagnostics = measured,
            }
        );
        return result with { Loss = result.Loss.MoveToOuterDisposeScope() };
    }

    (Tensor Image, Tensor Text) Encode(DualEncoder model, Tensor images, Tensor tokens)
    {
        Tensor image,
            text;
        using (options.Precision == Precision.Bf16 ? autocast(device.type, ScalarType.BFloat16) : null)
            (image, text) = (model.encode_image(images), model.encode_text(tokens));
        return (image.to(ScalarType.Float32), text.to(ScalarType.Float32));
    }

    StepMetrics Measure(long step, Outcome outcome, double imagesPerSecond)
    {
        using var scope = NewDisposeScope();
        return new(
            step,
            outcome.Loss,
            losses.Mean,
            options.LearningRateAt(step - 1),
            Math.Exp(Model.logit_scale.item_double()),
            outcome.GradientNorm,
            outcome.SoftFraction,
            imagesPerSecond,
            outcome.Diagnostics
        );
    }

    static InvalidOperationException Diverged(
        long step,
        string what,
        CheckpointFolder? checkpoints,
        Exception? cause = null
    )
    {
        var kept = checkpoints?.Newest is { } folder
            ? $"The last finite checkpoint is kept in '{folder}'."
            : "No checkpoint had been written before it.";
        return new(
            $"Step {step + 1}: {what.TrimEnd('.')}. {kept} Lower LearningRate, lengthen WarmupFraction or lower GradientClip.",
            cause
        );
    }

    static void SeedEngine(ulong seed, string purpose, long step) =>
        manual_seed(unchecked((long)Seed.Derive(seed, purpose, step)));

    /// <summary>Frees the optimizer's state and the teacher, not the model.</summary>
    public void Dispose()
    {
        optimizer.Dispose();
        teacher?.Dispose();
    }
}
