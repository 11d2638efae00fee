namespace Research.Language

/// InfoNCE, CLIP's loss.
type InfoNce = {
    /// The part of the target that is spread over all rows of the batch, in [0, 1).
    LabelSmoothing: float
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module InfoNce =
    let private defaults: InfoNce = { LabelSmoothing = 0.0 }

    let kind: ObjectiveKind<InfoNce> = {
        Kind = "infonce"
        Settings = {
            Defaults = defaults
            Together = fun _ -> []
            Items = [
                Setting.make defaults "label_smoothing" (Value.number "[0, 1)") _.LabelSmoothing (fun v _ -> {
                    LabelSmoothing = v
                })
                |> Setting.because "none [R] CLIP"
            ]
        }
        Label =
            fun settings ->
                if settings.LabelSmoothing = 0.0 then
                    "InfoNCE"
                else
                    $"InfoNCE, smoothing {Words.number settings.LabelSmoothing}"
        Name = fun _ -> "InfoNCE"
        Teacher = fun _ -> None
        Diagnostics = fun _ -> []
        HasParameters = false
        Version = 1
        ToCore = fun settings -> Research.Objectives.InfoNce settings.LabelSmoothing
    }

namespace Research

open Research.Language

[<AutoOpen>]
module InfoNceWords =
    /// InfoNCE, CLIP's symmetric cross-entropy over the batch.
    let infonce = Objective.ofKind InfoNce.kind

    /// InfoNCE with this part of the target spread over all rows of the batch, in [0, 1): `infonce |> label_smoothing 0.1`.
    let label_smoothing (weight: float) target =
        Part.change (Objective.set "label_smoothing" weight) target
