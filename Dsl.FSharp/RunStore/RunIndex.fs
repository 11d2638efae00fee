namespace Research.Runs

open Research.Language

open System
open System.Collections.Generic
open System.IO
open System.Text.Json.Nodes
open Microsoft.Data.Sqlite

/// A SQLite index over all runs of a results folder: those of the pool, and the published ones in the sweeps' runs.jsonl. Those files
/// are authoritative: the index is made from them, updated before each query, and rebuilt when it is missing, damaged or of
/// another version.
///
/// Tables: `runs` (one row per run), `metrics` (run, name, value: the final metrics), `names` (the sweeps that name a run, with arm and
/// axes), `axes` (one row for each axis of a name). The view `all_runs` has a row for each sweep that names a run, and one for a run that
/// none names: the columns of `runs` and `names`, `sweeps` (all that name the run), a column for each metric under its name, and one for
/// each axis as "axis.<name>". `state` is that of state.json, or "published" for results in a runs.jsonl that are not in the pool.
[<RequireQualifiedAccess>]
module RunIndex =
    /// The path of a results folder's index.
    let path (results: string) =
        Path.Combine(RunFolder.poolOf results, "index.sqlite")

    /// Seconds to wait for another program that updates the index.
    let private patience = 3

    let private openWritable (file: string) =
        let text =
            SqliteConnectionStringBuilder(
                DataSource = file,
                Pooling = false,
                ForeignKeys = true,
                DefaultTimeout = patience
            )

        let connection = new SqliteConnection(text.ConnectionString)
        connection.Open()
        connection

    let private known (connection: SqliteConnection) (sql: string) =
        let known = Dictionary<string, string>()
        use command = connection.CreateCommand()
        command.CommandText <- sql
        use row = command.ExecuteReader()

        while row.Read() do
            known.Add(row.GetString 0, row.GetString 1)

        known

    let private bringUpToDate (results: string) (connection: SqliteConnection) (isNew: bool) =
        let mutable changed = isNew
        let runs = known connection "SELECT place, stamp FROM runs WHERE owner = ''"

        for folder in RunPool.folders results do
            let place = string (Path.GetFileName folder)
            let now = IndexTables.stamp folder

            if runs.GetValueOrDefault(place, "") <> now then
                IndexTables.insertFolder connection results folder now
                changed <- true

            runs.Remove place |> ignore

        for gone in runs.Keys do
            IndexTables.execute connection "DELETE FROM runs WHERE owner = '' AND place = $place" [ "$place", box gone ]
            changed <- true

        let sweeps = known connection "SELECT name, stamp FROM sweeps"

        for sweep in RunPool.sweeps results do
            let name = string (Path.GetFileName sweep)
            let now = IndexTables.stampOf [ SweepFolder.plan sweep; SweepFolder.rows sweep ]

            if sweeps.GetValueOrDefault(name, "") <> now then
                IndexTables.insertSweep connection sweep now
                changed <- true

            sweeps.Remove name |> ignore

        for gone in sweeps.Keys do
            IndexTables.execute connection "DELETE FROM sweeps WHERE name = $sweep" [ "$sweep", box gone ]
            IndexTables.execute connection "DELETE FROM runs WHERE owner = $sweep" [ "$sweep", box gone ]
            changed <- true

        if changed then
            IndexTables.makeView connection

    let private update (results: string) (file: string) =
        use connection = openWritable file
        use transaction = connection.BeginTransaction()

        let found =
            IndexTables.texts connection "SELECT CAST(user_version AS TEXT) FROM pragma_user_version"
            |> List.exactlyOne

        let isNew = found <> string IndexTables.version

        if isNew then
            if found <> "0" then
                raise (InvalidDataException $"version {found}")

            IndexTables.execute connection IndexTables.schema []
            IndexTables.execute connection $"PRAGMA user_version = {IndexTables.version}" []

        bringUpToDate results connection isNew
        transaction.Commit()

    /// Creates or updates the index of a results folder, and returns its path; `rebuild` starts afresh. Two processes that do so at once wait for
    /// each other. Raises `DirectoryNotFoundException` when there is no such folder.
    let refresh (rebuild: bool) (results: string) : string =
        if not (Directory.Exists results) then
            raise (DirectoryNotFoundException $"There is no results folder '{results}'.")

        let temporary () =
            Path.Combine(TemporaryFolder.create "research-runs-", "index.sqlite")

        // A folder that cannot be written has no index; a temporary one serves instead.
        let file =
            try
                RunFolder.ensureWritable (RunFolder.poolOf results)
                path results
            with :? UnauthorizedAccessException ->
                temporary ()

        if Directory.Exists file then
            raise (IOException $"'{file}' is a folder, but the index of runs belongs there: move or delete it.")

        let clear () =
            for suffix in [ ""; "-journal"; "-wal"; "-shm" ] do
                File.Delete(file + suffix)

        if rebuild then
            clear ()

        /// Damaged (SQLITE_ERROR for tables that lack columns, CORRUPT, NOTADB) or of another version: it can all be rebuilt.
        let unusable (error: exn) =
            match error with
            | :? InvalidDataException -> true
            | :? SqliteException as error -> List.contains error.SqliteErrorCode [ 1; 11; 26 ]
            | _ -> false

        let isLocked (error: exn) =
            match error with
            | :? SqliteException as error -> List.contains error.SqliteErrorCode [ 5; 6 ]
            | _ -> false

        try
            try
                update results file
            with error when unusable error ->
                clear ()
                update results file

            file
        with error when isLocked error ->
            eprintfn "notice: '%s' is locked by another program; using a temporary index" file
            let file = temporary ()
            update results file
            file

    /// The runs of a results folder that meet an SQL condition, by sweep and in the sweep's order: `"state = 'done' AND
    /// ""test.retrieval.r10"" > 0.3"`, `"axes ->> 'objective' = 'PSD'"`. A run that two sweeps name appears twice. Raises
    /// `ArgumentException`, naming the text, when it is not a condition.
    let where (results: string) (condition: string) : RunRecord list =
        let file = refresh false results

        IndexQuery.rows file (Some condition) None
        |> List.choose (fun row ->
            let text name =
                row |> List.find (fst >> (=) name) |> snd |> Option.ofObj |> Option.map string

            let axes =
                match text "axes" |> Option.map JsonNode.Parse with
                | Some(:? JsonObject as axes) ->
                    axes |> Seq.map (fun axis -> axis.Key, string axis.Value) |> List.ofSeq
                | _ -> []

            let identity: RunIdentity = {
                Arm = text "arm" |> Option.orElse (text "name") |> Option.defaultValue ""
                Axes = axes
                Seed = text "seed" |> Option.map int |> Option.defaultValue 0
                Hash = text "hash" |> Option.defaultValue ""
            }

            match text "folder", text "sweep" with
            | Some folder, _ -> Some(RunStore.read identity (Path.Combine(results, folder)))
            | None, Some sweep ->
                let sweepFolder = Path.Combine(results, sweep)

                fst (RunRow.read (SweepFolder.rows sweepFolder))
                |> List.tryFind (fun row -> row.Hash = identity.Hash)
                |> Option.map (RunRow.record sweepFolder)
            | None, None -> None)
