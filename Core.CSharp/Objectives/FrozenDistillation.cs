using Research.Schedules;
using TorchSharp;

namespace Research.Objectives;

/// <summary>
/// Distillation from a trained dual encoder that stays frozen, CLIP to CLIP: in both directions the student's batch distribution P
/// approaches the teacher's Q: L = (1 - b) InfoNCE + b 1/2 [ D(Q_v, P_v) + D(Q_t, P_t) ], with the teacher at its own temperature [O].
/// </summary>
public sealed class FrozenDistillation : BlendedObjective
{
    readonly FrozenDistillationOptions options;

    /// <summary>The objective.</summary>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public FrozenDistillation(FrozenDistillationOptions? options = null)
    {
        this.options = options ?? new();
        this.options.Validate();
    }

    /// <inheritdoc/>
    public override string Name => "frozen distillation";

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => new() { Teacher = TeacherSource.Frozen };

    private protected override double Blend(double progress) => options.Blend.At(progress);

    private protected override double TeacherScale(EmbeddingBatch batch) =>
        options.TeacherTemperature is { } tau ? 1 / tau : TeacherSource.Frozen.Scale(batch, 0, Name);

    private protected override TargetDistance Distance => options.Distance;

    /// <summary>The name and every setting.</summary>
    public override string ToString() => $"{Name} {options}";
}

/// <summary>Settings of <see cref="FrozenDistillation"/>.</summary>
public sealed record FrozenDistillationOptions
{
    /// <summary>b over training, in [0, 1]: 0 is InfoNCE, 1 the teacher alone. Default 0.5 throughout [O].</summary>
    public Schedule Blend { get; init; } = Schedule.Constant(0.5);

    /// <summary>
    /// The teacher's temperature, positive; null (default) for the one at which it was trained [O]. CLIP's training ends at 0.01,
    /// a short run's far above it: at 0.01 a short run's targets would be too sharp.
    /// </summary>
    public double? TeacherTemperature { get; init; }

    /// <summary>The measure to minimise. Default the divergence, which is 0 for a student that has learned everything [O].</summary>
    public TargetDistance Distance { get; init; } = TargetDistance.KullbackLeibler;

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentException">The message names the setting, its value and what is allowed.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Blend);
        Blend.RequireWithin(nameof(Blend), 0, 1);
        if (TeacherTemperature is { } tau && !(tau > 0 && double.IsFinite(tau)))
            throw new ArgumentOutOfRangeException(
                nameof(TeacherTemperature),
                TeacherTemperature,
                "The teacher's temperature must be a positive number, or null for the one at which it was trained."
            );
    }
}
