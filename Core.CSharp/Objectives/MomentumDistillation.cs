using Research.Schedules;
using TorchSharp;

namespace Research.Objectives;

/// <summary>
/// Momentum distillation as in ALBEF (Li et al., NeurIPS 2021): every row's target is Y = (1 - b) I + b Q, with Q the batch distribution
/// of a moving average of the network and b a ramp [R]. ALBEF contrasts with a queue of earlier embeddings, this objective, like all
/// others here, with the batch [O]. <see cref="Psd"/> replaces the targets of some rows; this blends those of all.
/// </summary>
public sealed class MomentumDistillation : BlendedObjective
{
    readonly MomentumDistillationOptions options;

    /// <summary>The objective.</summary>
    /// <exception cref="ArgumentException">A setting is out of range, or the teacher is the network itself.</exception>
    public MomentumDistillation(MomentumDistillationOptions? options = null)
    {
        this.options = options ?? new();
        this.options.Validate();
    }

    /// <inheritdoc/>
    public override string Name => "momentum distillation";

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => new() { Teacher = options.Teacher };

    private protected override double Blend(double progress) => options.Blend.At(progress);

    private protected override double TeacherScale(EmbeddingBatch batch) =>
        options.Teacher.Scale(batch, Math.Exp(batch.LogitScale.item_double()), Name) / options.TeacherTemperatureRatio;

    /// <summary>The name and every setting.</summary>
    public override string ToString() => $"{Name} {options}";
}

/// <summary>Settings of <see cref="MomentumDistillation"/>.</summary>
public sealed record MomentumDistillationOptions
{
    /// <summary>
    /// b over training, in [0, 1]. Default: from 0 to 0.4 in the first tenth, then 0.4. ALBEF's 0.4 and linear ramp are recalled [R], the
    /// length of the ramp, one epoch there, is a choice [O].
    /// </summary>
    public Schedule Blend { get; init; } = Schedule.Piecewise((0, 0), (0.1, 0.4), (1, 0.4));

    /// <summary>The source of Q: a moving average (default, decay 0.995 [R]) or a frozen model; not the network itself.</summary>
    public TeacherSource Teacher { get; init; } = TeacherSource.Ema();

    /// <summary>The teacher's temperature over the student's, or over a frozen teacher's own; positive. Default 1 [R].</summary>
    public double TeacherTemperatureRatio { get; init; } = 1;

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentException">The message names the setting, its value and what is allowed.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Blend);
        ArgumentNullException.ThrowIfNull(Teacher);
        Teacher.Validate();
        if (Teacher is SharedTeacher)
            throw new ArgumentException(
                "The network's own distribution, blended into the targets of all rows, has gradient zero: the loss would be InfoNCE times 1 - b. "
                    + "Choose an EMA or a frozen teacher.",
                nameof(Teacher)
            );
        if (!(TeacherTemperatureRatio > 0) || !double.IsFinite(TeacherTemperatureRatio))
            throw new ArgumentOutOfRangeException(
                nameof(TeacherTemperatureRatio),
                TeacherTemperatureRatio,
                "The teacher's temperature relative to the student's must be a positive number."
            );
        Blend.RequireWithin(nameof(Blend), 0, 1);
        if (Teacher is EmaTeacher && TeacherTemperatureRatio == 1 && Blend.At(0) == 1)
            throw new ArgumentException(
                $"At the first step a moving average is the student itself: with Blend ({Blend}) 1 there and temperature ratio 1 the gradient is zero "
                    + "except for rounding, which AdamW turns into full steps. Start Blend below 1, or choose another ratio or a frozen teacher.",
                nameof(Blend)
            );
    }
}
