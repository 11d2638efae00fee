using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Research.Encoders;
using Research.Engine;
using Research.Objectives;
using Research.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>
/// Trains a dual encoder. A step: embed the batch, in micro-batches where asked (<see cref="TrainerOptions.MicroBatch"/>); loss and
/// gradients of the embeddings (<see cref="IObjective.Gradients"/>); backward through the encoders; clipping, AdamW, logit-scale clamp; an EMA or frozen teacher where the objective asks for one. It measures, writes checkpoints and resumes exactly.
/// Every random draw derives from (seed, purpose, step), so an interrupted and resumed run has the same weights to the bit as an
/// uninterrupted one on the same engine, device kind and thread count. Not thread-safe; it sets the engine's seed and thread count, which
/// are the process's.
/// </summary>
public sealed partial class Trainer : IDisposable
{
    readonly IObjective objective;
    readonly ITrainingData data;
    readonly TrainerOptions options;
    readonly Device device;
    readonly FusedAdamW optimizer;
    readonly List<(ParameterGroup Group, double LearningRateFactor)> groups;
    readonly TorchSharp.Modules.Parameter[] trainable;
    readonly RowEncoder encoder;
    readonly GradientCache cache;
    readonly RunningStatistics statistics;
    readonly int microBatch;
    readonly EmaModel? average;
    readonly DualEncoder? frozen;
    readonly ICollective collective;
    readonly TowerLocks locks;
    readonly TowerLocks? teacherLocks;
    readonly LossWindow losses = new();

    /// <summary>
    /// A trainer. Model, teacher and the objective's parameters are moved to the device of the options, the teacher is frozen; all stay the
    /// caller's to dispose.
    /// </summary>
    /// <param name="model">What is trained, in place.</param>
    /// <param name="objective">The loss; its own parameters are trained and saved too.</param>
    /// <param name="data">The batches.</param>
    /// <param name="options">How to train.</param>
    /// <param name="teacher">The model of an objective with a frozen teacher (<see cref="TeacherSource.Frozen"/>), for such ones only.</param>
    /// <param name="collective">
    /// The processes that share every batch, each with a trainer of its own over the same data, from the same initial weights; null
    /// (default) for one; <see cref="Processes.ProcessGroup"/> connects several. Each encodes its part of the rows; only the first writes
    /// checkpoints, which all read.
    /// </param>
    /// <exception cref="ArgumentException">
    /// An option is out of range, the device is unknown, the batch sizes differ, the batch does not divide over the processes or is too small
    /// for the objective, or the teacher is missing, superfluous or does not fit.
    /// </exception>
    public Trainer(
        DualEncoder model,
        IObjective objective,
        ITrainingData data,
        TrainerOptions options,
        DualEncoder? teacher = null,
        ICollective? collective = null
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        this.collective = collective ?? SingleProcess.Instance;
        if (data.BatchSize != options.BatchSize)
            throw new ArgumentException(
                $"The data gives batches of {data.BatchSize}, but BatchSize is {options.BatchSize}.",
                nameof(data)
            );
        if (options.BatchSize % this.collective.World != 0)
            throw new ArgumentException(
                $"BatchSize {options.BatchSize} does not divide evenly over {this.collective.World} processes.",
                nameof(options)
            );
        objective.CheckBatchSize(options.BatchSize);
        RequireTeacher(model, objective, teacher);
        if (options.MinimalLogitScale > model.Config.MaximalLogitScale)
            throw new ArgumentException(
                $"MinimalLogitScale {options.MinimalLogitScale} lies above the model's MaximalLogitScale {model.Config.MaximalLogitScale}.",
                nameof(options)
            );
        (Model, this.objective, this.data, this.options) = (model, objective, data, options);
        device = Devices.Resolve(options.Device);
        if (options.Threads > 0)
            set_num_threads(options.Threads);
        model.to(device);
        if (teacher is not null)
            TeacherWeights.Freeze(frozen = teacher.to(device));
        new OwnParameters(objective).to(device);
        locks = new(model, options);
        groups = DecayGroups.Of(model, options, objective.Parameters, locks.FactorOf);
        optimizer = new(groups.Select(g => g.Group), options.Beta1, options.Beta2, options.Epsilon);
        trainable = [.. groups.SelectMany(g => g.Group.Parameters).Select(p => p.parameter)];
        microBatch = options.MicroBatch ?? options.BatchSize;
        encoder = new(options.Seed, options.Precision, device);
        statistics = new(model);
        cache = new(model, encoder, statistics, microBatch);
        if (objective.Needs.Teacher is EmaTeacher ema)
        {
            average = new(model, ema);
            teacherLocks = new(average.Model, options);
        }
    }

    /// <summary>An objective's parameters as a module, which is what can be moved in place; they stay the objective's.</summary>
    sealed class OwnParameters : OwningModule
    {
        public OwnParameters(IObjective objective)
            : base(objective.Name)
        {
            foreach (var own in objective.Parameters)
                register_parameter(own.Name.Replace('.', '_'), own.Parameter);
        }
    }

    static void RequireTeacher(DualEncoder model, IObjective objective, DualEncoder? teacher)
    {
        if (objective.Needs.Teacher is FrozenTeacher && teacher is null)
            throw new ArgumentException(
                $"{objective.Name} learns from a frozen teacher, but the trainer got none: load one with TeacherWeights.Load.",
                nameof(teacher)
            );
        if (teacher is null)
            return;
        if (objective.Needs.Teacher is not FrozenTeacher)
            throw new ArgumentException($"{objective.Name} has no use for the frozen teacher given.", nameof(teacher));
        if (ReferenceEquals(teacher, model))
            throw new ArgumentException("The frozen teacher is the model that is trained itself.", nameof(teacher));
        TeacherWeights.RequireFit(teacher.Config, model.Config);
    }

    /// <summary>The model that is trained.</summary>
    public DualEncoder Model { get; }

    /// <summary>
    /// A new model whose initial weights depend on the configuration, the run's seed and, for the logit scale, the objective alone.
    /// </summary>
    /// <param name="config">Its configuration.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="objective">Whose <see cref="IObjective.InitialLogitScale"/>, if it wants one, replaces the configuration's; optional.</param>
    public static DualEncoder Initialise(DualEncoderConfig config, ulong seed, IObjective? objective = null)
    {
        RandomState.Seed(unchecked((long)Seed.Derive(seed, "initial weights")));
        var model = new DualEncoder(config);
        if (objective?.InitialLogitScale is { } scale)
        {
            using var none = no_grad();
            model.logit_scale.fill_(scale);
            model.ClampLogitScale();
        }
        return model;
    }

    /// <summary>
    /// Trains from the newest intact checkpoint in the folder, or from the model as it is, to the last step or until cancelled.
    /// </summary>
    /// <param name="checkpointFolder">Where checkpoints live; null trains without any.</param>
    /// <param name="sink">Hears what happens; may be null.</param>
    /// <param name="cancellation">Ends the run after the step in progress, with a checkpoint.</param>
    /// <exception cref="InvalidOperationException">
    /// The loss or the gradient is not finite (the message names the step; the checkpoints before it are kept), the folder's checkpoint
    /// belongs to other settings, or processes that train together start from different steps, settings or weights.
    /// </exception>
    /// <exception cref="IOException">A checkpoint cannot be written, or another process of the group ended.</exception>
    public TrainingResult Run(
        string? checkpointFolder = null,
        Action<TrainingEvent>? sink = null,
        CancellationToken cancellation = default
    )
    {
        sink ??= static _ => { };
        var clock = Stopwatch.StartNew();
        var checkpoints = checkpointFolder is null
            ? null
            : new CheckpointFolder(checkpointFolder, writes: collective.Rank == 0);
        var step = checkpoints is null ? 0 : Resume(checkpoints, sink);
        RequireSameStart(step);
        sink(new TrainingStarted(step, options.Steps));
        if (SlowBf16)
            sink(new TrainingNotice("bf16 on this CPU is emulated (no AVX-512) and far slower than fp32."));
        Model.train();
        var saved = step;
        var (measuredAt, measuredStep) = (clock.Elapsed, step);
        while (step < options.Steps && !Cancelled(cancellation))
        {
            var measured = step == 0 || (step + 1) % options.LogEvery == 0 || step + 1 == options.Steps;
            Lock(step);
            var outcome = Step(step, measured, checkpoints);
            step++;
            if (measured)
            {
                var seconds = (clock.Elapsed - measuredAt).TotalSeconds;
                var speed = (step - measuredStep) * options.BatchSize / seconds;
                (measuredAt, measuredStep) = (clock.Elapsed, step);
                sink(new StepCompleted(Measure(step, outcome, speed)));
            }
            if (options.EvaluateEvery > 0 && step % options.EvaluateEvery == 0)
                Evaluate(step, sink);
            if (options.CheckpointEvery > 0 && step % options.CheckpointEvery == 0)
                saved = Save(checkpoints, step, sink);
        }
        if (saved != step)
            Save(checkpoints, step, sink);
        return new(step, step == options.Steps, losses.Mean, clock.Elapsed.TotalSeconds);
    }

    /// <summary>The model's locks, and the modes of norms in a teacher that sees a batch as the model does.</summary>
    void Lock(long step)
    {
        locks.Apply(step);
        teacherLocks?.Apply(step);
    }

    void Evaluate(long step, Action<TrainingEvent> sink)
    {
        Model.eval();
        try
        {
            sink(new EvaluationDue(step, Model));
        }
        finally
        {
            Model.train();
        }
    }

    /// <summary>Whether any process was cancelled: all end after the same step, or those left would wait for the others for ever.</summary>
    bool Cancelled(CancellationToken cancellation)
    {
        if (collective.World == 1)
            return cancellation.IsCancellationRequested;
        using var scope = NewDisposeScope();
        return collective
                .AllReduceSum(tensor(cancellation.IsCancellationRequested ? 1f : 0f, device: device))
                .item<float>() > 0;
    }

    bool SlowBf16 =>
        options.Precision == Precision.Bf16
        && device.type == DeviceType.CPU
        && RuntimeInformation.OSArchitecture == Architecture.X64
        && !Avx512BW.IsSupported;

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
            imagesPerSecond,
            outcome.Diagnostics
        );
    }

    /// <summary>Frees the optimizer's state and the EMA teacher, not the model, whose locks end, nor the frozen teacher.</summary>
    public void Dispose()
    {
        locks.Dispose();
        optimizer.Dispose();
        average?.Dispose();
    }
}
