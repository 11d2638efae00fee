namespace Research

/// `psd { soft_fraction (cosine 0 0.8) }`
type PsdBuilder internal () =
    /// Half a cosine from 0 to 0.8, shared teacher, swapped targets at the student's temperature, one draw, the whole batch.
    member _.Yield(()) : Psd = Psd.defaults

    member builder.Zero() = builder.Yield(())

    member _.Run(settings: Psd) : Objective =
        ObjectiveProblems.psd settings |> Mistake.failAny
        Psd settings

    /// The part of each batch that learns from the teacher, as a schedule with values in [0, 1].
    [<CustomOperation "soft_fraction">]
    member _.SoftFraction(settings: Psd, schedule: Schedule) = {
        settings with
            SoftFraction = schedule
    }

    /// Shared (the network itself), Ema momentum, or Frozen folder: the run folder of a model that was trained before.
    [<CustomOperation "teacher">]
    member _.Teacher(settings: Psd, teacher: Teacher) = { settings with Teacher = teacher }

    /// Swapped, Plain or IntraModal targets.
    [<CustomOperation "direction">]
    member _.Direction(settings: Psd, direction: Direction) = { settings with Direction = direction }

    /// The teacher's temperature over the student's.
    [<CustomOperation "tau_ratio">]
    member _.TauRatio(settings: Psd, ratio: float) = { settings with TauRatio = ratio }

    /// Joint or Separate draws of the unaligned images and captions.
    [<CustomOperation "sampling">]
    member _.Sampling(settings: Psd, sampling: Sampling) = { settings with Sampling = sampling }

    /// WholeBatch or OwnSubset.
    [<CustomOperation "negatives">]
    member _.Negatives(settings: Psd, negatives: Negatives) = { settings with Negatives = negatives }

    /// Weigh hard negatives in the aligned rows, as HN-NCE with this alpha and beta does.
    [<CustomOperation "hard_negatives">]
    member _.HardNegatives(settings: Psd, alpha: float, beta: float) = {
        settings with
            HardNegatives =
                Some {
                    Alpha = alpha
                    Beta = beta
                    WeightGradient = true
                }
    }

[<AutoOpen>]
module PsdKeyword =
    /// Progressive self-distillation: a growing part of each batch learns from the network's own softened view of it.
    let psd = PsdBuilder()
