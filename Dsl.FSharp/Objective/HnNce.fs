namespace Research

/// `hnNCE { alpha 1; beta 0.25 }`
type HnNceBuilder internal () =
    /// alpha 1, beta 0.25, with gradients through the weights.
    member _.Yield(()) : HnNce = HnNce.defaults

    member builder.Zero() = builder.Yield(())

    member _.Run(settings: HnNce) : Objective =
        ObjectiveProblems.hnNce settings |> Mistake.failAny
        HnNce settings

    /// Weight of the positive pair in the denominator, in [0, 1].
    [<CustomOperation "alpha">]
    member _.Alpha(settings: HnNce, weight: float) = { settings with Alpha = weight }

    /// Concentration on hard negatives, at least 0; 0 weighs all negatives alike.
    [<CustomOperation "beta">]
    member _.Beta(settings: HnNce, concentration: float) : HnNce = { settings with Beta = concentration }

    /// Whether gradients flow through the negatives' weights.
    [<CustomOperation "weight_gradient">]
    member _.WeightGradient(settings: HnNce, flows: bool) : HnNce = { settings with WeightGradient = flows }

/// `debiased { tau_plus 0.1; beta 1 }`
type DebiasedBuilder internal () =
    /// tau+ 0.1, beta 1, with gradients through the weights.
    member _.Yield(()) : Debiased = Debiased.defaults

    member builder.Zero() = builder.Yield(())

    member _.Run(settings: Debiased) : Objective =
        ObjectiveProblems.debiased settings |> Mistake.failAny
        Debiased settings

    /// The chance that another row's pair is a positive, in [0, 1).
    [<CustomOperation "tau_plus">]
    member _.TauPlus(settings: Debiased, prior: float) = { settings with TauPlus = prior }

    /// Concentration on hard negatives, at least 0.
    [<CustomOperation "beta">]
    member _.Beta(settings: Debiased, concentration: float) : Debiased = { settings with Beta = concentration }

    /// Whether gradients flow through the negatives' weights.
    [<CustomOperation "weight_gradient">]
    member _.WeightGradient(settings: Debiased, flows: bool) : Debiased = { settings with WeightGradient = flows }

/// `cyCLIP { in_modal 0.25; cross_modal 0.25 }`
type CyClipBuilder internal () =
    /// 0.25 each.
    member _.Yield(()) : CyClip = CyClip.defaults

    member builder.Zero() = builder.Yield(())

    member _.Run(settings: CyClip) : Objective =
        ObjectiveProblems.cyClip settings |> Mistake.failAny
        CyClip settings

    /// Weight of the difference between image-image and caption-caption similarities, at least 0.
    [<CustomOperation "in_modal">]
    member _.InModal(settings: CyClip, weight: float) = { settings with InModal = weight }

    /// Weight of the asymmetry of image-caption similarities, at least 0.
    [<CustomOperation "cross_modal">]
    member _.CrossModal(settings: CyClip, weight: float) = { settings with CrossModal = weight }
