namespace Research.Cli

open System.IO
open System.Text.Json.Nodes
open Research.Language
open Research.Runs
open Research.Estimates
open Research.Commands
open Research.Launch

/// A plan in forms for people and for programs.
[<RequireQualifiedAccess>]
module PlanView =
    /// The folder of a run under the sweep's results folder.
    let folderOf (out: string) (run: RunPlan) = PlannedRun.folder out run

    /// One word for the state of a run folder: "done", "to do", or the state of a run that was started.
    let state (out: string) (run: RunPlan) =
        let folder = folderOf out run

        if PlannedRun.isFinished out run then
            "done"
        elif RunStore.exists folder then
            match (RunStore.read (PlannedRun.identity run) folder).State with
            | RunStatus.Running -> "running"
            | RunStatus.Interrupted -> "interrupted"
            | RunStatus.Failed -> "failed"
            | RunStatus.Planned
            | RunStatus.Done -> "to do"
        else
            "to do"

    let private heading (sweep: Sweep) (plan: SweepPlan) =
        let rungs =
            match sweep.Halving with
            | Some halving ->
                let counts = Halving.counts halving plan.Arms.Length

                let words =
                    List.map2 (fun arms steps -> $"{arms} arms for {steps} steps") counts halving.Rungs

                $", halving by {halving.Metric.Key}: {Words.list words}"
            | None -> ""

        let baseline =
            match plan.Baseline with
            | Some arm -> $", baseline {arm}"
            | None -> ""

        $"{plan.Name}: {plan.Arms.Length} arms x {plan.Seeds.Length} seeds{baseline}{rungs}"

    /// The runs, one per line, for --dry-run.
    let print (sweep: Sweep) (plan: SweepPlan) (out: string) (runs: RunPlan list) =
        printfn "%s" (heading sweep plan)

        for run in runs do
            let train = run.Experiment.Train

            printfn
                "  %-11s %s, seed %d: %d steps of %d pairs  [%s]"
                (state out run)
                run.Arm
                run.Seed
                train.Steps
                train.Batch
                (Path.GetFileName(folderOf out run))

    /// State, arm, seed and folder of each run, for --list.
    let list (out: string) (runs: RunPlan list) =
        for run in runs do
            printfn "%-11s %s\t%d\t%s" (state out run) run.Arm run.Seed (Repository.shown (folderOf out run))

    /// Every value with its source, for --explain.
    let explain (sweep: Sweep) =
        let shared, arms = Explain.sweep sweep

        let width =
            shared @ List.collect snd arms |> List.map _.Path.Length |> List.fold max 0

        let lines (values: Explained list) =
            for value in values do
                printfn "  %s  %s  <- %O" (value.Path.PadRight width) value.Value value.Source

        printfn "%s: every arm" sweep.Name
        lines shared

        for name, values in arms do
            if not values.IsEmpty then
                printfn "%s" name
                lines values

        let seeds = sweep.Seeds |> List.map string |> Words.list
        printfn "repeated with the seeds %s" seeds

    let private explained (values: Explained list) =
        values
        |> List.map (fun value ->
            Json.object [
                "path", Some(Json.text value.Path)
                "value", Some(Json.text value.Value)
                "source", Some(Json.text (string value.Source))
            ])
        |> Json.array

    /// --explain for programs.
    let explanation (sweep: Sweep) : JsonNode =
        let shared, arms = Explain.sweep sweep

        Json.object [
            "sweep", Some(Json.text sweep.Name)
            "every_arm", Some(explained shared)
            "arms", Some(Json.object (arms |> List.map (fun (name, values) -> name, Some(explained values))))
            "seeds", Some(sweep.Seeds |> List.map Json.integer |> Json.array)
        ]

    let private coordinates (axes: (string * string) list) =
        Json.object (axes |> List.map (fun (axis, label) -> axis, Some(Json.text label)))

    let private runNode (out: string) (run: RunPlan) (more: (string * JsonNode option) list) =
        Json.object (
            [
                "arm", Some(Json.text run.Arm)
                "axes", Some(coordinates run.Axes)
                "seed", Some(Json.integer run.Seed)
                "hash", Some(Json.text run.Hash)
                "folder", Some(Json.text (folderOf out run))
                "state", Some(Json.text (state out run))
            ]
            @ more
        )

    /// The plan for programs: --dry-run and --list with --json.
    let plan (plan: SweepPlan) (out: string) (runs: RunPlan list) (estimate: Estimate option) : JsonNode =
        let texts = List.map Json.text >> Json.array

        Json.object [
            "sweep", Some(Json.text plan.Name)
            "results", Some(Json.text out)
            "arms", Some(texts plan.Arms)
            "baseline", Option.map Json.text plan.Baseline
            "seeds", Some(plan.Seeds |> List.map Json.integer |> Json.array)
            "runs",
            runs
            |> List.map (fun run ->
                runNode out run [
                    "steps", Some(Json.integer run.Experiment.Train.Steps)
                    "batch", Some(Json.integer run.Experiment.Train.Batch)
                ])
            |> Json.array
            |> Some
            "estimate",
            estimate
            |> Option.map (fun estimate ->
                Json.object [
                    "runs", Some(Json.integer estimate.Runs)
                    "steps", Some(Json.number (float estimate.Steps))
                    "seconds", Some(Json.number estimate.Time.TotalSeconds)
                    "bytes", Some(Json.number (float estimate.Disk))
                    "sources", Some(texts estimate.Sources)
                ])
        ]

    /// How the runs ended, for programs.
    let results (plan: SweepPlan) (out: string) (runs: RunPlan list) (code: int) : JsonNode =
        let measured run =
            let folder = folderOf out run

            if RunStore.exists folder then
                let record = RunStore.read (PlannedRun.identity run) folder

                [
                    "error", record.Error |> Option.map Json.text
                    "seconds", Some(Json.number record.Seconds)
                    "metrics",
                    record.Metrics
                    |> Map.toList
                    |> List.map (fun (name, value) ->
                        name,
                        Some(
                            if System.Double.IsFinite value then
                                Json.number value
                            else
                                Json.text (Words.number value)
                        ))
                    |> Json.object
                    |> Some
                ]
            else
                []

        Json.object [
            "sweep", Some(Json.text plan.Name)
            "results", Some(Json.text out)
            "exit_code", Some(Json.integer code)
            "runs", Some(runs |> List.map (fun run -> runNode out run (measured run)) |> Json.array)
        ]
