namespace Research.Runs

open Research.Language

open System
open System.Collections.Generic
open System.IO
open System.Text.Json.Nodes
open Microsoft.Data.Sqlite

/// A SQLite index over all runs of a results folder: those of the pool, and the published ones in the sweeps' runs.jsonl. Those files
/// are the truth: the index is made from them, brought up to date before each question, and made anew when it is missing, damaged or of
/// another version.
///
/// Tables: `runs` (a row a run), `metrics` (run, name, value: the final metrics), `names` (the sweeps that name a run, with arm and
/// axes), `axes` (a row for each axis of a name). The view `all_runs` has a row for each sweep that names a run, and one for a run that
/// none names: the columns of `runs` and `names`, `sweeps` (all that name the run), a column for each metric under its name, and one for
/// each axis as "axis.<name>". `state` is that of state.json, or "published" for results that are in a runs.jsonl and not in the pool.
[<RequireQualifiedAccess>]
module RunIndex =
    /// Of the tables below; an index of another one is made anew.
    let private version = 2

    /// Where the index of a results folder stands.
    let path (results: string) =
        Path.Combine(RunFolder.poolOf results, "index.sqlite")

    // `owner` is "" for a run of the pool, else the sweep whose runs.jsonl holds it.
    let private schema =
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

    /// Seconds to wait for another program that brings the index up to date.
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

    let private stampOf (files: string list) =
        files
        |> List.map (fun file ->
            let info = FileInfo file

            if info.Exists then
                $"{info.Length}:{info.LastWriteTimeUtc.Ticks}"
            else
                "-")
        |> String.concat " "

    /// The files that a run's row is made of, by length and time: what has the same stamp is not read again.
    let private stamp (folder: string) =
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
                // SQLite has no NaN; it is no value.
                "$value", (if Double.IsNaN value then null else box value)
            ]

    /// A run of the pool. What its config.json would say stays unknown where that is damaged.
    let private insertFolder (connection: SqliteConnection) (results: string) (folder: string) (stamp: string) =
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
        // A run whose process dies changes no file; so what is running is read each time.
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

    /// A sweep: the runs that it names, and its published rows.
    let private insertSweep (connection: SqliteConnection) (sweepFolder: string) (stamp: string) =
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

    /// SQLite's limit is 2000 columns; what is beyond stands in the tables only.
    let private mostColumns = 1900

    // A name stands for the pool's run, or else for the sweep's own published row.
    let private makeView (connection: SqliteConnection) =
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
            let now = stamp folder

            if runs.GetValueOrDefault(place, "") <> now then
                insertFolder connection results folder now
                changed <- true

            runs.Remove place |> ignore

        for gone in runs.Keys do
            execute connection "DELETE FROM runs WHERE owner = '' AND place = $place" [ "$place", box gone ]
            changed <- true

        let sweeps = known connection "SELECT name, stamp FROM sweeps"

        for sweep in RunPool.sweeps results do
            let name = string (Path.GetFileName sweep)
            let now = stampOf [ SweepFolder.plan sweep; SweepFolder.rows sweep ]

            if sweeps.GetValueOrDefault(name, "") <> now then
                insertSweep connection sweep now
                changed <- true

            sweeps.Remove name |> ignore

        for gone in sweeps.Keys do
            execute connection "DELETE FROM sweeps WHERE name = $sweep" [ "$sweep", box gone ]
            execute connection "DELETE FROM runs WHERE owner = $sweep" [ "$sweep", box gone ]
            changed <- true

        if changed then
            makeView connection

    let private update (results: string) (file: string) =
        use connection = openWritable file
        use transaction = connection.BeginTransaction()

        let found =
            texts connection "SELECT CAST(user_version AS TEXT) FROM pragma_user_version"
            |> List.exactlyOne

        let isNew = found <> string version

        if isNew then
            if found <> "0" then
                raise (InvalidDataException $"version {found}")

            execute connection schema []
            execute connection $"PRAGMA user_version = {version}" []

        bringUpToDate results connection isNew
        transaction.Commit()

    /// Makes the index of a results folder, or brings it up to date, and returns its path; `rebuild` makes it anew. Two at once wait for
    /// each other. Raises `DirectoryNotFoundException` when there is no such folder.
    let refresh (rebuild: bool) (results: string) : string =
        if not (Directory.Exists results) then
            raise (DirectoryNotFoundException $"There is no results folder '{results}'.")

        let temporary () =
            Path.Combine(Directory.CreateTempSubdirectory("research-runs-").FullName, "index.sqlite")

        // A folder that cannot be written keeps no index; a temporary one answers as well.
        let file =
            try
                RunFolder.ensureWritable (RunFolder.poolOf results)
                path results
            with :? UnauthorizedAccessException ->
                temporary ()

        if Directory.Exists file then
            raise (IOException $"'{file}' is a folder, but the index of the runs belongs there: move or delete it.")

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
            eprintfn "notice: '%s' is locked by another program; a temporary index answers" file
            let file = temporary ()
            update results file
            file

    /// The runs of a results folder that an SQL condition leaves, by sweep and in the sweep's order: `"state = 'done' AND
    /// ""test.retrieval.r10"" > 0.3"`, `"axes ->> 'objective' = 'PSD'"`. A run that two sweeps name comes twice. Raises
    /// `ArgumentException`, naming the text, when it is no condition.
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
