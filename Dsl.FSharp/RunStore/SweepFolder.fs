namespace Research.Runs

open Research.Language

open System.IO
open System.Text.Json.Nodes
open Research

/// The record of runs in a sweep's folder: plan.json (the runs that the last start asked for, which makes them the sweep's from the
/// beginning), runs.jsonl (one row per run) and curves.csv. The runs themselves are in the pool: moving or deleting the folder loses none.
[<RequireQualifiedAccess>]
module SweepFolder =
    let plan (sweepFolder: string) = Path.Combine(sweepFolder, "plan.json")
    let rows (sweepFolder: string) = Path.Combine(sweepFolder, "runs.jsonl")
    let curves (sweepFolder: string) = Path.Combine(sweepFolder, "curves.csv")

    /// Writes plan.json: the requested runs. Call it before the first of them starts.
    let writePlan (sweepFolder: string) (runs: RunIdentity list) =
        let list = JsonArray()

        for run in runs do
            let axes = JsonObject()

            for name, label in run.Axes do
                axes[name] <- RunJson.ofText label

            let node = JsonObject()
            node["arm"] <- RunJson.ofText run.Arm
            node["axes"] <- axes
            node["seed"] <- JsonValue.Create run.Seed
            node["hash"] <- RunJson.ofText run.Hash
            list.Add node

        let node = JsonObject()
        node["runs"] <- list
        Directory.CreateDirectory sweepFolder |> ignore
        RunJson.write (plan sweepFolder) node

    /// The runs that the last start asked for; none without a plan.json. Raises `InvalidDataException` when it is damaged.
    let readPlan (sweepFolder: string) : RunIdentity list =
        let path = plan sweepFolder

        if not (File.Exists path) then
            []
        else
            match RunJson.tryNode (RunJson.read path) "runs" with
            | Some(:? JsonArray as runs) ->
                runs
                |> Seq.map (fun run ->
                    match run with
                    | :? JsonObject as fields -> {
                        Arm = RunJson.text path fields "arm"
                        Axes =
                            match RunJson.tryNode fields "axes" with
                            | Some(:? JsonObject as axes) ->
                                axes
                                |> Seq.map (fun axis -> axis.Key, RunJson.text path axes axis.Key)
                                |> List.ofSeq
                            | _ -> []
                        Seed = RunJson.integer path fields "seed"
                        Hash = RunJson.text path fields "hash"
                      }
                    | _ -> RunJson.broken path "\"runs\" must hold objects.")
                |> List.ofSeq
            | _ -> RunJson.broken path "\"runs\" must be a list."

    let private identityOf (row: RunRow) : RunIdentity = {
        Arm = row.Arm
        Axes = row.Axes
        Seed = row.Seed
        Hash = row.Hash
    }

    /// The runs that the sweep names, in its plan or in its rows, each once, and what cannot be read of them. The runs of a damaged plan.json
    /// are unknown; its rows still count.
    let names (sweepFolder: string) : RunIdentity list * string list =
        let planned, damage =
            try
                readPlan sweepFolder, []
            with :? InvalidDataException as error ->
                [], [ error.Message ]

        let published, faults = RunRow.read (rows sweepFolder)
        List.distinct (planned @ List.map identityOf published), damage @ faults

    /// The sweep's runs as records: those with a folder in the pool, and the published ones without.
    let list (sweepFolder: string) : RunRecord list =
        let published, _ = RunRow.read (rows sweepFolder)

        fst (names sweepFolder)
        |> List.choose (fun identity ->
            let folder = RunFolder.path sweepFolder identity.Hash

            if RunStore.exists folder then
                Some(RunStore.read identity folder)
            else
                published
                |> List.tryFind (fun row -> identityOf row = identity)
                |> Option.map (RunRow.record sweepFolder))

    let private isDone (record: RunRecord) = record.State = RunStatus.Done

    let private plural count what =
        if count = 1 then $"1 {what}" else $"{count} {what}s"

    /// The records of a plan's runs, in its order, and notices about them. Runs that have not begun are left out. A run
    /// that the pool has not finished is taken from the sweep's rows if they hold it. With `redraw`, if no run of the plan is finished,
    /// as in a fresh clone, rows of the same arms, axes and seeds stand for the runs, and a notice says so.
    let records (sweepFolder: string) (redraw: bool) (wanted: RunIdentity list) : RunRecord list * string list =
        let published, faults = RunRow.read (rows sweepFolder)

        let faults = faults |> List.map (fun fault -> $"skipped a row: {fault}")

        let found =
            wanted
            |> List.choose (fun identity ->
                let folder = RunFolder.path sweepFolder identity.Hash

                let own =
                    if RunStore.exists folder then
                        Some(RunStore.read identity folder)
                    else
                        None

                let row =
                    published
                    |> List.tryFind (fun row -> row.Hash = identity.Hash)
                    |> Option.map (fun row -> {
                        RunRow.record sweepFolder row with
                            Arm = identity.Arm
                            Axes = identity.Axes
                    })

                match own, row with
                | Some own, _ when isDone own -> Some own
                | own, Some row when isDone row || own.IsNone -> Some row
                | own, _ -> own)

        if not redraw || List.exists isDone found then
            found, faults
        else
            let key arm (axes: (string * string) list) seed = arm, axes, seed

            let alike =
                wanted
                |> List.choose (fun identity ->
                    published
                    |> List.tryFind (fun row ->
                        key row.Arm row.Axes row.Seed = key identity.Arm identity.Axes identity.Seed))
                |> List.map (RunRow.record sweepFolder)

            match List.filter isDone alike with
            | [] -> found, faults
            | finished ->
                alike,
                faults
                @ [
                    $"""the pool holds none of these runs, so {plural finished.Length "row"} of runs.jsonl with the same arms, axes and seeds are shown; their hashes differ from those of the experiments that the script now describes"""
                ]

    /// What the record's run logged in training: from its folder or, for a published record, from the sweep's curves.csv.
    let curve (record: RunRecord) : MetricPoint list =
        match record.Published with
        | None -> MetricsLog.read record.Folder
        | Some sweepFolder ->
            RunCurves.read (curves sweepFolder)
            |> Map.tryFind (RunFolder.nameOf record.Hash)
            |> Option.defaultValue []

    /// The row of a record, and what is wrong with its run's files; None for a run that is neither finished nor failed.
    let row (record: RunRecord) : RunRow option * string list =
        match record.Published with
        | None -> RunRow.ofFolder record
        | Some sweepFolder ->
            fst (RunRow.read (rows sweepFolder))
            |> List.tryFind (fun row -> row.Hash = record.Hash)
            |> Option.map (fun row -> {
                row with
                    Arm = record.Arm
                    Axes = record.Axes
            }),
            []

    /// Writes the records' runs.jsonl and curves.csv and returns their paths, and what is wrong with the runs' files. Changes nothing if all are published.
    let write (sweepFolder: string) (records: RunRecord list) : string list * string list =
        if records |> List.forall _.Published.IsSome then
            [], []
        else
            let found = records |> List.map (fun record -> record, row record)

            let written =
                found
                |> List.choose (fun (record, (row, _)) -> row |> Option.map (fun row -> record, row))

            let logged =
                written
                |> List.map (fun (record, row) ->
                    let points, damage =
                        match record.Published with
                        | None -> MetricsLog.readWithDamage record.Folder
                        | Some _ -> curve record, None

                    let curve: RunCurves.Curve = {
                        Arm = row.Arm
                        Seed = row.Seed
                        Hash = row.Hash
                        Points = RunCurves.thinned points
                    }

                    curve, damage)

            // Two arms may name one run: its curve appears once.
            let distinct = logged |> List.map fst |> List.distinctBy (fun curve -> curve.Hash)

            AtomicFile.write
                (rows sweepFolder)
                (written |> List.map (fun (_, row) -> RunRow.line row + "\n") |> String.concat "")

            AtomicFile.write (curves sweepFolder) (RunCurves.render distinct)

            [ rows sweepFolder; curves sweepFolder ],
            (found |> List.collect (fun (_, (_, damage)) -> damage))
            @ List.choose snd logged
