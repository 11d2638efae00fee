namespace Research.Runs

open Research.Language

open System
open System.IO
open System.Text.Json
open System.Text.Json.Nodes
open Research

/// A run as a row of a sweep's runs.jsonl, which is committed: its results, engine, machine and code.
[<RequireQualifiedAccess>]
type RunRow = {
    Arm: string
    /// The axes in the sweep's order, each with the label of its value.
    Axes: (string * string) list
    Seed: int
    Hash: string
    /// The version of the experiment's JSON form in the hash.
    Schema: int
    /// Done or failed.
    State: RunStatus
    /// One line, when the run failed.
    Error: string option
    Origin: RunOrigin
    /// The corpus's name or folder; empty where the configuration does not say.
    Corpus: string
    /// The image encoder's preset; empty where the configuration does not say.
    Image: string
    /// Training steps.
    Steps: int64
    /// Wall-clock seconds of training and evaluation, over all attempts.
    Seconds: float
    /// Every metric of final.json.
    Metrics: Map<string, float>
}

/// runs.jsonl: one JSON object per line, one line per run.
[<RequireQualifiedAccess>]
module RunRow =
    let private inner (path: string list) (node: JsonNode) =
        (Some node, path)
        ||> List.fold (fun node name ->
            match node with
            | Some(:? JsonObject as fields) -> RunJson.tryNode fields name
            | _ -> None)
        |> Option.bind (fun node ->
            match node with
            | :? JsonValue as value ->
                match value.TryGetValue<string>() with
                | true, NonNull text -> Some text
                | _ -> None
            | _ -> None)
        |> Option.defaultValue ""

    /// The row of a finished or failed run, from its folder, and what is wrong with the folder's files; no row for other runs.
    let ofFolder (record: RunRecord) : RunRow option * string list =
        match record.State with
        | RunStatus.Done
        | RunStatus.Failed ->
            let origin, environmentDamage = RunEnvironment.read record.Folder

            let experiment, configDamage =
                try
                    snd (RunConfig.read record.Folder), None
                with
                | :? InvalidDataException as error -> JsonObject(), Some error.Message
                | :? FileNotFoundException -> JsonObject(), None

            let schema =
                match experiment with
                | :? JsonObject as fields -> RunJson.tryNode fields "schema" |> Option.bind RunJson.tryNumber
                | _ -> None

            // A configuration only states what differs from the default.
            let said path (fallback: string) =
                match inner path experiment with
                | "" when configDamage.IsNone -> fallback
                | text -> text

            Some {
                Arm = record.Arm
                Axes = record.Axes
                Seed = record.Seed
                Hash = record.Hash
                Schema = schema |> Option.map int |> Option.defaultValue Experiment.schema
                State = record.State
                Error = record.Error
                Origin = origin
                Corpus = said [ "corpus"; "name" ] Experiment.defaults.Data.Corpus
                Image = said [ "image"; "preset" ] Experiment.defaults.Image.Preset
                Steps = record.Steps
                Seconds = record.Seconds
                Metrics = record.Metrics
            },
            List.choose id [ environmentDamage; configDamage ]
        | RunStatus.Planned
        | RunStatus.Running
        | RunStatus.Interrupted -> None, []

    /// The row as a record of the sweep whose folder holds it.
    let record (sweepFolder: string) (row: RunRow) : RunRecord = {
        Arm = row.Arm
        Axes = row.Axes
        Seed = row.Seed
        Hash = row.Hash
        Folder = RunFolder.path sweepFolder row.Hash
        Published = Some sweepFolder
        State = row.State
        Error = row.Error
        Metrics = row.Metrics
        Steps = row.Steps
        Seconds = row.Seconds
    }

    /// The line of a row, without its end.
    let line (row: RunRow) : string =
        let node = JsonObject()

        let text (key: string) (value: string) =
            if value <> "" then
                node[key] <- RunJson.ofText value

        let option (key: string) (value: string option) = value |> Option.iter (text key)
        node["arm"] <- RunJson.ofText row.Arm
        let axes = JsonObject()

        for name, label in row.Axes do
            axes[name] <- RunJson.ofText label

        node["axes"] <- axes
        node["seed"] <- JsonValue.Create row.Seed
        node["hash"] <- RunJson.ofText row.Hash
        node["schema"] <- JsonValue.Create row.Schema

        if row.State <> RunStatus.Done then
            text "state" (string row.State)

        option "error" row.Error
        option "commit" row.Origin.Commit

        row.Origin.Dirty
        |> Option.iter (fun dirty -> node["dirty"] <- JsonValue.Create dirty)

        option "engine" row.Origin.Engine
        option "machine" row.Origin.Machine
        option "device" row.Origin.Device
        option "precision" row.Origin.Precision
        text "corpus" row.Corpus
        text "image" row.Image
        node["steps"] <- JsonValue.Create row.Steps
        node["seconds"] <- RunJson.ofNumber row.Seconds
        node["metrics"] <- RunJson.ofNumbers (Map.toSeq row.Metrics)
        node.ToJsonString()

    let private ofLine (place: string) (line: string) : RunRow =
        let fields = RunJson.parseObject place line

        let texts key =
            match RunJson.tryNode fields key with
            | None -> []
            | Some(:? JsonObject as texts) ->
                texts
                |> Seq.map (fun field -> field.Key, RunJson.text place texts field.Key)
                |> List.ofSeq
            | Some _ -> RunJson.broken place $"\"{key}\" must be an object of texts."

        let option key = RunJson.tryText place fields key
        let text key = option key |> Option.defaultValue ""
        let hash = RunJson.text place fields "hash"

        try
            RunFolder.nameOf hash |> ignore
        with :? ArgumentException as error ->
            RunJson.broken place error.Message

        {
            Arm = RunJson.text place fields "arm"
            Axes = texts "axes"
            Seed = RunJson.integer place fields "seed"
            Hash = hash
            Schema = RunJson.integer place fields "schema"
            State =
                match option "state" with
                | None
                | Some "done" -> RunStatus.Done
                | Some "failed" -> RunStatus.Failed
                | Some other -> RunJson.broken place $"\"state\" is \"{other}\"; allowed are done and failed."
            Error = option "error"
            Origin = {
                Engine = option "engine"
                Device = option "device"
                Precision = option "precision"
                Machine = option "machine"
                Commit = option "commit"
                Dirty =
                    RunJson.tryNode fields "dirty"
                    |> Option.map (fun node -> node.GetValueKind() = JsonValueKind.True)
            }
            Corpus = text "corpus"
            Image = text "image"
            Steps = int64 (RunJson.number place fields "steps")
            Seconds = RunJson.number place fields "seconds"
            Metrics =
                match RunJson.tryNode fields "metrics" with
                | Some(:? JsonObject as metrics) ->
                    metrics
                    |> Seq.map (fun field -> field.Key, RunJson.number place metrics field.Key)
                    |> Map.ofSeq
                | _ -> RunJson.broken place "\"metrics\" must be an object of numbers."
        }

    /// The rows of a runs.jsonl and, for each bad line, a message with file and line. No rows without a file.
    let read (path: string) : RunRow list * string list =
        if not (File.Exists path) then
            [], []
        else
            let results =
                File.ReadAllText(path).Split '\n'
                |> Array.indexed
                |> Array.filter (fun (_, line) -> line.Trim('\000', '\r', ' ') <> "")
                |> Array.map (fun (i, line) ->
                    try
                        Ok(ofLine $"{path}, line {i + 1}" (line.Trim '\000'))
                    with :? InvalidDataException as error ->
                        Error error.Message)

            [
                for result in results do
                    match result with
                    | Ok row -> row
                    | Error _ -> ()
            ],
            [
                for result in results do
                    match result with
                    | Ok _ -> ()
                    | Error message -> message
            ]
