using Research.Schedules;
using TorchSharp;

namespace Research.Objectives;

/// <summary>
/// Distillation from a trained dual encoder that stays frozen, CLIP to CLIP: in both directions the student's batch distribution P
/// approaches the teacher's Q: L = (1 - b) InfoNCE + b 1/2 [ D(Q_v, P_v) + D(Q_t, P_t) ] with the teacher at a temperature of its own [O].
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
    public override TeacherSource? Teacher => TeacherSource.Frozen;

    private protected override double Blend(double progress) =>
        UnitSchedule.At(options.Blend, progress, nameof(options.Blend));

    private protected override double TeacherScale(EmbeddingBatch batch) => 1 / options.TeacherTemperature;

    private protected override TargetDistance Distance => options.Distance;

    /// <summary>The name and every setting.</summary>
    public override string ToString() => $"{Name} {options}";
}

/// <summary>Settings of <see cref="FrozenDistillation"/>.</summary>
public sealed record FrozenDistillationOptions
{
    /// <summary>b over training, in [0, 1]: 0 is InfoNCE, 1 the teacher alone. Default 0.5 throughout [O].</summary>
    public Schedule Blend { get; init; } = Schedule.Constant(0.5);

    /// <summary>The teacher's temperature, positive: that at which it was trained. Default 0.01, where CLIP's ends [R].</summary>
    public double TeacherTemperature { get; init; } = 0.01;

    /// <summary>What is minimised. Default the divergence, which is 0 for a student that has learned all [O].</summary>
    public TargetDistance Distance { get; init; } = TargetDistance.KullbackLeibler;

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentException">The message names the setting, its value and what is allowed.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Blend);
        UnitSchedule.Check(Blend, nameof(Blend));
        if (!(TeacherTemperature > 0) || !double.IsFinite(TeacherTemperature))
            throw new ArgumentOutOfRangeException(
                nameof(TeacherTemperature),
                TeacherTemperature,
                "The teacher's temperature is a positive number."
            );
    }
}
