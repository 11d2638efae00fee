using Research.Schedules;

namespace Research.Training;

/// <summary>The arithmetic of the forward and backward pass. Weights, optimizer and loss are float32 in both.</summary>
public enum Precision
{
    /// <summary>float32 throughout.</summary>
    Fp32,

    /// <summary>Matrix products and convolutions in bfloat16 by autocast; embeddings and loss in float32.</summary>
    Bf16,
}

/// <summary>How a model is trained. Everything that changes the numbers is here, in the model's configuration, the objective or the data.</summary>
public sealed record TrainerOptions
{
    /// <summary>Optimizer steps.</summary>
    public long Steps { get; init; } = 400;

    /// <summary>Pairs in a batch, over all processes, at least 2: the rows that the loss compares. The data must give as many.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>
    /// Pairs that are encoded at a time, in [1, <see cref="BatchSize"/>]; null (default) encodes the whole batch at once. Smaller ones bound
    /// the memory of activations for any batch, at the cost of a second forward pass: the gradient is cached (Gao et al. 2021) and stays that of
    /// the whole batch. Only batch norm differs: its statistics are those of a micro-batch.
    /// </summary>
    public int? MicroBatch { get; init; }

    /// <summary>The run's seed: initial weights, order of the data, captions, dropout and what the objective draws derive from it.</summary>
    public ulong Seed { get; init; }

    /// <summary>Peak learning rate, reached at the end of the warm-up.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>The part of the steps during which the learning rate rises linearly from near 0 to its peak, in [0, 1).</summary>
    public double WarmupFraction { get; init; } = 0.1;

    /// <summary>The factor on the peak learning rate after the warm-up. Default: half a cosine from 1 to 0.</summary>
    public Schedule LearningRateDecay { get; init; } = Schedule.Cosine(1, 0);

    /// <summary>
    /// AdamW's decoupled weight decay. Matrices only: biases, normalisation weights, logit scale and class embeddings have none, position
    /// embeddings unless <see cref="DecayPositions"/>.
    /// </summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Whether weight decay applies to position embeddings, as it does in open_clip. Default: it does not.</summary>
    public bool DecayPositions { get; init; }

    /// <summary>AdamW's decay of the first moment, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment, in [0, 1). CLIP's 0.98.</summary>
    public double Beta2 { get; init; } = 0.98;

    /// <summary>AdamW's epsilon. Default 1e-8, open_clip's for ResNets and all others but ViTs, for which it takes 1e-6.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>
    /// The least 1/tau, positive: after every step the logit scale ln(1/tau) is raised to its logarithm. null (default) leaves it without a
    /// lower limit; open_clip's is 1, as it clamps ln(1/tau) to [0, ln 100]. The upper limit is the model's MaximalLogitScale.
    /// </summary>
    public double? MinimalLogitScale { get; init; }

    /// <summary>Largest norm of the whole gradient; null leaves it as it is.</summary>
    public double? GradientClip { get; init; } = 1;

    /// <summary>How the image encoder is trained: locks and learning rates of its own. Default: all of it, at one rate.</summary>
    public TowerTraining Image { get; init; } = new();

    /// <summary>How the text encoder is trained, likewise.</summary>
    public TowerTraining Text { get; init; } = new();

    /// <summary>Arithmetic of the model's passes.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>"cpu", "cuda" or "cuda:N".</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Steps between two checkpoints, besides those at the end and at cancellation; 0 writes only these.</summary>
    public long CheckpointEvery { get; init; } = 200;

    /// <summary>
    /// An <see cref="EvaluationDue"/> each time this many steps have passed, when the caller may measure the model; 0 (default) for none. What is trained
    /// does not depend on it.
    /// </summary>
    public long EvaluateEvery { get; init; }

    /// <summary>Steps between two measured and reported steps; the first and the last always are.</summary>
    public long LogEvery { get; init; } = 10;

    /// <summary>Threads of the engine for this process; 0 leaves the engine's setting.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The learning rate of a step (0-based).</summary>
    public double LearningRateAt(long step)
    {
        var warmup = (long)Math.Round(WarmupFraction * Steps, MidpointRounding.AwayFromZero);
        return step < warmup
            ? LearningRate * (step + 1) / warmup
            : LearningRate * LearningRateDecay.At((step - warmup) / (double)Math.Max(1, Steps - warmup));
    }

    /// <summary>Progress of a step (0-based) for schedules: 0 at the first, 1 at the last.</summary>
    public double ProgressAt(long step) => Steps <= 1 ? 0 : Math.Min(1, step / (double)(Steps - 1));

    /// <summary>Throws when a field is out of range.</summary>
    /// <exception cref="ArgumentException">The message names the field, its value and what is allowed.</exception>
    public void Validate()
    {
        Require(Steps >= 1, nameof(Steps), Steps, "at least 1");
        Require(BatchSize >= 2, nameof(BatchSize), BatchSize, "at least 2: a contrastive loss needs a negative");
        Require(
            MicroBatch is null || (MicroBatch >= 1 && MicroBatch <= BatchSize),
            nameof(MicroBatch),
            MicroBatch,
            $"in [1, {BatchSize}], the batch, or null for the whole of it"
        );
        Require(Positive(LearningRate), nameof(LearningRate), LearningRate, "a positive number");
        Require(WarmupFraction is >= 0 and < 1, nameof(WarmupFraction), WarmupFraction, "a part of training in [0, 1)");
        Require(Positive(WeightDecay) || WeightDecay == 0, nameof(WeightDecay), WeightDecay, "0 or more");
        Require(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "in [0, 1)");
        Require(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "in [0, 1)");
        Require(Positive(Epsilon), nameof(Epsilon), Epsilon, "a positive number");
        Require(
            MinimalLogitScale is null || Positive(MinimalLogitScale.Value),
            nameof(MinimalLogitScale),
            MinimalLogitScale,
            "a positive number, or null for none"
        );
        Require(
            GradientClip is null || Positive(GradientClip.Value),
            nameof(GradientClip),
            GradientClip,
            "a positive number, or null for none"
        );
        ArgumentNullException.ThrowIfNull(Image);
        ArgumentNullException.ThrowIfNull(Text);
        Image.Validate(nameof(Image));
        Text.Validate(nameof(Text));
        Require(Enum.IsDefined(Precision), nameof(Precision), Precision, "Fp32 or Bf16");
        Require(CheckpointEvery >= 0, nameof(CheckpointEvery), CheckpointEvery, "0 or more");
        Require(EvaluateEvery >= 0, nameof(EvaluateEvery), EvaluateEvery, "0 or more");
        Require(LogEvery >= 1, nameof(LogEvery), LogEvery, "at least 1");
        Require(Threads >= 0, nameof(Threads), Threads, "0 or more");
        ArgumentNullException.ThrowIfNull(LearningRateDecay);
        ArgumentException.ThrowIfNullOrWhiteSpace(Device);
        Require(
            LearningRateDecay.Range.Least >= 0,
            nameof(LearningRateDecay),
            LearningRateDecay,
            $"0 or more everywhere, but reaches {LearningRateDecay.Range.Least}"
        );
    }

    static bool Positive(double x) => x > 0 && double.IsFinite(x);

    static void Require(bool holds, string field, object? value, string allowed)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(field, value, $"{field} must be {allowed}.");
    }
}
