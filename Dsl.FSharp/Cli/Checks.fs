namespace Research

open System
open System.Collections.Generic
open System.IO
open System.IO.Enumeration
open Research.Runs
open Research.Launch
open Research.Training

/// What is looked at before anything runs, so that a mistake costs no training.
[<RequireQualifiedAccess>]
module Checks =
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
            let train = device name TrainSettings.defaults // refuses an unknown word before any arm is made
            change $"--device {name}" (adjust_train (device train.Device))
        | None, [] -> sweep
        // Each process of a run sees one GPU, which it knows as the first.
        | None, _ -> change "--devices" (adjust_train (device "cuda"))

    /// The runs that --only leaves.
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
                raise (ArgumentException $"--only {glob} fits no run; the arms are {Words.list plan.Arms}")

            runs

    /// What is measured must be there: pairs on the held-out side, and for zero-shot classes to tell apart.
    let private heldOut (run: RunPlan) (corpus: Corpora.Corpus) (asked: HashSet<Data * HeldOut * Classes option>) key =
        let data = run.Experiment.Data

        let classes =
            run.Experiment.Evaluate
            |> List.choose (fun evaluation ->
                match evaluation with
                | ZeroShot classes -> Some classes
                | _ -> None)

        for side in run.Experiment.EvaluateOn do
            let split = Evaluate.side side

            if asked.Add(key, side, None) && RunData.count corpus data split = 0L then
                raise (
                    ArgumentException
                        $"arm \"{run.Arm}\": evaluate_on {side}: '{data.Corpus}' has no {side} pair that fits its sources and condition; name in evaluate_on the sides that there are"
                )

            for classes in classes do
                if
                    asked.Add(key, side, Some classes)
                    && corpus.Stream(Nullable split, RunData.sources data, Option.toObj data.Where)
                       |> Seq.map (Evaluate.classOf classes)
                       |> Seq.distinct
                       |> Seq.truncate 2
                       |> Seq.length
                        <
                        2
                then
                    raise (
                        ArgumentException
                            $"arm \"{run.Arm}\": zero_shot {classes}: the {side} pairs of '{data.Corpus}' are of one class or of none, so that there is nothing to tell apart; evaluate [ retrieval ] leaves it out"
                    )

    /// What can be known only with the corpus: unknown sources, a wrong condition, a batch larger than the training pairs, nothing to
    /// measure on.
    let data (plan: SweepPlan) =
        let counts = Dictionary<Data, int64>()
        let asked = HashSet<Data * HeldOut * Classes option>()

        for run in plan.Runs do
            let data = run.Experiment.Data

            let key = {
                Data.defaults with
                    Corpus = data.Corpus
                    Pixels = data.Pixels
                    Sources = data.Sources
                    Where = data.Where
            }

            use corpus = Execute.openCorpus data

            if not (counts.ContainsKey key) then
                counts.Add(key, RunData.count corpus data Corpora.Split.Train)

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
                        $"arm \"{run.Arm}\": batch {batch} is larger than the corpus: {left} training pairs of '{data.Corpus}' fit its sources and condition{part}"
                )

    /// Devices that this machine lacks are refused, and runs of more processes on GPUs than there are GPUs for them.
    let devices (options: CliOptions) (plan: SweepPlan) =
        let own = plan.Runs |> List.map _.Experiment.Train.Device

        for device in own @ options.Devices |> List.distinct do
            if device <> "cpu" then
                Devices.Resolve device |> ignore

        for run in plan.Runs |> List.filter (fun run -> run.Experiment.Train.Device <> "cpu") do
            let needed = TrainSettings.processCount run.Experiment.Train

            let given, source =
                match options.Devices with
                | [] -> Devices.Available().Count - 1, "this machine has"
                | devices -> devices.Length, "--devices names"

            if needed > given then
                raise (
                    ArgumentException
                        $"arm \"{run.Arm}\": processes {needed} on cuda need a GPU each, but {source} {given}"
                )

    /// Metrics that the report or the halving asks for and no run measures, and what else the report misses.
    let metrics (study: Study) (sweep: Sweep) =
        let experiments = Sweep.arms sweep |> List.map _.Experiment

        [
            yield! Report.problems study sweep
            match sweep.Halving with
            | Some halving -> yield! MetricNames.problems "halving" [ halving.Metric ] experiments
            | None -> ()
        ]
        |> List.distinct
        |> Mistake.failAny

    /// Worker processes side by side.
    let jobs (options: CliOptions) (runs: RunPlan list) =
        let train = runs |> List.map _.Experiment.Train
        let busy = train |> List.map TrainSettings.processors |> List.max
        let processes = train |> List.map TrainSettings.processCount |> List.max

        let fitting =
            match options.Devices with
            | [] -> max 1 (Environment.ProcessorCount / busy)
            | devices -> max 1 (devices.Length / processes)

        options.Jobs |> Option.defaultValue (min fitting runs.Length)
