namespace Research.Language

/// How far a distribution is from its target.
type Distance =
    /// -sum q log p: at least the target's own entropy.
    | CrossEntropy
    /// The cross entropy less the target's entropy: the same gradient, and 0 where they agree.
    | KullbackLeibler

/// Distillation from a model that was trained before and stays fixed, CLIP to CLIP.
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
    let private defaults: FrozenDistillation = {
        Weights = ""
        Blend = Schedule.Constant 0.5
        Temperature = None
        Distance = KullbackLeibler
    }

    let private distances =
        Value.oneOf [ "cross_entropy", CrossEntropy; "kullback_leibler", KullbackLeibler ]

    let private temperatures =
        Value.optional "the teacher's own" (Value.number "(0, inf)")

    let private weights = {
        Value.text with
            Problems =
                fun _ place ->
                    if System.String.IsNullOrWhiteSpace place then
                        [ "the teacher is \"\", which names no run folder or file" ]
                    else
                        []
    }

    let kind: ObjectiveKind<FrozenDistillation> = {
        Kind = "frozen_distillation"
        Settings = {
            Defaults = defaults
            Together = fun _ -> []
            Items = [
                Setting.make defaults "weights" weights _.Weights (fun v s -> { s with Weights = v })
                |> Setting.hashedAs (_.Weights >> WeightFiles.identity >> Json.text >> Some)
                Setting.make defaults "blend" (Schedule.value 0.0 1.0) _.Blend (fun v s -> { s with Blend = v })
                |> Setting.because "[O]"
                Setting.make defaults "temperature" temperatures _.Temperature (fun v s -> { s with Temperature = v })
                |> Setting.because "[O]"
                Setting.make defaults "distance" distances _.Distance (fun v s -> { s with Distance = v })
                |> Setting.because "[O]"
            ]
        }
        Label = fun settings -> $"frozen distillation {settings.Blend.Label}"
        Name = fun _ -> "frozen distillation"
        Teacher = fun settings -> Some(Frozen settings.Weights)
        Diagnostics = fun _ -> Diagnostics.softTargets
        HasParameters = false
        Version = 1
        ToCore =
            fun settings ->
                Research.Objectives.FrozenDistillation(
                    Research.Objectives.FrozenDistillationOptions(
                        Blend = settings.Blend,
                        TeacherTemperature = Option.toNullable settings.Temperature,
                        Distance =
                            match settings.Distance with
                            | CrossEntropy -> Research.Objectives.TargetDistance.CrossEntropy
                            | KullbackLeibler -> Research.Objectives.TargetDistance.KullbackLeibler
                    )
                )
    }

namespace Research

open Research.Language

[<AutoOpen>]
module FrozenDistillationWords =
    /// InfoNCE blended with the distributions of a model that was trained before, a run folder or a safetensors file:
    /// `frozen_distillation "FOLDER" |> blend (constant 0.5)`.
    let frozen_distillation (weights: string) =
        Objective.ofKind FrozenDistillation.kind |> Objective.set "weights" weights

    /// A temperature for frozen_distillation's teacher, in place of the one it was trained with.
    /// `frozen_distillation "results/.runs/0123456789abcdef" |> temperature 0.05`
    let temperature (tau: float) target =
        Part.change (Objective.set "temperature" (Some tau)) target

    /// Cross entropy with the teacher's distribution.
    let cross_entropy = CrossEntropy

    /// The cross entropy less the target's entropy: the same gradient, and 0 where they agree.
    let kullback_leibler = KullbackLeibler

    /// How frozen_distillation measures the distance from teacher to student, kullback_leibler or cross_entropy: `frozen_distillation "FOLDER" |> distance cross_entropy`.
    let distance (distance: Distance) target =
        Part.change (Objective.set "distance" distance) target
