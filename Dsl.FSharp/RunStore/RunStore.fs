namespace Research.Runs

open Research.Language

open System
open System.IO

/// A sweep's name for a run: its arm, axes and seed. Several sweeps, and several arms of one, may name the same run.
type RunIdentity = {
    /// The arm's name as the user wrote it.
    Arm: string
    /// The axes in the sweep's order, each with the label of its value.
    Axes: (string * string) list
    Seed: int
    /// SHA-256 over everything that changes the numbers, in hexadecimal.
    Hash: string
}

/// A run as a sweep sees it.
type RunRecord = {
    Arm: string
    /// The axes in the sweep's order, each with the label of its value.
    Axes: (string * string) list
    Seed: int
    Hash: string
    /// Its folder in the pool; may be missing for a published record.
    Folder: string
    /// The sweep's folder, if the record comes from its runs.jsonl and not from a run folder.
    Published: string option
    State: RunStatus
    /// One line, when the run failed.
    Error: string option
    /// The final metrics; empty unless the run is done.
    Metrics: Map<string, float>
    /// Training steps of a finished run; otherwise the last step logged.
    Steps: int64
    Seconds: float
}

/// Run folders as records.
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

    /// Reads the run folder under the sweep's name for it. A run counts as done when its state says so and its final metrics are
    /// there and intact; damaged final metrics make it an interrupted one.
    let read (identity: RunIdentity) (folder: string) : RunRecord =
        let state = RunLease.Observe folder
        let final = intact FinalMetrics.tryRead folder
        let finished = Result.defaultValue None final

        let status =
            match state.Status, finished with
            | RunStatus.Done, None -> RunStatus.Interrupted
            | status, _ -> status

        {
            Arm = identity.Arm
            Axes = identity.Axes
            Seed = identity.Seed
            Hash = identity.Hash
            Folder = folder
            Published = None
            State = status
            Error =
                state.Error
                |> Option.orElse (
                    match final with
                    | Error message -> Some message
                    | Ok _ -> None
                )
            Metrics =
                match status, finished with
                | RunStatus.Done, Some final -> final.Metrics
                | _ -> Map.empty
            Steps =
                match status, finished with
                | RunStatus.Done, Some final -> final.Steps
                | _ -> lastStep folder
            Seconds = finished |> Option.map _.Seconds |> Option.defaultValue 0.0
        }

    /// Whether anything has been written for the run.
    let exists (folder: string) =
        [ RunFolder.config; RunFolder.state; RunFolder.final ]
        |> List.exists (fun file -> File.Exists(file folder))

    /// Whether the folder holds the run with this hash, trained and evaluated to its end.
    let isDone (folder: string) (hash: string) =
        RunConfig.isOf folder hash
        && (RunLease.Observe folder).Status = RunStatus.Done
        && (FinalMetrics.tryIntact folder).IsSome

    /// The promised metrics that the final ones lack.
    let lacking (folder: string) (promised: string list) : string list =
        match FinalMetrics.tryIntact folder with
        | Some final -> promised |> List.filter (final.Metrics.ContainsKey >> not)
        | None -> promised

    /// Whether the folder holds the finished run with this hash and every promised metric, so that it need not be run again. False for a
    /// damaged folder.
    let isFinished (folder: string) (hash: string) (promised: string list) =
        isDone folder hash && (lacking folder promised).IsEmpty

    /// The newest checkpoint's name, which grows with the steps done; empty without one.
    let newestCheckpoint (folder: string) : string =
        if Directory.Exists(RunFolder.checkpoint folder) then
            Directory.GetDirectories(RunFolder.checkpoint folder, "step-*")
            |> Array.map (fun path -> string (Path.GetFileName path))
            |> Array.fold
                (fun newest name ->
                    if String.CompareOrdinal(name, newest) > 0 then
                        name
                    else
                        newest)
                ""
        else
            ""

    /// The steps in the newest checkpoint; 0 without one.
    let checkpointStep (folder: string) : int64 =
        match newestCheckpoint folder with
        | "" -> 0L
        | name ->
            match Int64.TryParse(name.AsSpan "step-".Length) with
            | true, step -> step
            | false, _ -> 0L

    /// Deletes all checkpoints but the newest, which is enough to evaluate a finished run again or to teach from it.
    let keepNewestCheckpoint (folder: string) =
        let newest = newestCheckpoint folder

        if newest <> "" then
            for old in Directory.GetDirectories(RunFolder.checkpoint folder, "step-*") do
                if Path.GetFileName old <> newest then
                    Directory.Delete(old, true)

    /// Marks a finished run for a new evaluation from its checkpoint at the next start. Its final metrics stay until they
    /// are replaced.
    let reopen (folder: string) =
        RunState.write folder {
            RunState.readOrInterrupted folder with
                Status = RunStatus.Interrupted
                Error = None
                Owner = None
        }
