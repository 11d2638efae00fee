namespace Research

open System

/// One run of a sweep: everything that a worker needs to know, written to its folder's config.json.
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

    /// The name of the run's folder: "<arm>-s<seed>-<first 8 digits of the hash>".
    member run.Id = $"{RunPlan.Slug run.Arm}-s{run.Experiment.Seed}-{run.Hash[..7]}"

    /// Lower-case letters, digits and single hyphens.
    static member Slug(text: string) =
        let parts =
            String.map
                (fun c ->
                    if Char.IsAsciiLetterOrDigit c then
                        Char.ToLowerInvariant c
                    else
                        ' ')
                text

        let slug = String.Join('-', parts.Split(' ', StringSplitOptions.RemoveEmptyEntries))

        if slug = "" then "arm" else slug

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

[<RequireQualifiedAccess>]
module RunPlan =
    let encode (run: RunPlan) =
        Json.object [
            "sweep", Some(Json.text run.Sweep)
            "arm", Some(Json.text run.Arm)
            "axes",
            Some(
                run.Axes
                |> List.map (fun (axis, label) -> axis, Some(Json.text label))
                |> Json.object
            )
            "seed", Some(Json.integer run.Seed)
            "hash", Some(Json.text run.Hash)
            "experiment", Some(Experiment.encode run.Experiment)
        ]

    /// The text of config.json.
    let toJson run = Json.render (encode run)

    /// Reads config.json; `source` names the file in messages. Throws InvalidDataException that names the key.
    let ofJson source content : RunPlan =
        let fields = JsonFields(source, Json.parse source content)
        let axes = fields.Object "axes"

        let run = {
            Sweep = fields.Text "sweep"
            Arm = fields.Text "arm"
            Axes = axes.Keys |> List.map (fun axis -> axis, axes.Text axis)
            Hash = fields.Text "hash"
            Experiment = Experiment.decode (fields.Object "experiment")
        }

        let seed = fields.Integer "seed"
        fields.Done()

        if seed <> run.Seed then
            fields.Fail $"\"seed\" is {seed}, but the experiment's is {run.Seed}."

        run
