namespace Research.Language

/// One run of a sweep.
type RunPlan = {
    Sweep: string
    /// The arm's displayed name.
    Arm: string
    /// (axis, label), in the order of the axes.
    Axes: (string * string) list
    Experiment: Experiment
    /// `ExperimentHash.compute`: the identity of the run's numbers.
    Hash: string
} with

    member run.Seed = run.Experiment.Seed

/// A sweep's runs in starting order: seed by seed, so that all arms can be compared early.
/// For a sweep with halving it is one rung.
type SweepPlan = {
    Name: string
    /// (axis, its labels).
    Axes: (string * string list) list
    /// The arms' names in table order.
    Arms: string list
    Seeds: int list
    Baseline: string option
    Runs: RunPlan list
}

[<RequireQualifiedAccess>]
module SweepPlan =
    let private ofArms (fingerprint: Data -> string) (sweep: Sweep) (arms: Arm list) : SweepPlan = {
        Name = sweep.Name
        Axes = Sweep.axes arms
        Arms = arms |> List.map _.Name
        Seeds = sweep.Seeds
        Baseline = Sweep.baseline sweep arms
        Runs = [
            for seed in sweep.Seeds do
                for arm in arms do
                    let experiment = {
                        arm.Experiment with
                            Name = $"{sweep.Name}: {arm.Name}"
                            Seed = seed
                    }

                    {
                        Sweep = sweep.Name
                        Arm = arm.Name
                        Axes = arm.Axes
                        Experiment = experiment
                        Hash = ExperimentHash.compute (fingerprint experiment.Data) experiment
                    }
        ]
    }

    /// One rung of a sweep with halving: the arms with these names and the rung's steps. The rung counts from 0.
    let rung
        (fingerprint: Data -> string)
        (sweep: Sweep)
        (halving: Halving)
        (index: int)
        (arms: string list)
        : SweepPlan =
        let steps = halving.Rungs[index]

        Sweep.arms sweep
        |> List.filter (fun arm -> List.contains arm.Name arms)
        |> List.map (fun arm -> {
            arm with
                Axes = arm.Axes @ [ "rung", string (index + 1) ]
                Experiment = {
                    arm.Experiment with
                        Train = {
                            arm.Experiment.Train with
                                Steps = steps
                        }
                }
        })
        |> ofArms fingerprint sweep

    /// Expands a sweep, or the first rung of one with halving. `fingerprint` gives the corpus's fingerprint, which is part of a run's identity.
    let make (fingerprint: Data -> string) (sweep: Sweep) : SweepPlan =
        let arms = Sweep.arms sweep

        match sweep.Halving with
        | Some halving -> rung fingerprint sweep halving 0 (arms |> List.map _.Name)
        | None -> ofArms fingerprint sweep arms
