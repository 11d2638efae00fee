namespace Research.Language

/// SigLIP's pairwise sigmoid loss (Zhai et al. 2023).
type SigLip = {
    /// The learnable bias at the start.
    InitialBias: float
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module SigLip =
    let private defaults: SigLip = { InitialBias = -10.0 }

    let kind: ObjectiveKind<SigLip> = {
        Kind = "siglip"
        Settings = {
            Defaults = defaults
            Together = fun _ -> []
            Items = [
                Setting.make defaults "initial_bias" (Value.number "(-inf, inf)") _.InitialBias (fun v _ -> {
                    InitialBias = v
                })
                |> Setting.because "[R] SigLIP"
            ]
        }
        Label = fun _ -> "SigLIP"
        Name = fun _ -> "SigLIP"
        Teacher = fun _ -> None
        Diagnostics = fun _ -> []
        HasParameters = true
        Version = 1
        ToCore = fun settings -> new Research.Objectives.SigLip(settings.InitialBias)
    }

namespace Research

open Research.Language

[<AutoOpen>]
module SigLipWords =
    /// SigLIP: every pair of an image and a caption is a yes-or-no question of its own, with a learnable bias that starts at -10.
    let siglip = Objective.ofKind SigLip.kind

    /// The bias of siglip at the start: `siglip |> initial_bias -10.0`.
    let initial_bias (bias: float) target =
        Part.change (Objective.set "initial_bias" bias) target
