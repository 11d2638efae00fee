namespace Research.Runs

open Research.Language

open System
open System.Diagnostics
open Microsoft.Data.Sqlite
open SQLitePCL

/// Runs a user's SQL on the index of runs. Whatever the text says, it can only read the index.
[<RequireQualifiedAccess>]
module IndexQuery =
    /// SQLITE_DBCONFIG_DQS_DML: whether an unknown name in double quotes counts as a text. A mistyped metric must be an error.
    [<Literal>]
    let private DoubleQuotedTexts = 1013

    /// Allows reading tables and calling functions; denies writing, attaching other files and changing settings.
    let private authorise =
        delegate_authorizer (fun _ action _ _ _ _ ->
            if
                action = raw.SQLITE_SELECT
                || action = raw.SQLITE_READ
                || action = raw.SQLITE_FUNCTION
                || action = raw.SQLITE_RECURSIVE
            then
                raw.SQLITE_OK
            else
                raw.SQLITE_DENY)

    let private longest = TimeSpan.FromSeconds 10.0

    /// The most bytes that SQLite may take in this process.
    let private mostMemory = 256L * 1024L * 1024L

    /// The most bytes of one text or blob.
    let private longestText = 1_000_000

    /// Opens the index read-only, with everything else denied, for at most ten seconds and within 256 MB.
    let connect (path: string) : SqliteConnection =
        let text =
            SqliteConnectionStringBuilder(DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false)

        let connection = new SqliteConnection(text.ConnectionString)
        connection.Open()
        let handle = connection.Handle |> nonNull
        let mutable was = 0
        raw.sqlite3_db_config (handle, DoubleQuotedTexts, 0, &was) |> ignore
        raw.sqlite3_limit (handle, raw.SQLITE_LIMIT_LENGTH, longestText) |> ignore
        raw.sqlite3_hard_heap_limit64 mostMemory |> ignore

        using (connection.CreateCommand()) (fun command ->
            // Sorted or collected rows stay in memory, where the limit applies, and cannot fill the disk.
            command.CommandText <- "PRAGMA temp_store = MEMORY"
            command.ExecuteNonQuery() |> ignore)

        let clock = Stopwatch.StartNew()

        // One step of SQLite may handle a text of a megabyte, so the clock is checked often.
        raw.sqlite3_progress_handler (
            handle,
            1_000,
            delegate_progress (fun _ -> if clock.Elapsed > longest then 1 else 0),
            null
        )

        raw.sqlite3_set_authorizer (handle, authorise, null) |> ignore
        connection

    let private wrong (what: string) (sql: string) (error: SqliteException) : 'a =
        let reason =
            if error.SqliteErrorCode = raw.SQLITE_INTERRUPT then
                $"it takes longer than {longest.TotalSeconds} seconds"
            elif error.SqliteErrorCode = raw.SQLITE_AUTH then
                "it does more than read the index"
            elif error.SqliteErrorCode = raw.SQLITE_NOMEM then
                $"it takes more than {mostMemory / 1048576L} MB of memory"
            elif error.SqliteErrorCode = raw.SQLITE_TOOBIG then
                $"it makes a text of more than {longestText} bytes"
            else
                error.Message.TrimEnd '.'

        raise (
            ArgumentException
                $"{what} \"{sql}\" is not a condition over the runs: {reason}. './research runs --columns' lists the columns; put names with dots in double quotes, texts in single quotes."
        )

    /// The columns of the view `all_runs`.
    let columns (path: string) : string list =
        use connection = connect path
        use select = connection.CreateCommand()
        select.CommandText <- "SELECT * FROM all_runs LIMIT 0"
        use row = select.ExecuteReader()
        [ for i in 0 .. row.FieldCount - 1 -> row.GetName i ]

    /// The rows of the view `all_runs` that meet a condition, in the order of an expression, each with all its columns.
    /// Raises `ArgumentException`, naming the text, when SQL does not accept it.
    let rows (path: string) (where: string option) (order: string option) : (string * obj | null) list list =
        use connection = connect path
        use select = connection.CreateCommand()

        let condition =
            where
            |> Option.map (fun text -> $" WHERE (\n{text}\n)")
            |> Option.defaultValue ""

        let sorted =
            order
            |> Option.map (fun text -> $" ORDER BY {text}\n")
            |> Option.defaultValue " ORDER BY sweep IS NULL, sweep, position, place"

        select.CommandText <- $"SELECT * FROM all_runs{condition}{sorted}"

        try
            use row = select.ExecuteReader()
            let names = [ for i in 0 .. row.FieldCount - 1 -> row.GetName i ]

            let found = [
                while row.Read() do
                    names
                    |> List.mapi (fun i name -> name, (if row.IsDBNull i then null else row.GetValue i))
            ]

            if row.NextResult() then
                raise (
                    ArgumentException
                        $"--where \"{condition.Trim()}\": one condition is expected, not several statements."
                )

            found
        with :? SqliteException as error ->
            match where, order with
            | Some text, None -> wrong "--where" text error
            | None, Some text -> wrong "--order" text error
            | Some text, Some order -> wrong "--where and --order" $"{text}; {order}" error
            | None, None -> reraise ()
