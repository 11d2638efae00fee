namespace Research.Cli

open System
open System.Collections.Generic
open System.IO
open System.IO.Enumeration
open Research
open Research.Language
open Research.Runs
open Research.Launch
open Research.Training
open Research.Evaluation
open Research.Reports

/// The checks before anything runs, so that a mistake costs no training.
[<RequireQualifiedAccess>]
module StartChecks =
    /// The sweep as the command line changes it.
    let overridden (options: CliOptions) (sweep: Sweep) : Sweep =
        let sweep =
            match options.Seeds with
            | Some seeds -> { sweep with Seeds = seeds }
            | None -> sweep

        let sweep =
            match options.Budget with
            | Some budget -> { sweep with Budget = Some budget }
            | None -> sweep

        let change note patch = {
            sweep with
                Variations = sweep.Variations @ [ Variation.Patch(note, patch) ]
        }

        match options.Device, options.Devices with
        | Some name, _ ->
            Research.TrainWords.device name TrainSettings.defaults |> ignore // refuses an unknown word before any arm is made
            change $"--device {name}" (Research.TrainWords.device name)
        | None, [] -> sweep
        // Each process of a run sees one GPU, as its first.
        | None, _ -> change "--devices" (Research.TrainWords.device "cuda")

    /// The runs that match --only.
    let chosen (options: CliOptions) (plan: SweepPlan) : RunPlan list =
        match options.Only with
        | None -> plan.Runs
        | Some glob ->
            let fits (text: string | null) =
                FileSystemName.MatchesSimpleExpression(glob, string text)

            let runs =
                plan.Runs
                |> List.filter (fun run -> fits run.Arm || fits (PlannedRun.label run))

            if runs.IsEmpty then
                raise (ArgumentException $"--only {glob} matches no run; the arms are {Words.list plan.Arms}")

            runs

    /// The corpus must have what the evaluations need: pairs on the held-out sides, with the required annotations.
    let private heldOut
        (run: RunPlan)
        (corpus: Research.Corpora.Corpus)
        (asked: HashSet<Data * HeldOut * Evaluation option>)
        key
        =
        let data = run.Experiment.Data

        let refuse message =
            raise (ArgumentException $"arm \"{run.Arm}\": {message}")

        for side in run.Experiment.EvaluateOn do
            let split = HeldOut.split side

            if asked.Add(key, side, None) && RunData.count corpus data split = 0L then
                refuse
                    $"evaluate_on {side}: '{data.Corpus}' has no {side} pair that matches its sources and condition; leave {side} out of evaluate_on"

            for evaluation in run.Experiment.Evaluate do
                if not (evaluation.Metrics side).IsEmpty && asked.Add(key, side, Some evaluation) then
                    for needed in split :: evaluation.LearnsFrom do
                        corpus.Stream(Nullable needed, RunData.sources data, Option.toObj data.Where)
                        |> evaluation.Obstacle
                        |> Option.iter (fun obstacle ->
                            let name = (string needed).ToLowerInvariant()

                            refuse
                                $"{evaluation.Script} cannot be measured on the {name} pairs of '{data.Corpus}': {obstacle}; leave it out of evaluate")

    /// Mistakes that only the corpus can reveal: unknown sources, a wrong condition, a batch larger than the training pairs, nothing to
    /// measure on.
    let data (plan: SweepPlan) =
        let counts = Dictionary<Data, int64>()
        let asked = HashSet<Data * HeldOut * Evaluation option>()

        for run in plan.Runs do
            let data = run.Experiment.Data

            let key = {
                Data.defaults with
                    Corpus = data.Corpus
                    Pixels = data.Pixels
                    Sources = data.Sources
                    Where = data.Where
            }

            use corpus = RunData.openCorpus data

            if not (counts.ContainsKey key) then
                counts.Add(key, RunData.count corpus data Research.Corpora.Split.Train)

            heldOut run corpus asked key

            let batch = run.Experiment.Train.Batch

            let left =
                int64 (Math.Round(data.Fraction * float counts[key], MidpointRounding.AwayFromZero))

            if left < int64 batch then
                let part =
                    if data.Fraction < 1.0 then
                        $", of which fraction {Words.number data.Fraction} is used"
                    else
                        ""

                raise (
                    ArgumentException
                        $"arm \"{run.Arm}\": batch {batch} is larger than the corpus: {left} training pairs of '{data.Corpus}' match its sources and condition{part}"
                )

    /// What is allowed but hardly meant, a line each, with the first arm that has it.
    let findings (plan: SweepPlan) : string list =
        plan.Runs
        |> List.distinctBy _.Arm
        |> List.collect (fun run ->
            Findings.ofExperiment run.Experiment
            |> List.map (fun finding -> run.Arm, finding))
        |> List.groupBy snd
        |> List.map (fun (finding, arms) ->
            match arms with
            | [ arm, _ ] -> $"arm \"{arm}\": {finding}"
            | (arm, _) :: others -> $"arm \"{arm}\" and {others.Length} more: {finding}"
            | [] -> finding)

    /// Refuses devices that this machine lacks, and runs with more GPU processes than there are GPUs.
    let devices (options: CliOptions) (plan: SweepPlan) =
        let own = plan.Runs |> List.map _.Experiment.Train.Device

        for device in own @ options.Devices |> List.distinct do
            if device <> "cpu" then
                Devices.Resolve device |> ignore

        for run in plan.Runs |> List.filter (fun run -> run.Experiment.Train.Device <> "cpu") do
            let needed = run.Experiment.Train.Processes

            let given, source =
                match options.Devices with
                | [] -> Devices.Available().Count - 1, "this machine has"
                | devices -> devices.Length, "--devices names"

            if needed > given then
                raise (
                    ArgumentException
                        $"arm \"{run.Arm}\": processes {needed} on cuda need one GPU each, but {source} {given}"
                )

    /// Metrics that the report or the halving asks for but no run measures, and other gaps in the report.
    let metrics (study: Study) (sweep: Sweep) =
        let arms = Sweep.arms sweep |> List.map (fun arm -> arm.Name, arm.Experiment)

        [
            yield! Report.problems study sweep
            match sweep.Halving with
            | Some halving -> yield! Evaluation.missing "halving" [] arms [ halving.Metric ]
            | None -> ()
        ]
        |> List.distinct
        |> UserError.failAny

    /// The number of parallel worker processes.
    let jobs (options: CliOptions) (runs: RunPlan list) =
        let train = runs |> List.map _.Experiment.Train
        let busy = train |> List.map _.Processors |> List.max
        let processes = train |> List.map _.Processes |> List.max

        let fitting =
            match options.Devices with
            | [] -> max 1 (Environment.ProcessorCount / busy)
            | devices -> max 1 (devices.Length / processes)

        options.Jobs |> Option.defaultValue (min fitting runs.Length)
