namespace Research.Language

/// Hard-negative noise contrastive estimation (HN-NCE), DiHT's.
type HnNce = {
    /// Weight of the positive pair in the denominator, in [0, 1].
    Alpha: float
    /// Concentration on hard negatives, at least 0; 0 weighs all alike.
    Beta: float
    /// Whether gradients flow through the negatives' weights.
    WeightGradient: bool
}

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module HnNce =
    let private defaults: HnNce = {
        Alpha = 1.0
        Beta = 0.25
        WeightGradient = true
    }

    let settings: Settings<HnNce> = {
        Defaults = defaults
        Together = fun _ -> []
        Items = [
            Setting.make defaults "alpha" (Value.number "[0, 1]") _.Alpha (fun v s -> { s with Alpha = v })
            |> Setting.because "[R] LAION-CAT"
            Setting.make defaults "beta" (Value.number "[0, inf)") _.Beta (fun v s -> { s with Beta = v })
            |> Setting.because "[R] LAION-CAT"
            Setting.make defaults "weight_gradient" Value.flag _.WeightGradient (fun v s -> {
                s with
                    WeightGradient = v
            })
            |> Setting.because "[O]"
        ]
    }

    let options (settings: HnNce) =
        Research.Objectives.HnNceOptions(
            Alpha = settings.Alpha,
            Beta = settings.Beta,
            GradientThroughWeights = settings.WeightGradient
        )

    let label (settings: HnNce) =
        $"({Words.number settings.Alpha}, {Words.number settings.Beta})"

    let kind: ObjectiveKind<HnNce> = {
        Kind = "hn_nce"
        Settings = settings
        Label = fun settings -> $"HN-NCE {label settings}"
        Name =
            fun settings ->
                if settings.Alpha = 0.0 && settings.Beta = 0.0 then
                    "DCL"
                else
                    "HN-NCE"
        Teacher = fun _ -> None
        Diagnostics = fun _ -> Diagnostics.hardNegatives
        HasParameters = false
        Version = 1
        ToCore = fun settings -> Research.Objectives.HnNce(options settings)
    }

/// The decoupled contrastive loss (Yeh et al. 2022), which has no settings.
[<RequireQualifiedAccess>]
module Dcl =
    let kind: ObjectiveKind<unit> = {
        Kind = "dcl"
        Settings = {
            Defaults = ()
            Together = fun _ -> []
            Items = []
        }
        Label = fun () -> "DCL"
        Name = fun () -> "DCL"
        Teacher = fun () -> None
        Diagnostics = fun () -> Diagnostics.hardNegatives
        HasParameters = false
        Version = 1
        ToCore = fun () -> Research.Objectives.HnNce.Decoupled()
    }

namespace Research

open Research.Language

[<AutoOpen>]
module HnNceWords =
    /// Hard-negative noise contrastive estimation: InfoNCE with more weight on the closest negatives: `hn_nce |> beta 0.25`.
    let hn_nce = Objective.ofKind HnNce.kind

    /// The decoupled contrastive loss: InfoNCE without the positive in its denominator.
    let dcl = Objective.ofKind Dcl.kind

    /// Weight of the positive pair in hn_nce's denominator, in [0, 1]: `hn_nce |> alpha 0.999`.
    let alpha (weight: float) target =
        Part.change (Objective.set "alpha" weight) target

    /// Concentration on hard negatives of hn_nce and debiased, at least 0; 0 weighs all negatives alike: `hn_nce |> beta 0.5`.
    let beta (concentration: float) target =
        Part.change (Objective.set "beta" concentration) target

    /// Whether gradients flow through the negatives' weights of hn_nce and debiased: `hn_nce |> weight_gradient false`.
    let weight_gradient (flows: bool) target =
        Part.change (Objective.set "weight_gradient" flows) target
