namespace Research.Language

/// CyCLIP (Goel et al. 2022): InfoNCE with similarities made symmetric.
type CyClip = {
    /// Weight of the difference between image-image and caption-caption similarities, at least 0.
    InModal: float
    /// Weight of the asymmetry of image-caption similarities, at least 0.
    CrossModal: float
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module CyClip =
    let private defaults: CyClip = { InModal = 0.25; CrossModal = 0.25 }
    let private weight = Value.number "[0, inf)"

    let kind: ObjectiveKind<CyClip> = {
        Kind = "cyclip"
        Settings = {
            Defaults = defaults
            Together = fun _ -> []
            Items = [
                Setting.make defaults "in_modal" weight _.InModal (fun v s -> { s with InModal = v })
                |> Setting.because "[R]"
                Setting.make defaults "cross_modal" weight _.CrossModal (fun v s -> { s with CrossModal = v })
                |> Setting.because "[R]"
            ]
        }
        Label = fun settings -> $"CyCLIP ({Words.number settings.InModal}, {Words.number settings.CrossModal})"
        Name = fun _ -> "CyCLIP"
        Teacher = fun _ -> None
        Diagnostics = fun _ -> []
        HasParameters = false
        Version = 1
        ToCore = fun settings -> Research.Objectives.CyClip(settings.InModal, settings.CrossModal)
    }

namespace Research

open Research.Language

[<AutoOpen>]
module CyClipWords =
    /// CyCLIP: InfoNCE with similarities made symmetric across, and alike within, images and captions.
    let cyclip = Objective.ofKind CyClip.kind

    /// Weight in cyclip of the difference between image-image and caption-caption similarities, at least 0: `cyclip |> in_modal 0.5`.
    let in_modal (weight: float) target =
        Part.change (Objective.set "in_modal" weight) target

    /// Weight in cyclip of the asymmetry of image-caption similarities, at least 0: `cyclip |> cross_modal 0.5`.
    let cross_modal (weight: float) target =
        Part.change (Objective.set "cross_modal" weight) target
