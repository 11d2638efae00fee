namespace Research.Runs

open Research.Language

open System
open System.Collections.Generic
open System.IO
open System.Text.Json.Nodes
open Research

/// A run of the pool that no sweep names.
type UnnamedRun = {
    Folder: string
    /// Its name in the first script that asked for it.
    Name: string
    State: RunStatus
    Bytes: int64
    /// Since its last change.
    Age: TimeSpan
}

/// The pool of runs that the sweeps of a results folder share.
[<RequireQualifiedAccess>]
module RunPool =
    /// The sweeps' folders in a results folder, by name.
    let sweeps (results: string) : string list =
        if Directory.Exists results then
            Directory.GetDirectories results
            |> Array.filter (fun folder -> File.Exists(SweepFolder.plan folder) || File.Exists(SweepFolder.rows folder))
            |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
            |> List.ofArray
        else
            []

    /// The run folders of the pool, by name.
    let folders (results: string) : string list =
        let pool = RunFolder.poolOf results

        if Directory.Exists pool then
            Directory.GetDirectories pool
            |> Array.filter RunStore.exists
            |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
            |> List.ofArray
        else
            []

    let private experimentText (folder: string) =
        try
            File.ReadAllText(RunFolder.config folder)
        with :? IOException ->
            ""

    let private namedBySweeps (results: string) : HashSet<string> =
        let known = HashSet<string>()

        for sweep in sweeps results do
            SweepFolder.readPlan sweep |> ignore

            for run in fst (SweepFolder.names sweep) do
                known.Add(RunFolder.nameOf run.Hash) |> ignore

        known

    /// The names of the pool's folders that sweeps name, and of their teachers. Raises `InvalidDataException` if a sweep's
    /// plan.json is damaged, since its runs are then unknown.
    let private named (results: string) : HashSet<string> =
        let known = namedBySweeps results

        let all =
            folders results |> List.map (fun folder -> string (Path.GetFileName folder))

        let rec withTeachers (fresh: string list) =
            let teachers = [
                for name in fresh do
                    let text = experimentText (Path.Combine(RunFolder.poolOf results, name))

                    for other in all do
                        if not (known.Contains other) && text.Contains other then
                            other
            ]

            if not teachers.IsEmpty then
                for teacher in teachers do
                    known.Add teacher |> ignore

                withTeachers (List.distinct teachers)

        withTeachers (all |> List.filter known.Contains)
        known

    let private files (folder: string) =
        DirectoryInfo(folder)
            .EnumerateFiles(
                "*",
                EnumerationOptions(RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None)
            )

    let private nameIn (folder: string) =
        try
            match JsonNode.Parse(experimentText folder) with
            | :? JsonObject as config ->
                match config["experiment"] with
                | :? JsonObject as experiment ->
                    RunJson.tryNode experiment "name" |> Option.map string |> Option.defaultValue ""
                | _ -> ""
            | _ -> ""
        with :? Text.Json.JsonException ->
            ""

    /// The bytes of a folder's files; 0 if it does not exist.
    let bytes (folder: string) =
        if Directory.Exists folder then
            files folder |> Seq.sumBy _.Length
        else
            0L

    /// The runs that no sweep of the results folder names and no process is running, the oldest first.
    let unnamed (results: string) : UnnamedRun list =
        let named = named results

        folders results
        |> List.filter (fun folder -> not (named.Contains(string (Path.GetFileName folder))))
        |> List.filter (fun folder -> (RunLease.Owner folder).IsNone)
        |> List.map (fun folder -> {
            Folder = folder
            Name = nameIn folder
            State = (RunLease.Observe folder).Status
            Bytes = bytes folder
            Age =
                files folder
                |> Seq.map _.LastWriteTimeUtc
                |> Seq.fold max DateTime.UnixEpoch
                |> fun last -> max TimeSpan.Zero (DateTime.UtcNow - last)
        })
        |> List.sortByDescending _.Age

    /// Deletes the runs that still no sweep names and no process is running, and returns them.
    let remove (results: string) (runs: UnnamedRun list) : UnnamedRun list =
        runs
        |> List.filter (fun run ->
            // A sweep that starts meanwhile writes its plan before it looks for the run.
            let isNamed = (namedBySweeps results).Contains(string (Path.GetFileName run.Folder))

            if isNamed || not (Directory.Exists run.Folder) then
                false
            else
                match RunLease.TryAcquire run.Folder with
                | Error _ -> false
                | Ok lease ->
                    (lease :> IDisposable).Dispose()
                    Directory.Delete(run.Folder, true)
                    true)
