using Research.Schedules;

namespace Research.Objectives;

/// <summary>Where an unaligned row's soft target comes from.</summary>
public enum TargetDirection
{
    /// <summary>Image rows learn from the captions' distribution over images, caption rows from the images' [R].</summary>
    Swapped,

    /// <summary>Each side learns from its own: image rows from the images' distribution over captions [O].</summary>
    Plain,

    /// <summary>Image rows learn from the similarity of the captions to one another, caption rows from that of the images [O].</summary>
    IntraModal,
}

/// <summary>How the unaligned rows of the two sides are drawn.</summary>
public enum SubsetSampling
{
    /// <summary>One draw of pairs: an image is unaligned exactly when its caption is.</summary>
    Joint,

    /// <summary>Two independent draws, one of images and one of captions.</summary>
    Separate,
}

/// <summary>Against which columns a row is contrasted.</summary>
public enum NegativePool
{
    /// <summary>Every column of the batch.</summary>
    WholeBatch,

    /// <summary>The columns of the row's own part, aligned or unaligned, only.</summary>
    OwnSubset,
}

/// <summary>
/// Settings of progressive self-distillation (Andonian, Chen, Hamid, CVPR 2022). What the paper fixes and what stays a parameter here:
/// the random subset, its growth and the replaced targets are the paper's [P]; the other defaults are recalled [R] or chosen [O].
/// </summary>
public sealed record PsdOptions
{
    /// <summary>
    /// The part of the batch that is unaligned, in [0, 1], over training. It grows [P]; default half a cosine from 0 to 0.8 [O].
    /// </summary>
    public Schedule SoftFraction { get; init; } = Schedule.Cosine(0, 0.8);

    /// <summary>Whose embeddings give the targets. Default: the network's own, without gradient [P].</summary>
    public TeacherSource Teacher { get; init; } = TeacherSource.Shared;

    /// <summary>Which of the teacher's distributions goes to which side. Default swapped [R].</summary>
    public TargetDirection Direction { get; init; } = TargetDirection.Swapped;

    /// <summary>
    /// The teacher's temperature divided by the student's, positive: below 1 sharpens the targets, above 1 flattens them. Default 1 [O].
    /// </summary>
    public double TeacherTemperatureRatio { get; init; } = 1;

    /// <summary>Whether images and captions share one unaligned subset. Default: they do [O].</summary>
    public SubsetSampling Sampling { get; init; } = SubsetSampling.Joint;

    /// <summary>The columns that a row is contrasted with. Default: the whole batch [O].</summary>
    public NegativePool Negatives { get; init; } = NegativePool.WholeBatch;

    /// <summary>Hard-negative weights in the aligned rows [O]; none by default. Needs the whole batch as pool.</summary>
    public HnNceOptions? HardNegatives { get; init; }

    /// <summary>Throws when a setting is out of range, or when together they would train nothing.</summary>
    /// <exception cref="ArgumentException">The message names the setting, its value and what is allowed.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(SoftFraction);
        ArgumentNullException.ThrowIfNull(Teacher);
        Teacher.Validate();
        HardNegatives?.Validate();
        if (!(TeacherTemperatureRatio > 0) || !double.IsFinite(TeacherTemperatureRatio))
            throw new ArgumentOutOfRangeException(
                nameof(TeacherTemperatureRatio),
                TeacherTemperatureRatio,
                "The teacher's temperature relative to the student's is a positive number."
            );
        if (Teacher is SharedTeacher && Direction == TargetDirection.Plain && TeacherTemperatureRatio == 1)
            throw new ArgumentException(
                "A shared teacher with plain targets at temperature ratio 1 is the student itself: the gradient of every unaligned row is "
                    + "exactly zero and those rows train nothing. Choose swapped or intra-modal targets, a ratio other than 1, or an EMA teacher.",
                nameof(Direction)
            );
        if (HardNegatives is not null && Negatives == NegativePool.OwnSubset)
            throw new ArgumentException(
                "Hard-negative weights are defined over the whole batch; a row's own subset can hold no negative at all.",
                nameof(Negatives)
            );
        UnitSchedule.Check(SoftFraction, nameof(SoftFraction));
    }

    internal double SoftFractionAt(double progress) => UnitSchedule.At(SoftFraction, progress, nameof(SoftFraction));
}
