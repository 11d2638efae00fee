namespace Research.Runs

open Research.Language

open System
open System.IO

/// What a run folder holds, as one row.
type RunRecord = {
    Arm: string
    /// The axes in the sweep's order, each with the label of its value.
    Axes: (string * string) list
    Seed: int
    Hash: string
    Folder: string
    State: RunStatus
    /// One line, when the run failed.
    Error: string option
    /// The final metrics; empty unless the run is done.
    Metrics: Map<string, float>
    /// Training steps of a finished run; otherwise the last step logged.
    Steps: int64
    Seconds: float
}

/// The runs of a results folder.
[<RequireQualifiedAccess>]
module RunStore =
    /// The content, or what is wrong with the file.
    let private intact (read: string -> 'content) (folder: string) =
        try
            Ok(read folder)
        with :? InvalidDataException as error ->
            Error error.Message

    let private lastStep folder =
        MetricsLog.read folder |> List.fold (fun last point -> max last point.Step) 0L

    /// Reads one run folder. A run counts as done when its state says so and its final metrics are there and intact; a damaged file of
    /// progress or results makes it an interrupted one. Raises `FileNotFoundException` without config.json and `InvalidDataException`
    /// when that is damaged.
    let read (folder: string) : RunRecord =
        let identity, _ = RunConfig.read folder
        let state = RunLease.Observe folder
        let final = intact FinalMetrics.tryRead folder
        let finished = Result.defaultValue None final

        let status =
            match state.Status, finished with
            | RunStatus.Done, None -> RunStatus.Interrupted
            | status, _ -> status

        let steps =
            match finished with
            | Some final -> Ok final.Steps
            | None -> intact lastStep folder

        let damage result =
            match result with
            | Error message -> Some message
            | Ok _ -> None

        {
            Arm = identity.Arm
            Axes = identity.Axes
            Seed = identity.Seed
            Hash = identity.Hash
            Folder = folder
            State = status
            Error = state.Error |> Option.orElse (damage final) |> Option.orElse (damage steps)
            Metrics =
                match status, finished with
                | RunStatus.Done, Some final -> final.Metrics
                | _ -> Map.empty
            Steps = Result.defaultValue 0L steps
            Seconds = finished |> Option.map _.Seconds |> Option.defaultValue 0.0
        }

    /// All runs of a sweep's folder, by folder name; none when the folder does not exist. Folders without config.json are passed over.
    let list (sweepFolder: string) : RunRecord list =
        let runs = RunFolder.runs sweepFolder

        if Directory.Exists runs then
            Directory.GetDirectories runs
            |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
            |> Array.filter (fun folder -> File.Exists(RunFolder.config folder))
            |> Array.map read
            |> List.ofArray
        else
            []

    /// Whether the folder holds the finished run of this hash, so that it need not be run again. A damaged folder does not.
    let isFinished (folder: string) (hash: string) =
        File.Exists(RunFolder.config folder)
        && (match intact read folder with
            | Ok record -> record.State = RunStatus.Done && record.Hash = hash
            | Error _ -> false)
