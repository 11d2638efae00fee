namespace Research.Language

/// Which of the teacher's distributions is the target of which row.
type Direction =
    /// Images learn from the teacher's captions and the reverse.
    | Swapped
    /// Images learn from the teacher's images, captions from its captions.
    | Plain
    /// Images learn from caption-caption similarity, captions from image-image similarity.
    | IntraModal

    override direction.ToString() =
        match direction with
        | Swapped -> "swapped"
        | Plain -> "plain"
        | IntraModal -> "intra-modal"

/// How the unaligned rows are drawn.
type Sampling =
    /// One draw for images and captions.
    | Joint
    /// A separate draw for each.
    | Separate

/// What a row is compared with.
type Negatives =
    /// The whole batch.
    | WholeBatch
    /// The rows of its own kind, aligned or unaligned.
    | OwnSubset

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
    let private defaults: Psd = {
        SoftFraction = Schedule.Cosine(0.0, 0.8)
        Teacher = Shared
        Direction = Swapped
        TauRatio = 1.0
        Sampling = Joint
        Negatives = WholeBatch
        HardNegatives = None
    }

    let private directions =
        Value.oneOf [ "swapped", Swapped; "plain", Plain; "intra_modal", IntraModal ]

    let private samplings = Value.oneOf [ "joint", Joint; "separate", Separate ]

    let private pools =
        Value.oneOf [ "whole_batch", WholeBatch; "own_subset", OwnSubset ]

    let private weights =
        Value.optional "none" (Settings.value HnNce.label HnNce.settings)

    let private together (settings: Psd) = [
        if
            settings.Teacher = Shared
            && settings.Direction = Plain
            && settings.TauRatio = 1.0
        then
            "direction plain with teacher shared and tau_ratio 1 has exactly zero gradient in the soft part; choose direction swapped or intra_modal, teacher (ema m), or another tau_ratio"
        match settings.Teacher with
        | Ema _ when
            settings.Direction = Plain
            && settings.TauRatio = 1.0
            && settings.SoftFraction.At 0.0 = 1.0
            ->
            "direction plain with teacher ema, tau_ratio 1 and a soft_fraction of 1 at the start has no gradient but rounding until student and teacher part; choose a smaller soft_fraction, another direction or another tau_ratio"
        | _ -> ()
        if settings.HardNegatives.IsSome && settings.Negatives = OwnSubset then
            "hard_negatives are weighed over the whole batch; they do not go with negatives own_subset"
    ]

    let private options (settings: Psd) =
        let hardNegatives: Research.Objectives.HnNceOptions | null =
            settings.HardNegatives |> Option.map HnNce.options |> Option.toObj

        Research.Objectives.PsdOptions(
            SoftFraction = settings.SoftFraction,
            Teacher = Teacher.toCore settings.Teacher,
            Direction =
                (match settings.Direction with
                 | Swapped -> Research.Objectives.TargetDirection.Swapped
                 | Plain -> Research.Objectives.TargetDirection.Plain
                 | IntraModal -> Research.Objectives.TargetDirection.IntraModal),
            TeacherTemperatureRatio = settings.TauRatio,
            Sampling =
                (match settings.Sampling with
                 | Joint -> Research.Objectives.SubsetSampling.Joint
                 | Separate -> Research.Objectives.SubsetSampling.Separate),
            Negatives =
                (match settings.Negatives with
                 | WholeBatch -> Research.Objectives.NegativePool.WholeBatch
                 | OwnSubset -> Research.Objectives.NegativePool.OwnSubset),
            HardNegatives = hardNegatives
        )

    /// Why no batch of so many pairs can be trained on.
    let batchProblems (pairs: int) (settings: Psd) : string list =
        try
            Research.Objectives.Psd(options settings).CheckBatchSize pairs
            []
        with :? System.ArgumentException as error -> [ Words.message error ]

    /// The steps, from 1, at which a pool of its own rows leaves a row alone, without a negative. `progress` is that of a step from 0.
    let loneSteps (steps: int) (progress: int -> float) (pairs: int) (settings: Psd) : int list =
        if settings.Negatives = WholeBatch then
            []
        else
            [
                for step in 0 .. steps - 1 do
                    let unaligned =
                        Research.Objectives.Psd.UnalignedCount(pairs, settings.SoftFraction.At(progress step))

                    if unaligned = 1 || pairs - unaligned = 1 then
                        step + 1
            ]

    let kind: ObjectiveKind<Psd> = {
        Kind = "psd"
        Settings = {
            Defaults = defaults
            Together = together
            Items = [
                Setting.make defaults "soft_fraction" (Schedule.value 0.0 1.0) _.SoftFraction (fun v s -> {
                    s with
                        SoftFraction = v
                })
                |> Setting.because "[O]; that it grows [P]"
                Setting.make defaults "teacher" Teacher.value _.Teacher (fun v s -> { s with Teacher = v })
                |> Setting.hashedAs (_.Teacher >> Teacher.identity >> Some)
                |> Setting.because "the network itself [P]; by shared weights [R]"
                Setting.make defaults "direction" directions _.Direction (fun v s -> { s with Direction = v })
                |> Setting.because "[R]"
                Setting.make defaults "tau_ratio" (Value.number "(0, inf)") _.TauRatio (fun v s -> {
                    s with
                        TauRatio = v
                })
                |> Setting.because "[O]"
                Setting.make defaults "sampling" samplings _.Sampling (fun v s -> { s with Sampling = v })
                |> Setting.because "[O]"
                Setting.make defaults "negatives" pools _.Negatives (fun v s -> { s with Negatives = v })
                |> Setting.because "[O]"
                Setting.make defaults "hard_negatives" weights _.HardNegatives (fun v s -> { s with HardNegatives = v })
            ]
        }
        Label = fun settings -> $"PSD {settings.SoftFraction.Label}"
        Name =
            fun settings ->
                if settings.HardNegatives.IsSome then
                    "PSD + HN-NCE"
                else
                    "PSD"
        Teacher = fun settings -> Some settings.Teacher
        Diagnostics =
            fun settings ->
                "soft_fraction" :: "unaligned_share" :: Diagnostics.softTargets
                @ (if settings.Negatives = OwnSubset then
                       [ "lone_rows" ]
                   else
                       [])
                @ (if settings.HardNegatives.IsSome then
                       Diagnostics.hardNegatives
                   else
                       [])
        HasParameters = false
        Version = 1
        ToCore = fun settings -> Research.Objectives.Psd(options settings)
    }

namespace Research

open Research.Language

[<AutoOpen>]
module PsdWords =
    /// Progressive self-distillation: a growing part of each batch learns from the network's own softened view of it:
    /// `psd |> soft_fraction (cosine 0 0.8)`.
    let psd = Objective.ofKind Psd.kind

    /// The part of each batch that learns from psd's teacher, as a schedule with values in [0, 1]: `psd |> soft_fraction (cosine 0 0.8)`.
    let soft_fraction (schedule: Schedule) target =
        Part.change (Objective.set "soft_fraction" schedule) target

    /// Whose embeddings make the soft targets of psd and momentum_distillation: shared, ema m, or frozen "FOLDER".
    /// `psd |> teacher (ema 0.995)`
    let teacher (teacher: Teacher) target =
        Part.change (Objective.set "teacher" teacher) target

    /// Images learn from the teacher's captions and the reverse.
    let swapped = Swapped

    /// Images learn from the teacher's images, captions from its captions.
    let plain = Plain

    /// Images learn from caption-caption similarity, captions from image-image similarity.
    let intra_modal = IntraModal

    /// Which of the teacher's distributions is the target of which row of psd: swapped, plain or intra_modal.
    /// `psd |> direction swapped`
    let direction (direction: Direction) target =
        Part.change (Objective.set "direction" direction) target

    /// The teacher's temperature over the student's, of psd and momentum_distillation: `psd |> tau_ratio 0.5`.
    let tau_ratio (ratio: float) target =
        Part.change (Objective.set "tau_ratio" ratio) target

    /// One draw for images and captions.
    let joint = Joint

    /// A draw for images and one for captions.
    let separate = Separate

    /// How psd draws the unaligned images and captions: joint or separate.
    /// `psd |> sampling separate`
    let sampling (sampling: Sampling) target =
        Part.change (Objective.set "sampling" sampling) target

    /// Every row is compared with the whole batch.
    let whole_batch = WholeBatch

    /// Every row is compared with the rows of its own kind, aligned or unaligned.
    let own_subset = OwnSubset

    /// What psd compares a row with: whole_batch or own_subset.
    /// `psd |> negatives own_subset`
    let negatives (negatives: Negatives) target =
        Part.change (Objective.set "negatives" negatives) target

    let private weighed settings target =
        Part.change (Objective.set "hard_negatives" (Some settings)) target

    /// Weigh hard negatives in psd's aligned rows, as HN-NCE with this alpha and beta does: `psd |> hard_negatives 1.0 0.25`.
    let hard_negatives (alpha: float) (beta: float) target =
        HnNce.kind.Settings.Defaults
        |> Settings.set HnNce.settings "alpha" alpha
        |> Settings.set HnNce.settings "beta" beta
        |> fun settings -> weighed settings target

    /// PSD with this soft fraction on top of infonce, or of hn_nce, whose weights then hold for the aligned rows.
    /// `hn_nce |> self_distilled (cosine 0 0.8)`
    let self_distilled (schedule: Schedule) target =
        target
        |> Part.change (fun objective ->
            match objective with
            | Objective.OfKind InfoNce.kind { LabelSmoothing = 0.0 } -> psd |> soft_fraction schedule
            | Objective.OfKind HnNce.kind settings -> psd |> soft_fraction schedule |> weighed settings
            | other -> UserError.fail $"self_distilled applies to infonce and hn_nce, not to {other.Label}")
