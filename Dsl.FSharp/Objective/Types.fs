namespace Research

/// The loss's plain form, CLIP's.
type InfoNce = {
    /// Weight that moves from the pair to the rest of the batch, in [0, 1).
    LabelSmoothing: float
}

/// Whose embeddings make the soft targets.
type Teacher =
    /// The network itself, without gradient.
    | Shared
    /// An exponential moving average of the network, with this momentum.
    | Ema of momentum: float
    /// A model that was trained before: a run folder with its checkpoint, or a safetensors file of a model of the same configuration.
    | Frozen of weights: string

    override teacher.ToString() =
        match teacher with
        | Shared -> "Shared"
        | Ema momentum -> $"Ema {Words.number momentum}"
        | Frozen weights -> $"Frozen {System.IO.Path.GetFileName(weights.TrimEnd '/')}"

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

/// How far a distribution is from its target.
type Distance =
    /// -sum q log p: at least the target's own entropy.
    | CrossEntropy
    /// The cross entropy less the target's entropy: the same gradient, and 0 where they agree.
    | KullbackLeibler

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

/// Hard negatives with the correction for false ones (Robinson et al. 2021).
type Debiased = {
    /// The chance that another row's pair is a positive, in [0, 1).
    TauPlus: float
    /// Concentration on hard negatives, at least 0.
    Beta: float
    /// Whether gradients flow through the negatives' weights.
    WeightGradient: bool
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Debiased =
    /// tau+ 0.1 and beta 1 [R], with gradients through the weights [R].
    let defaults: Debiased = {
        TauPlus = 0.1
        Beta = 1.0
        WeightGradient = true
    }

/// SigLIP's pairwise sigmoid loss (Zhai et al. 2023).
type SigLip = {
    /// The learnable bias at the start.
    InitialBias: float
}

/// Momentum distillation as in ALBEF (Li et al. 2021): every row's target is blended with a teacher's distribution.
type MomentumDistillation = {
    /// The teacher's part of every target, over training; values in [0, 1].
    Blend: Schedule
    /// Ema or Frozen: the network's own distribution would teach nothing.
    Teacher: Teacher
    /// The teacher's temperature over the student's.
    TauRatio: float
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module MomentumDistillation =
    /// From 0 to 0.4 [R] in the first tenth of training [O]; a moving average of momentum 0.995 [R] at the student's temperature [R].
    let defaults: MomentumDistillation = {
        Blend = Piecewise [ 0.0, 0.0; 0.1, 0.4; 1.0, 0.4 ]
        Teacher = Ema 0.995
        TauRatio = 1.0
    }

/// CyCLIP (Goel et al. 2022): InfoNCE with similarities made symmetric.
type CyClip = {
    /// Weight of the difference between image-image and caption-caption similarities, at least 0.
    InModal: float
    /// Weight of the asymmetry of image-caption similarities, at least 0.
    CrossModal: float
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module CyClip =
    /// 0.25 each [R].
    let defaults: CyClip = { InModal = 0.25; CrossModal = 0.25 }

/// Distillation from a model that was trained before and stays as it is, CLIP to CLIP.
type FrozenDistillation = {
    /// A run folder with its checkpoint, or a safetensors file of a model of the same configuration.
    Weights: string
    /// The teacher's part of the loss, over training; values in [0, 1].
    Blend: Schedule
    /// The teacher's temperature, positive; None for the one at which it was trained.
    Temperature: float option
    Distance: Distance
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module FrozenDistillation =
    /// Half of the loss throughout [O], at the temperature at which the teacher was trained, by the divergence [O].
    let defaults weights : FrozenDistillation = {
        Weights = weights
        Blend = Constant 0.5
        Temperature = None
        Distance = KullbackLeibler
    }

/// What is minimised.
type Objective =
    | InfoNce of InfoNce
    | Psd of Psd
    | HnNce of HnNce
    /// Decoupled contrastive loss: InfoNCE without the positive in its denominator.
    | Dcl
    | Debiased of Debiased
    | SigLip of SigLip
    | MomentumDistillation of MomentumDistillation
    | CyClip of CyClip
    | FrozenDistillation of FrozenDistillation
    /// A weighted sum over the same batch.
    | Sum of (float * Objective) list

    /// The name on an axis.
    member objective.Label: string =
        match objective with
        | InfoNce { LabelSmoothing = 0.0 } -> "InfoNCE"
        | InfoNce settings -> $"InfoNCE, smoothing {Words.number settings.LabelSmoothing}"
        | Psd settings -> $"PSD {settings.SoftFraction.Label}"
        | HnNce settings -> $"HN-NCE ({Words.number settings.Alpha}, {Words.number settings.Beta})"
        | Dcl -> "DCL"
        | Debiased settings -> $"debiased ({Words.number settings.TauPlus}, {Words.number settings.Beta})"
        | SigLip _ -> "SigLIP"
        | MomentumDistillation settings -> $"momentum distillation {settings.Blend.Label}"
        | CyClip settings -> $"CyCLIP ({Words.number settings.InModal}, {Words.number settings.CrossModal})"
        | FrozenDistillation settings -> $"frozen distillation {settings.Blend.Label}"
        | Sum parts ->
            let words =
                parts
                |> List.map (fun (weight, part) ->
                    if weight = 1.0 then
                        part.Label
                    else
                        $"{Words.number weight} {part.Label}")

            System.String.Join(" + ", words)

    override objective.ToString() = objective.Label
