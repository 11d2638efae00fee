namespace Research

/// `momentum_distillation { blend (linear 0 0.4); teacher (Ema 0.995) }`
type MomentumDistillationBuilder internal () =
    /// A blend that rises to 0.4 in the first tenth of training, a moving average of momentum 0.995 at the student's temperature.
    member _.Yield(()) : MomentumDistillation = MomentumDistillation.defaults

    member builder.Zero() = builder.Yield(())

    member _.Run(settings: MomentumDistillation) : Objective =
        ObjectiveProblems.momentumDistillation settings |> Mistake.failAny
        MomentumDistillation settings

    /// The teacher's part of every row's target, as a schedule with values in [0, 1].
    [<CustomOperation "blend">]
    member _.Blend(settings: MomentumDistillation, schedule: Schedule) : MomentumDistillation = {
        settings with
            Blend = schedule
    }

    /// Ema momentum, or Frozen folder.
    [<CustomOperation "teacher">]
    member _.Teacher(settings: MomentumDistillation, teacher: Teacher) : MomentumDistillation = {
        settings with
            Teacher = teacher
    }

    /// The teacher's temperature over the student's.
    [<CustomOperation "tau_ratio">]
    member _.TauRatio(settings: MomentumDistillation, ratio: float) : MomentumDistillation = {
        settings with
            TauRatio = ratio
    }

/// `frozen_distillation "results/clean-emoji/runs/..." { blend (constant 0.5) }`
type FrozenDistillationBuilder internal (weights: string) =
    /// Half of the loss throughout, at the temperature at which the teacher was trained, by the divergence.
    member _.Yield(()) : FrozenDistillation = FrozenDistillation.defaults weights

    member builder.Zero() = builder.Yield(())

    member _.Run(settings: FrozenDistillation) : Objective =
        ObjectiveProblems.frozenDistillation settings |> Mistake.failAny
        FrozenDistillation settings

    /// The teacher's part of the loss, as a schedule with values in [0, 1]; the rest is InfoNCE.
    [<CustomOperation "blend">]
    member _.Blend(settings: FrozenDistillation, schedule: Schedule) = { settings with Blend = schedule }

    /// Another temperature for the teacher than the one at which it was trained.
    [<CustomOperation "temperature">]
    member _.Temperature(settings: FrozenDistillation, tau: float) = { settings with Temperature = Some tau }

    /// KullbackLeibler or CrossEntropy.
    [<CustomOperation "distance">]
    member _.Distance(settings: FrozenDistillation, distance: Distance) = { settings with Distance = distance }

/// The objectives' names in scripts.
[<AutoOpen>]
module ObjectiveKeywords =
    /// Hard-negative noise contrastive estimation: InfoNCE with more weight on the negatives that are closest.
    let hnNCE = HnNceBuilder()

    /// InfoNCE, CLIP's symmetric cross-entropy over the batch.
    let infoNCE = InfoNce { LabelSmoothing = 0.0 }

    /// Decoupled contrastive loss: InfoNCE without the positive in its denominator.
    let dcl = Dcl

    /// Hard negatives with the correction for false ones.
    let debiased = DebiasedBuilder()

    /// SigLIP: every pair of an image and a caption is a yes-or-no question of its own, with a learnable bias that starts at -10.
    let sigLIP = SigLip { InitialBias = -10.0 }

    /// CyCLIP: InfoNCE with similarities made symmetric across and alike within images and captions.
    let cyCLIP = CyClipBuilder()

    /// Every row's target blended with the distribution of a moving average of the network.
    let momentum_distillation = MomentumDistillationBuilder()

    /// InfoNCE blended with the distributions of a model that was trained before: a run folder, or a safetensors file.
    let frozen_distillation weights = FrozenDistillationBuilder weights

    /// A weighted sum over the same batch: `weighted [ 1.0, infoNCE; 0.5, cyCLIP { () } ]`.
    let weighted (parts: (float * Objective) list) =
        let sum = Sum parts
        ObjectiveProblems.all sum |> Mistake.failAny
        sum

    /// InfoNCE with a weight in [0, 1) moved from the pair to the rest of the batch.
    let label_smoothing weight objective =
        match objective with
        | InfoNce _ ->
            let settings = { LabelSmoothing = weight }
            ObjectiveProblems.infoNce settings |> Mistake.failAny
            InfoNce settings
        | other -> Mistake.fail $"label_smoothing applies to infoNCE, not to {other.Label}"

    /// SigLIP with another bias at the start.
    let initial_bias bias objective =
        match objective with
        | SigLip _ ->
            let settings = { InitialBias = bias }
            ObjectiveProblems.sigLip settings |> Mistake.failAny
            SigLip settings
        | other -> Mistake.fail $"initial_bias applies to sigLIP, not to {other.Label}"
