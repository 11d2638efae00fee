namespace Research.Runs

open Research.Language

open System
open System.Globalization
open System.IO
open System.Text.Json.Nodes

/// The progress of a run.
[<RequireQualifiedAccess>]
type RunStatus =
    /// Not started yet.
    | Planned
    /// A live process trains or evaluates it.
    | Running
    /// It stopped before its end, or its process died: the next start resumes from the checkpoint.
    | Interrupted
    /// Its final metrics are written.
    | Done
    /// It ended with an error.
    | Failed

    /// The word in state.json.
    override this.ToString() =
        match this with
        | Planned -> "planned"
        | Running -> "running"
        | Interrupted -> "interrupted"
        | Done -> "done"
        | Failed -> "failed"

/// The content of state.json.
type RunState = {
    Status: RunStatus
    /// How often a worker has taken the run.
    Attempts: int
    /// One line, when the run failed.
    Error: string option
    /// The process that runs it, while it is running.
    Owner: ProcessIdentity option
    /// `FolderPlace.tryOf` the owner's folder. A copy of the folder has another place, so nobody runs it.
    Place: string option
    /// When this was written (UTC).
    Changed: DateTime
}

[<RequireQualifiedAccess>]
module RunState =
    /// The state of a folder before its first run.
    let planned = {
        Status = RunStatus.Planned
        Attempts = 0
        Error = None
        Owner = None
        Place = None
        Changed = DateTime.UnixEpoch
    }

    let private statuses =
        [
            RunStatus.Planned
            RunStatus.Running
            RunStatus.Interrupted
            RunStatus.Done
            RunStatus.Failed
        ]
        |> List.map (fun status -> string status, status)

    let private parse path (fields: JsonObject) =
        let word = RunJson.text path fields "status"

        let status =
            match List.tryFind (fun (name, _) -> name = word) statuses with
            | Some(_, status) -> status
            | None ->
                let allowed = String.Join(", ", List.map fst statuses)
                RunJson.broken path $"\"status\" is \"{word}\"; allowed are {allowed}."

        let owner =
            match RunJson.tryNode fields "pid" with
            | None -> None
            | Some _ ->
                Some {
                    Pid = RunJson.integer path fields "pid"
                    Host =
                        RunJson.tryText path fields "host"
                        |> Option.defaultValue Environment.MachineName
                    Started = RunJson.tryText path fields "started" |> Option.defaultValue ""
                    Task = RunJson.tryText path fields "task"
                }

        {
            Status = status
            Attempts = RunJson.tryInteger path fields "attempts" |> Option.defaultValue 0
            Error = RunJson.tryText path fields "error"
            Owner = owner
            Place = RunJson.tryText path fields "place"
            Changed =
                match RunJson.tryText path fields "changed" with
                | None -> DateTime.UnixEpoch
                | Some text ->
                    match DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal) with
                    | true, time -> time
                    | false, _ -> RunJson.broken path $"\"changed\" is \"{text}\", but a time is expected."
        }

    /// The contents of state.json; `planned` when there is none. Raises `InvalidDataException` when it is damaged.
    let read (folder: string) =
        let path = RunFolder.state folder

        if File.Exists path then
            parse path (RunJson.read path)
        else
            planned

    /// The same, but a damaged state.json, which holds only the run's progress, counts as an interrupted run: its checkpoints tell the
    /// rest.
    let readOrInterrupted (folder: string) =
        try
            read folder
        with :? InvalidDataException as error -> {
            planned with
                Status = RunStatus.Interrupted
                Error = Some error.Message
        }

    /// Writes state.json with the present time.
    let write (folder: string) (state: RunState) =
        let node = JsonObject()
        node["status"] <- RunJson.ofText (string state.Status)
        node["attempts"] <- JsonValue.Create state.Attempts
        node["error"] <- RunJson.ofOption RunJson.ofText state.Error
        node["pid"] <- RunJson.ofOption (fun (o: ProcessIdentity) -> JsonValue.Create o.Pid) state.Owner
        node["host"] <- RunJson.ofOption (fun (o: ProcessIdentity) -> RunJson.ofText o.Host) state.Owner
        node["started"] <- RunJson.ofOption (fun (o: ProcessIdentity) -> RunJson.ofText o.Started) state.Owner

        node["task"] <- state.Owner |> Option.bind _.Task |> RunJson.ofOption RunJson.ofText

        node["place"] <-
            state.Owner
            |> Option.bind (fun _ -> state.Place)
            |> RunJson.ofOption RunJson.ofText

        node["changed"] <-
            RunJson.ofText (DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture))

        RunJson.write (RunFolder.state folder) node
