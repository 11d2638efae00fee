namespace Research

/// The loss's plain form, CLIP's.
type InfoNce = {
    /// Weight that moves from the pair to the rest of the batch, in [0, 1).
    LabelSmoothing: float
}

/// Whose embeddings make the targets of the unaligned rows.
type Teacher =
    /// The network itself, without gradient.
    | Shared
    /// An exponential moving average of the network, with this momentum.
    | Ema of momentum: float

/// Which of the teacher's distributions is the target of which row.
type Direction =
    /// Images learn from the teacher's captions and the reverse.
    | Swapped
    /// Images learn from the teacher's images, captions from its captions.
    | Plain
    /// Images learn from caption-caption similarity, captions from image-image similarity.
    | IntraModal

/// How the unaligned rows are drawn.
type Sampling =
    /// One draw for images and captions.
    | Joint
    /// A draw each.
    | Separate

/// What a row is compared with.
type Negatives =
    /// The whole batch.
    | WholeBatch
    /// The rows of its own kind, aligned or unaligned.
    | OwnSubset

/// Hard-negative noise contrastive estimation (HN-NCE).
type HnNce = {
    /// Weight of the positive pair in the denominator, in [0, 1].
    Alpha: float
    /// Concentration on hard negatives, at least 0.
    Beta: float
    /// Whether gradients flow through the negatives' weights.
    WeightGradient: bool
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module HnNce =
    /// alpha 1 and beta 0.25, the values recalled for LAION-CAT [R], with gradients through the weights [O].
    let defaults: HnNce = {
        Alpha = 1.0
        Beta = 0.25
        WeightGradient = true
    }

/// Progressive self-distillation (PSD).
type Psd = {
    /// The part of each batch that learns from the teacher, over training; values in [0, 1].
    SoftFraction: Schedule
    Teacher: Teacher
    Direction: Direction
    /// The teacher's temperature over the student's.
    TauRatio: float
    Sampling: Sampling
    Negatives: Negatives
    /// Hard-negative weights in the aligned rows.
    HardNegatives: HnNce option
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Psd =
    /// Half a cosine from 0 to 0.8 [O], the network as its own teacher [P], swapped targets [R] at the student's temperature [O], one draw for
    /// both modalities, the whole batch as negatives [O].
    let defaults: Psd = {
        SoftFraction = Cosine(0.0, 0.8)
        Teacher = Shared
        Direction = Swapped
        TauRatio = 1.0
        Sampling = Joint
        Negatives = WholeBatch
        HardNegatives = None
    }

/// What is minimised.
type Objective =
    | InfoNce of InfoNce
    | Psd of Psd
    | HnNce of HnNce
    /// Decoupled contrastive loss: InfoNCE without the positive in its denominator.
    | Dcl

    /// The name on an axis.
    member objective.Label =
        match objective with
        | InfoNce { LabelSmoothing = 0.0 } -> "InfoNCE"
        | InfoNce settings -> $"InfoNCE, smoothing {Words.number settings.LabelSmoothing}"
        | Psd settings -> $"PSD {settings.SoftFraction.Label}"
        | HnNce settings -> $"HN-NCE ({Words.number settings.Alpha}, {Words.number settings.Beta})"
        | Dcl -> "DCL"

    override objective.ToString() = objective.Label
