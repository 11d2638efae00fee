namespace Research.Runs

open System
open System.IO
open System.Text.Json.Nodes
open Microsoft.Data.Sqlite
open Research

/// The tables of the index of runs, and how they are filled from the pool and the sweeps' folders. `RunIndex` describes their contents.
[<RequireQualifiedAccess>]
module internal IndexTables =
    /// The version of the tables below; an index of another version is rebuilt.
    let version = 2

    // `owner` is "" for a run of the pool, else the sweep whose runs.jsonl holds it.
    let schema =
        """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY, owner TEXT NOT NULL, place TEXT NOT NULL, folder TEXT, stamp TEXT NOT NULL,
            name TEXT, seed INTEGER, hash TEXT, state TEXT NOT NULL, error TEXT, steps INTEGER NOT NULL, seconds REAL NOT NULL,
            engine TEXT, device TEXT, precision TEXT, machine TEXT, commit_id TEXT, dirty INTEGER, UNIQUE (place, owner));
        CREATE TABLE metrics (
            run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, name TEXT NOT NULL, value REAL, PRIMARY KEY (run, name)) WITHOUT ROWID;
        CREATE TABLE sweeps (name TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE names (
            id INTEGER PRIMARY KEY, sweep TEXT NOT NULL REFERENCES sweeps (name) ON DELETE CASCADE, position INTEGER NOT NULL,
            place TEXT NOT NULL, arm TEXT NOT NULL, axes TEXT NOT NULL);
        CREATE TABLE axes (
            named INTEGER NOT NULL REFERENCES names (id) ON DELETE CASCADE, name TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (named, name)) WITHOUT ROWID;
        CREATE INDEX names_sweep ON names (sweep);
        CREATE INDEX names_place ON names (place);
        """

    let execute (connection: SqliteConnection) (sql: string) (parameters: (string * obj | null) list) =
        use command = connection.CreateCommand()
        command.CommandText <- sql

        for name, value in parameters do
            command.Parameters.AddWithValue(name, (if isNull value then box DBNull.Value else value))
            |> ignore

        command.ExecuteNonQuery() |> ignore

    let texts (connection: SqliteConnection) (sql: string) : string list =
        use command = connection.CreateCommand()
        command.CommandText <- sql
        use row = command.ExecuteReader()

        [
            while row.Read() do
                row.GetString 0
        ]

    let stampOf (files: string list) =
        files
        |> List.map (fun file ->
            let info = FileInfo file

            if info.Exists then
                $"{info.Length}:{info.LastWriteTimeUtc.Ticks}"
            else
                "-")
        |> String.concat " "

    /// Length and time of the files behind a run's row: a run with an unchanged stamp is not read again.
    let stamp (folder: string) =
        [
            RunFolder.config
            RunFolder.state
            RunFolder.final
            RunFolder.environment
            RunFolder.metrics
        ]
        |> List.map (fun file -> file folder)
        |> stampOf

    let private boxed (text: string option) : obj | null = text |> Option.toObj |> box

    let private lastId (connection: SqliteConnection) : obj =
        use command = connection.CreateCommand()
        command.CommandText <- "SELECT last_insert_rowid()"
        command.ExecuteScalar() |> nonNull

    let private insertRun
        (connection: SqliteConnection)
        (owner: string)
        (place: string)
        (folder: string option)
        (stamp: string)
        (name: string)
        (state: string)
        (record: RunRecord)
        (origin: RunOrigin)
        =
        execute connection "DELETE FROM runs WHERE place = $place AND owner = $owner" [
            "$place", box place
            "$owner", box owner
        ]

        execute
            connection
            "INSERT INTO runs (owner, place, folder, stamp, name, seed, hash, state, error, steps, seconds, engine, device, precision, machine, commit_id, dirty)
             VALUES ($owner, $place, $folder, $stamp, $name, $seed, $hash, $state, $error, $steps, $seconds, $engine, $device, $precision, $machine, $commit, $dirty)"
            [
                "$owner", box owner
                "$place", box place
                "$folder", boxed folder
                "$stamp", box stamp
                "$name", box name
                "$seed", box record.Seed
                "$hash", box record.Hash
                "$state", box state
                "$error", boxed record.Error
                "$steps", box record.Steps
                "$seconds", box record.Seconds
                "$engine", boxed origin.Engine
                "$device", boxed origin.Device
                "$precision", boxed origin.Precision
                "$machine", boxed origin.Machine
                "$commit", boxed origin.Commit
                "$dirty",
                match origin.Dirty with
                | Some dirty -> box (if dirty then 1 else 0)
                | None -> null
            ]

        let run = lastId connection

        for KeyValue(name, value) in record.Metrics do
            execute connection "INSERT INTO metrics (run, name, value) VALUES ($run, $name, $value)" [
                "$run", run
                "$name", box name
                // SQLite has no NaN; it counts as no value.
                "$value", (if Double.IsNaN value then null else box value)
            ]

    /// Adds a run of the pool. If its config.json is damaged, its contents stay unknown.
    let insertFolder (connection: SqliteConnection) (results: string) (folder: string) (stamp: string) =
        let key, name, damage =
            try
                let key, experiment = RunConfig.read folder

                let name =
                    match experiment with
                    | :? JsonObject as fields -> RunJson.tryNode fields "name" |> Option.map string
                    | _ -> None

                key, Option.defaultValue "" name, None
            with
            | :? InvalidDataException
            | :? FileNotFoundException as error ->
                {
                    Seed = 0
                    Hash = string (Path.GetFileName folder)
                },
                "",
                Some error.Message

        let record =
            RunStore.read
                {
                    Arm = ""
                    Axes = []
                    Seed = key.Seed
                    Hash = key.Hash
                }
                folder

        let origin, _ = RunEnvironment.read folder
        // A run whose process dies changes no file, so running ones are read each time.
        let stamp = if record.State = RunStatus.Running then "" else stamp

        let state =
            match damage with
            | Some _ when record.State <> RunStatus.Done -> "failed"
            | _ -> string record.State

        insertRun
            connection
            ""
            (string (Path.GetFileName folder))
            (Some(Path.GetRelativePath(results, folder)))
            stamp
            name
            state
            {
                record with
                    Error = damage |> Option.orElse record.Error
            }
            origin

    /// Adds a sweep: the runs it names, and its published rows.
    let insertSweep (connection: SqliteConnection) (sweepFolder: string) (stamp: string) =
        let sweep = string (Path.GetFileName sweepFolder)
        execute connection "DELETE FROM sweeps WHERE name = $sweep" [ "$sweep", box sweep ]
        execute connection "DELETE FROM runs WHERE owner = $sweep" [ "$sweep", box sweep ]

        execute connection "INSERT INTO sweeps (name, stamp) VALUES ($sweep, $stamp)" [
            "$sweep", box sweep
            "$stamp", box stamp
        ]

        for position, identity in List.indexed (fst (SweepFolder.names sweepFolder)) do
            let axes = JsonObject()

            for name, label in identity.Axes do
                axes[name] <- RunJson.ofText label

            execute
                connection
                "INSERT INTO names (sweep, position, place, arm, axes) VALUES ($sweep, $position, $place, $arm, $axes)"
                [
                    "$sweep", box sweep
                    "$position", box position
                    "$place", box (RunFolder.nameOf identity.Hash)
                    "$arm", box identity.Arm
                    "$axes", box (axes.ToJsonString())
                ]

            let named = lastId connection

            for name, label in identity.Axes do
                execute connection "INSERT INTO axes (named, name, label) VALUES ($named, $name, $label)" [
                    "$named", named
                    "$name", box name
                    "$label", box label
                ]

        for row in fst (RunRow.read (SweepFolder.rows sweepFolder)) do
            let state =
                if row.State = RunStatus.Done then
                    "published"
                else
                    string row.State

            insertRun
                connection
                sweep
                (RunFolder.nameOf row.Hash)
                None
                ""
                $"{sweep}: {row.Arm}"
                state
                (RunRow.record sweepFolder row)
                row.Origin

    let private quoted (name: string) =
        "\"" + name.Replace("\"", "\"\"") + "\""

    let private axisColumn (name: string) = quoted ("axis." + name)
    let private literal (text: string) = "'" + text.Replace("'", "''") + "'"

    /// SQLite allows 2000 columns; further ones are only in the tables.
    let private mostColumns = 1900

    // A name stands for the pool's run or, without one, for the sweep's own published row.
    let makeView (connection: SqliteConnection) =
        let metrics = texts connection "SELECT DISTINCT name FROM metrics ORDER BY name"
        let axes = texts connection "SELECT DISTINCT name FROM axes ORDER BY name"

        let columns = [
            for name in axes ->
                $"(SELECT label FROM axes WHERE named = named_runs.named AND name = {literal name}) AS {axisColumn name}"
            for name in metrics ->
                $"(SELECT value FROM metrics WHERE run = named_runs.run AND name = {literal name}) AS {quoted name}"
        ]

        let own =
            "sweep, arm, seed, hash, state, error, axes, sweeps, steps, seconds, engine, device, precision, machine, commit_id, dirty, name, place, position, folder"

        let all = String.Join(", ", own :: List.truncate mostColumns columns)
        execute connection "DROP VIEW IF EXISTS all_runs" []
        execute connection "DROP VIEW IF EXISTS named_runs" []

        execute
            connection
            "CREATE VIEW named_runs AS
             SELECT names.sweep, names.arm, names.axes, names.id AS named, names.position, runs.id AS run, runs.*,
                    (SELECT group_concat(sweep, ', ') FROM (SELECT DISTINCT sweep FROM names AS others WHERE others.place = names.place ORDER BY sweep)) AS sweeps
             FROM names JOIN runs ON runs.id =
                 (SELECT id FROM runs AS found WHERE found.place = names.place AND found.owner IN ('', names.sweep) ORDER BY found.owner LIMIT 1)
             UNION ALL
             SELECT NULL, NULL, '{}', NULL, 0, runs.id, runs.*, NULL
             FROM runs WHERE owner = '' AND NOT EXISTS (SELECT 1 FROM names WHERE names.place = runs.place)"
            []

        execute connection $"CREATE VIEW all_runs AS SELECT {all} FROM named_runs" []
