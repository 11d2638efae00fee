namespace Research

/// One run of a sweep.
type RunPlan = {
    Sweep: string
    /// The arm's name as people read it.
    Arm: string
    /// (axis, label), in the order of the axes.
    Axes: (string * string) list
    Experiment: Experiment
    /// `ExperimentHash.compute`: the identity of the run's numbers.
    Hash: string
} with

    member run.Seed = run.Experiment.Seed

/// A sweep's runs in the order in which they start: seed by seed, so that a first comparison of all arms is there early.
type SweepPlan = {
    Name: string
    /// (axis, its labels).
    Axes: (string * string list) list
    /// The arms' names in the order of the tables.
    Arms: string list
    Seeds: int list
    Baseline: string option
    Runs: RunPlan list
}

[<RequireQualifiedAccess>]
module SweepPlan =
    /// Expands a sweep. `fingerprint` gives the corpus's fingerprint, which is part of a run's identity.
    let make (fingerprint: Data -> string) (sweep: Sweep) : SweepPlan =
        let arms = Sweep.arms sweep

        {
            Name = sweep.Name
            Axes = sweep.Axes |> List.map (fun axis -> axis.Name, List.map fst axis.Values)
            Arms = arms |> List.map _.Name
            Seeds = sweep.Seeds
            Baseline = sweep.Baseline
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
