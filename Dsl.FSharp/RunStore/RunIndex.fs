namespace Research.Runs

open Research.Language

open System
open System.Collections.Generic
open System.IO
open System.Text.Json.Nodes
open Microsoft.Data.Sqlite

/// A SQLite index over all runs of a results folder. The run folders are the truth: the index is made from them, brought up to date
/// before each question, and made anew when it is missing, damaged or of another version.
///
/// Tables: `runs` (a row a run), `metrics` (run, name, value: the final metrics), `axes` (run, name, label). The view `all_runs` has the
/// columns of `runs`, a column for each metric under its name, and one for each axis as "axis.<name>". `state` is that of state.json, or
/// "published" for results without one: those that came with the repository and were not run here.
[<RequireQualifiedAccess>]
module RunIndex =
    /// Of the tables below; an index of another one is made anew.
    let private version = 1

    /// Where the index of a results folder stands.
    let path (results: string) = Path.Combine(results, "runs.sqlite")

    let private schema =
        """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY, folder TEXT NOT NULL UNIQUE, stamp TEXT NOT NULL,
            sweep TEXT NOT NULL, place TEXT NOT NULL, arm TEXT, seed INTEGER, hash TEXT, state TEXT NOT NULL, error TEXT,
            axes TEXT NOT NULL, steps INTEGER NOT NULL, seconds REAL NOT NULL,
            engine TEXT, device TEXT, precision TEXT, processor TEXT, commit_id TEXT, dirty INTEGER);
        CREATE TABLE metrics (
            run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, name TEXT NOT NULL, value REAL, PRIMARY KEY (run, name)) WITHOUT ROWID;
        CREATE TABLE axes (
            run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, name TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (run, name)) WITHOUT ROWID;
        CREATE INDEX runs_sweep ON runs (sweep);
        """

    let private execute (connection: SqliteConnection) (sql: string) (parameters: (string * obj | null) list) =
        use command = connection.CreateCommand()
        command.CommandText <- sql

        for name, value in parameters do
            command.Parameters.AddWithValue(name, (if isNull value then box DBNull.Value else value))
            |> ignore

        command.ExecuteNonQuery() |> ignore

    let private texts (connection: SqliteConnection) (sql: string) : string list =
        use command = connection.CreateCommand()
        command.CommandText <- sql
        use row = command.ExecuteReader()

        [
            while row.Read() do
                row.GetString 0
        ]

    let private openWritable (file: string) =
        let text =
            SqliteConnectionStringBuilder(DataSource = file, Pooling = false, ForeignKeys = true, DefaultTimeout = 30)

        let connection = new SqliteConnection(text.ConnectionString)
        connection.Open()
        connection

    /// The files that a row is made of, by length and time: what has the same stamp is not read again.
    let private stamp (folder: string) =
        [
            RunFolder.config
            RunFolder.state
            RunFolder.final
            RunFolder.environment
            RunFolder.metrics
        ]
        |> List.map (fun file ->
            let info = FileInfo(file folder)

            if info.Exists then
                $"{info.Length}:{info.LastWriteTimeUtc.Ticks}"
            else
                "-")
        |> String.concat " "

    /// A run whose process dies changes no file; so what is running is read each time.
    let private isSettled (record: RunRecord) = record.State <> RunStatus.Running

    let private environment (folder: string) =
        let path = RunFolder.environment folder

        let node =
            try
                if File.Exists path then RunJson.read path else JsonObject()
            with :? InvalidDataException ->
                JsonObject()

        let part key =
            match RunJson.tryNode node key with
            | Some(:? JsonObject as part) -> part
            | _ -> JsonObject()

        let text (part: JsonObject) key =
            RunJson.tryNode part key |> Option.map string |> Option.toObj |> box

        let engine, machine, code = part "engine", part "machine", part "code"

        let named =
            match RunJson.tryNode engine "engine", RunJson.tryNode engine "version" with
            | Some engine, Some version -> box $"{engine} {version}"
            | _ -> null

        [
            "$engine", named
            "$device", text engine "run device"
            "$precision", text engine "run precision"
            "$processor", text machine "processor"
            "$commit", text code "commit"
            "$dirty",
            match RunJson.tryNode code "dirty" with
            | Some dirty -> box (if string dirty = "true" then 1 else 0)
            | None -> null
        ]

    let private published (folder: string) =
        try
            FinalMetrics.tryRead folder
        with :? InvalidDataException ->
            None

    let private insert (connection: SqliteConnection) (sweep: string) (folder: string) (relative: string) =
        let record =
            try
                RunStore.read folder
            with :? InvalidDataException as error -> {
                Arm = ""
                Axes = []
                Seed = 0
                Hash = ""
                Folder = folder
                State = RunStatus.Failed
                Error = Some error.Message
                Metrics = Map.empty
                Steps = 0L
                Seconds = 0.0
            }

        let state, metrics =
            match record.State with
            | RunStatus.Planned when not (File.Exists(RunFolder.state folder)) ->
                match published folder with
                | Some final -> "published", final.Metrics
                | None -> string record.State, record.Metrics
            | state -> string state, record.Metrics

        let axes = JsonObject()

        for name, label in record.Axes do
            axes[name] <- RunJson.ofText label

        execute connection "DELETE FROM runs WHERE folder = $folder" [ "$folder", box relative ]

        execute
            connection
            "INSERT INTO runs (folder, stamp, sweep, place, arm, seed, hash, state, error, axes, steps, seconds, engine, device, precision, processor, commit_id, dirty)
             VALUES ($folder, $stamp, $sweep, $place, $arm, $seed, $hash, $state, $error, $axes, $steps, $seconds, $engine, $device, $precision, $processor, $commit, $dirty)"
            ([
                "$folder", box relative
                "$stamp", (if isSettled record then box (stamp folder) else box "")
                "$sweep", box sweep
                "$place", box (string (Path.GetFileName folder))
                "$arm", box record.Arm
                "$seed", box record.Seed
                "$hash", box record.Hash
                "$state", box state
                "$error", record.Error |> Option.toObj |> box
                "$axes", box (axes.ToJsonString())
                "$steps", box record.Steps
                "$seconds", box record.Seconds
             ]
             @ environment folder)

        for KeyValue(name, value) in metrics do
            execute
                connection
                "INSERT INTO metrics (run, name, value) SELECT id, $name, $value FROM runs WHERE folder = $folder"
                [
                    "$folder", box relative
                    "$name", box name
                    // SQLite has no NaN; it is no value.
                    "$value", (if Double.IsNaN value then null else box value)
                ]

        for name, label in record.Axes do
            execute
                connection
                "INSERT INTO axes (run, name, label) SELECT id, $name, $label FROM runs WHERE folder = $folder"
                [ "$folder", box relative; "$name", box name; "$label", box label ]

    let private quoted (name: string) =
        "\"" + name.Replace("\"", "\"\"") + "\""

    let private axisColumn (name: string) = quoted ("axis." + name)
    let private literal (text: string) = "'" + text.Replace("'", "''") + "'"

    /// SQLite's limit is 2000 columns; what is beyond stands in the tables only.
    let private mostColumns = 1900

    let private makeView (connection: SqliteConnection) =
        let metrics = texts connection "SELECT DISTINCT name FROM metrics ORDER BY name"
        let axes = texts connection "SELECT DISTINCT name FROM axes ORDER BY name"

        let columns = [
            for name in axes ->
                $"(SELECT label FROM axes WHERE run = runs.id AND name = {literal name}) AS {axisColumn name}"
            for name in metrics ->
                $"(SELECT value FROM metrics WHERE run = runs.id AND name = {literal name}) AS {quoted name}"
        ]

        let own =
            "sweep, place, arm, seed, hash, state, error, axes, steps, seconds, engine, device, precision, processor, commit_id, dirty, folder"

        let all = String.Join(", ", own :: List.truncate mostColumns columns)
        execute connection "DROP VIEW IF EXISTS all_runs" []
        execute connection $"CREATE VIEW all_runs AS SELECT {all} FROM runs" []

    let private bringUpToDate (results: string) (connection: SqliteConnection) =
        let known = Dictionary<string, string>()

        using (connection.CreateCommand()) (fun command ->
            command.CommandText <- "SELECT folder, stamp FROM runs"
            use row = command.ExecuteReader()

            while row.Read() do
                known.Add(row.GetString 0, row.GetString 1))

        let mutable changed = known.Count = 0

        for sweep in
            Directory.GetDirectories results
            |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b)) do
            let runs = RunFolder.runs sweep

            if Directory.Exists runs then
                for folder in Directory.GetDirectories runs do
                    if File.Exists(RunFolder.config folder) then
                        let relative = Path.GetRelativePath(results, folder)

                        let before = known.GetValueOrDefault(relative, "")
                        known.Remove relative |> ignore

                        if before <> stamp folder then
                            insert connection (string (Path.GetFileName sweep)) folder relative
                            changed <- true

        for gone in known.Keys do
            execute connection "DELETE FROM runs WHERE folder = $folder" [ "$folder", box gone ]
            changed <- true

        if changed then
            makeView connection

    let private update (results: string) (file: string) =
        use connection = openWritable file
        use transaction = connection.BeginTransaction()

        let found =
            texts connection "SELECT CAST(user_version AS TEXT) FROM pragma_user_version"
            |> List.exactlyOne

        if found <> string version then
            if found <> "0" then
                raise (InvalidDataException $"version {found}")

            execute connection schema []
            execute connection $"PRAGMA user_version = {version}" []

        bringUpToDate results connection
        transaction.Commit()

    /// Makes the index of a results folder, or brings it up to date, and returns its path; `rebuild` makes it anew. Two at once wait for
    /// each other. Raises `DirectoryNotFoundException` when there is no such folder.
    let refresh (rebuild: bool) (results: string) : string =
        if not (Directory.Exists results) then
            raise (DirectoryNotFoundException $"There is no results folder '{results}'.")

        // A folder that cannot be written keeps no index; a temporary one answers as well.
        let file =
            try
                RunFolder.ensureWritable results
                path results
            with :? UnauthorizedAccessException ->
                Path.Combine(Directory.CreateTempSubdirectory("research-runs-").FullName, "runs.sqlite")

        let clear () =
            for suffix in [ ""; "-journal"; "-wal"; "-shm" ] do
                File.Delete(file + suffix)

        if rebuild then
            clear ()

        /// Damaged (SQLITE_ERROR for tables that lack columns, CORRUPT, NOTADB) or of another version: all of it can be made again.
        let unusable (error: exn) =
            match error with
            | :? InvalidDataException -> true
            | :? SqliteException as error -> List.contains error.SqliteErrorCode [ 1; 11; 26 ]
            | _ -> false

        try
            update results file
        with error when unusable error ->
            clear ()
            update results file

        file

    /// The runs of a results folder that an SQL condition leaves, by sweep and folder name: `"state = 'done' AND ""test.retrieval.r10"" >
    /// 0.3"`, `"axes ->> 'objective' = 'PSD'"`. Raises `ArgumentException`, naming the text, when it is no condition.
    let where (results: string) (condition: string) : RunRecord list =
        let file = refresh false results

        IndexQuery.rows file (Some condition) None
        |> List.map (fun row ->
            let folder =
                row
                |> List.pick (fun (name, value) -> if name = "folder" then Some(string value) else None)

            RunStore.read (Path.Combine(results, folder)))
