namespace Research

/// `hnNCE { alpha 1; beta 0.25 }`
type HnNceBuilder internal () =
    /// alpha 1, beta 0.25, with gradients through the weights.
    member _.Yield(()) : HnNce = HnNce.defaults

    member builder.Zero() = builder.Yield(())

    member _.Run(settings: HnNce) : Objective =
        Objective.hnNceProblems settings |> Mistake.failAny
        HnNce settings

    /// Weight of the positive pair in the denominator, in [0, 1].
    [<CustomOperation "alpha">]
    member _.Alpha(settings: HnNce, weight: float) = { settings with Alpha = weight }

    /// Concentration on hard negatives, at least 0; 0 weighs all negatives alike.
    [<CustomOperation "beta">]
    member _.Beta(settings: HnNce, concentration: float) = { settings with Beta = concentration }

    /// Whether gradients flow through the negatives' weights.
    [<CustomOperation "weight_gradient">]
    member _.WeightGradient(settings: HnNce, flows: bool) = { settings with WeightGradient = flows }

/// The objectives without a builder, and HN-NCE's.
[<AutoOpen>]
module ObjectiveKeywords =
    /// Hard-negative noise contrastive estimation: InfoNCE with more weight on the negatives that are closest.
    let hnNCE = HnNceBuilder()

    /// InfoNCE, CLIP's symmetric cross-entropy over the batch.
    let infoNCE = InfoNce { LabelSmoothing = 0.0 }

    /// Decoupled contrastive loss: InfoNCE without the positive in its denominator.
    let dcl = Dcl

    /// InfoNCE with a weight in [0, 1) moved from the pair to the rest of the batch.
    let label_smoothing weight objective =
        match objective with
        | InfoNce _ ->
            let settings = { LabelSmoothing = weight }
            Objective.infoNceProblems settings |> Mistake.failAny
            InfoNce settings
        | other -> Mistake.fail $"label_smoothing applies to infoNCE, not to {other.Label}"
