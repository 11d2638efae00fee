namespace Research.Tables

open System
open Research
open Research.Language
open Research.Evaluation
open Research.Runs
open Research.Stats

/// Summaries of runs.
[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module ResultTable =
    /// The metrics without a baseline; paired t-tests, corrected over the arms for each metric, and 95 % t intervals.
    let request (columns: Metric list) : TableRequest = {
        Columns = columns
        Baseline = None
        Arms = []
        Comparison = Comparison.options
        Family = Family.Metric
    }

    /// Reports that no run has all of the metrics, and which ones the runs have.
    let noRunHas (metrics: Metric list) (runs: RunRecord list) : 'a =
        let known =
            runs |> Seq.collect _.Metrics.Keys |> Seq.distinct |> Seq.sort |> Words.list

        let asked =
            metrics |> List.map (fun metric -> $"'{metric.Key}'") |> String.concat " and "

        raise (ArgumentException $"No run has {asked}; the runs have {known}.")

    /// The rows with their cells in a metric. Raises `ArgumentException`, naming the columns, when the table does not show the metric.
    let cells (metric: Metric) (table: ResultTable) : (ResultRow * ResultCell) list =
        match table.Columns |> List.tryFindIndex (fun own -> own.Key = metric.Key) with
        | Some index -> table.Rows |> List.map (fun row -> row, row.Cells[index])
        | None ->
            raise (
                ArgumentException
                    $"The table has no column '{metric.Key}'; its columns are {table.Columns |> List.map _.Key |> Words.list}."
            )

    /// The edges of an interval in the metric's unit.
    let band (metric: Metric) (interval: Interval option) : (float * float) option =
        interval
        |> Option.map (fun interval -> metric.Shown interval.Low, metric.Shown interval.High)

    let private armsOf (request: TableRequest) (runs: RunRecord list) =
        let present = runs |> List.map _.Arm |> List.distinct

        match request.Arms with
        | [] -> present
        | arms ->
            match present |> List.tryFind (fun arm -> not (List.contains arm arms)) with
            | Some arm ->
                let known = String.Join(", ", arms)

                raise (
                    ArgumentException $"There is a run of arm '{arm}', which is not among the table's arms: {known}."
                )
            | None -> arms

    let private check (request: TableRequest) (runs: RunRecord list) (arms: string list) =
        if request.Columns.IsEmpty then
            raise (ArgumentException "A table needs a metric as a column.")

        match request.Baseline with
        | Some baseline when not (List.contains baseline arms) ->
            let known = String.Join(", ", arms)
            raise (ArgumentException $"The baseline '{baseline}' is not an arm; the arms are {known}.")
        | _ -> ()

        runs
        |> List.groupBy (fun run -> run.Arm, run.Seed)
        |> List.iter (fun ((arm, seed), same) ->
            match same with
            | first :: second :: _ ->
                raise (
                    ArgumentException
                        $"Arm '{arm}' has two runs of seed {seed}: '{first.Folder}' and '{second.Folder}'. Give the table the runs of one sweep."
                )
            | _ -> ())

        let finished = runs |> List.filter (fun run -> run.State = RunStatus.Done)

        for column in request.Columns do
            if
                not finished.IsEmpty
                && finished |> List.forall (fun run -> not (run.Metrics.ContainsKey column.Key))
            then
                noRunHas [ column ] finished

    let private valuesOf (column: Metric) (runs: RunRecord list) =
        runs
        |> List.choose (fun run ->
            match run.Metrics.TryFind column.Key with
            | Some value when Double.IsFinite value -> Some(run.Seed, value)
            | _ -> None)
        |> List.sortBy fst

    let private markBest (columns: Metric list) (rows: ResultRow list) =
        let best =
            columns
            |> List.mapi (fun i column ->
                let means =
                    rows |> List.choose (fun row -> row.Cells[i].Summary |> Option.map _.Mean)

                if rows.Length < 2 || means.IsEmpty then
                    None
                else
                    match column.Better with
                    | Better.Higher -> Some(List.max means)
                    | Better.Lower -> Some(List.min means)
                    | Better.Neither -> None)

        rows
        |> List.map (fun row -> {
            row with
                Cells =
                    List.map2
                        (fun cell best -> {
                            cell with
                                Best =
                                    (match cell.Summary, best with
                                     | Some summary, Some best -> summary.Mean = best
                                     | _ -> false)
                        })
                        row.Cells
                        best
        })

    /// Applies Holm's correction over each family and returns the verdicts to their cells.
    let private correct (request: TableRequest) (rows: ResultRow list) =
        let places = [
            for row in 0 .. rows.Length - 1 do
                for column in 0 .. request.Columns.Length - 1 do
                    match rows[row].Cells[column].Difference with
                    | Some difference -> (row, column), difference
                    | None -> ()
        ]

        let corrected =
            places
            |> List.groupBy (fun ((_, column), _) ->
                match request.Family with
                | Family.Metric -> column
                | Family.Table -> 0)
            |> List.collect (fun (_, family) ->
                List.zip (List.map fst family) (Comparison.corrected request.Comparison (List.map snd family)))
            |> Map.ofList

        rows
        |> List.mapi (fun row own -> {
            own with
                Cells =
                    own.Cells
                    |> List.mapi (fun column cell -> {
                        cell with
                            Difference = corrected.TryFind((row, column))
                    })
        })

    /// Summarises runs. Unfinished runs are left out and named in the notes; pairs are formed by seed.
    /// Raises `ArgumentException` for an unknown baseline or metric and for two runs of one arm and seed.
    let ofRuns (request: TableRequest) (runs: RunRecord list) : ResultTable =
        let arms = armsOf request runs
        check request runs arms
        let finished = runs |> List.filter (fun run -> run.State = RunStatus.Done)

        let runsOf arm =
            finished |> List.filter (fun run -> run.Arm = arm)

        let against (column: Metric) values isBaseline compare =
            match request.Baseline with
            | Some baseline when column.IsComparable && not isBaseline ->
                compare request.Comparison (valuesOf column (runsOf baseline)) values
            | _ -> None

        let rows =
            arms
            |> List.map (fun arm ->
                let own = runsOf arm
                let isBaseline = request.Baseline = Some arm

                {
                    Arm = arm
                    Axes =
                        runs
                        |> List.tryFind (fun run -> run.Arm = arm)
                        |> Option.map _.Axes
                        |> Option.defaultValue []
                    IsBaseline = isBaseline
                    Seeds = own.Length
                    Unfinished = runs |> List.filter (fun run -> run.Arm = arm) |> Unfinished.words
                    Cells =
                        request.Columns
                        |> List.map (fun column ->
                            let values = valuesOf column own

                            {
                                Values = values
                                Summary =
                                    if values.IsEmpty then
                                        None
                                    else
                                        Some(
                                            Comparison.summary
                                                request.Comparison
                                                (values |> List.map snd |> Array.ofList)
                                        )
                                Difference = against column values isBaseline Comparison.bySeed
                                Unpaired = against column values isBaseline Comparison.unpaired
                                Best = false
                            })
                })
            |> correct request
            |> markBest request.Columns

        {
            Columns = request.Columns
            Baseline = request.Baseline
            Comparison = request.Comparison
            Family = request.Family
            Rows = rows
            Runs = finished
            Notes = TableNotes.write request rows runs
        }
