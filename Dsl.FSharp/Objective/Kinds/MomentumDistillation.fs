namespace Research.Language

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
    let private defaults: MomentumDistillation = {
        Blend = Schedule.Piecewise(struct (0.0, 0.0), struct (0.1, 0.4), struct (1.0, 0.4))
        Teacher = Ema(0.995, false)
        TauRatio = 1.0
    }

    let kind: ObjectiveKind<MomentumDistillation> = {
        Kind = "momentum_distillation"
        Settings = {
            Defaults = defaults
            Together =
                fun settings -> [
                    if settings.Teacher = Shared then
                        "teacher shared has exactly zero gradient in the soft part; choose teacher (ema m) or (frozen \"FOLDER\")"
                ]
            Items = [
                Setting.make defaults "blend" (Schedule.value 0.0 1.0) _.Blend (fun v s -> { s with Blend = v })
                |> Setting.because "up to 0.4 [R], in the first tenth of training [O]"
                Setting.make defaults "teacher" Teacher.value _.Teacher (fun v s -> { s with Teacher = v })
                |> Setting.hashedAs (_.Teacher >> Teacher.identity >> Some)
                |> Setting.because "[R] ALBEF"
                Setting.make defaults "tau_ratio" (Value.number "(0, inf)") _.TauRatio (fun v s -> {
                    s with
                        TauRatio = v
                })
                |> Setting.because "[R] ALBEF"
            ]
        }
        Label = fun settings -> $"momentum distillation {settings.Blend.Label}"
        Name = fun _ -> "momentum distillation"
        Teacher = fun settings -> Some settings.Teacher
        Diagnostics = fun _ -> Diagnostics.softTargets
        HasParameters = false
        Version = 1
        ToCore =
            fun settings ->
                Research.Objectives.MomentumDistillation(
                    Research.Objectives.MomentumDistillationOptions(
                        Blend = settings.Blend,
                        Teacher = Teacher.toCore settings.Teacher,
                        TeacherTemperatureRatio = settings.TauRatio
                    )
                )
    }

namespace Research

open Research.Language

[<AutoOpen>]
module MomentumDistillationWords =
    /// Every row's target blended with the distribution of a moving average of the network: `momentum_distillation |> blend (linear 0 0.4)`.
    let momentum_distillation = Objective.ofKind MomentumDistillation.kind

    /// The teacher's part of every row's target of momentum_distillation and frozen_distillation, as a schedule with values in [0, 1].
    /// `momentum_distillation |> blend (linear 0 0.4)`
    let blend (schedule: Schedule) target =
        Part.change (Objective.set "blend" schedule) target
