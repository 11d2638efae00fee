namespace Research.Language

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
    let private defaults: Debiased = {
        TauPlus = 0.1
        Beta = 1.0
        WeightGradient = true
    }

    let kind: ObjectiveKind<Debiased> = {
        Kind = "debiased"
        Settings = {
            Defaults = defaults
            Together = fun _ -> []
            Items = [
                Setting.make defaults "tau_plus" (Value.number "[0, 1)") _.TauPlus (fun v s -> { s with TauPlus = v })
                |> Setting.because "[R]"
                Setting.make defaults "beta" (Value.number "[0, inf)") _.Beta (fun v s -> { s with Beta = v })
                |> Setting.because "[R]"
                Setting.make defaults "weight_gradient" Value.flag _.WeightGradient (fun v s -> {
                    s with
                        WeightGradient = v
                })
                |> Setting.because "[R]"
            ]
        }
        Label = fun settings -> $"debiased ({Words.number settings.TauPlus}, {Words.number settings.Beta})"
        Name = fun _ -> "debiased NCE"
        Teacher = fun _ -> None
        Diagnostics = fun _ -> Diagnostics.hardNegatives
        HasParameters = false
        Version = 2
        ToCore =
            fun settings ->
                Research.Objectives.DebiasedNce(
                    Research.Objectives.DebiasedNceOptions(
                        PositivePrior = settings.TauPlus,
                        Beta = settings.Beta,
                        GradientThroughWeights = settings.WeightGradient
                    )
                )
    }

namespace Research

open Research.Language

[<AutoOpen>]
module DebiasedWords =
    /// Hard negatives with the correction for false ones: `debiased |> tau_plus 0.1`.
    let debiased = Objective.ofKind Debiased.kind

    /// The chance that another row's pair is a positive, in [0, 1), of debiased: `debiased |> tau_plus 0.1`.
    let tau_plus (prior: float) target =
        Part.change (Objective.set "tau_plus" prior) target
