namespace Research

open System
open System.Globalization

/// One metric of one arm.
type ResultCell = {
    /// The values by seed, seeds rising.
    Values: (int * float) list
    /// None when no finished run has the metric.
    Summary: Summary option
    /// Against the baseline over the seeds of both; None for the baseline itself and without one.
    Difference: PairedDifference option
    /// The best mean of its column. No claim by itself.
    Best: bool
}

type ResultRow = {
    Arm: string
    Axes: (string * string) list
    IsBaseline: bool
    /// Finished runs.
    Seeds: int
    /// In the order of the table's columns.
    Cells: ResultCell list
}

/// Arms against metrics, over seeds.
type ResultTable = {
    Columns: MetricColumn list
    Baseline: string option
    /// Coverage of all its intervals.
    Level: float
    Rows: ResultRow list
    /// The finished runs.
    Runs: RunRecord list
    /// What stands under the table: how to read it, and what is missing.
    Notes: string list
}

/// What `ResultTable.ofRuns` is asked for.
type TableRequest = {
    /// Metrics, one column each.
    Columns: MetricColumn list
    /// The arm that the others are compared with.
    Baseline: string option
    /// The arms in the order of the rows; empty: in the order in which the runs come.
    Arms: string list
    /// Coverage of the intervals.
    Level: float
}

[<RequireQualifiedAccess>]
module ResultTable =
    /// The metrics without a baseline, 95 % intervals.
    let request (columns: MetricColumn list) : TableRequest = {
        Columns = columns
        Baseline = None
        Arms = []
        Level = 0.95
    }

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
            raise (ArgumentException "A table needs at least one metric as a column.")

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
                let known =
                    finished
                    |> Seq.collect (fun run -> run.Metrics.Keys)
                    |> Seq.distinct
                    |> Seq.sort

                let known = String.Join(", ", known)
                raise (ArgumentException $"No run has the metric '{column.Key}'; the runs have {known}.")

    let private valuesOf (column: MetricColumn) (runs: RunRecord list) =
        runs
        |> List.choose (fun run ->
            match run.Metrics.TryFind column.Key with
            | Some value when Double.IsFinite value -> Some(run.Seed, value)
            | _ -> None)
        |> List.sortBy fst

    let private difference level (baseline: (int * float) list) (arm: (int * float) list) =
        let pairs =
            arm
            |> List.choose (fun (seed, value) ->
                baseline
                |> List.tryFind (fst >> (=) seed)
                |> Option.map (fun (_, other) -> other, value))

        if pairs.IsEmpty then
            None
        else
            Some(Stats.paired level (pairs |> List.map fst |> Array.ofList) (pairs |> List.map snd |> Array.ofList))

    let private markBest (columns: MetricColumn list) (rows: ResultRow list) =
        let best =
            columns
            |> List.mapi (fun i column ->
                let means =
                    rows |> List.choose (fun row -> row.Cells[i].Summary |> Option.map _.Mean)

                if rows.Length < 2 || means.IsEmpty then None
                elif column.Better = Better.Higher then Some(List.max means)
                else Some(List.min means))

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

    let private notes (request: TableRequest) (rows: ResultRow list) (runs: RunRecord list) =
        let level = (100.0 * request.Level).ToString("0.##", CultureInfo.InvariantCulture)
        let counts = rows |> List.map _.Seeds |> List.distinct
        let cells = rows |> List.collect _.Cells
        let differences = cells |> List.choose _.Difference

        let seeds =
            match counts with
            | [ 1 ] -> "Each value is from one seed, which gives no interval."
            | [ n ] -> $"Mean ± half the width of the {level} %% t interval over n = {n} seeds."
            | _ ->
                $"Mean ± half the width of the {level} %% t interval over the seeds (column n); one seed gives no interval."

        let claims =
            let few = differences |> List.exists _.Significance.IsTooFewSeeds
            let alpha = (1.0 - request.Level).ToString("0.####", CultureInfo.InvariantCulture)

            let star =
                $"* marks p < {alpha} in a two-sided paired t-test, not corrected for the number of comparisons"

            match few, differences |> List.exists (fun d -> not d.Significance.IsTooFewSeeds) with
            | true, false -> [
                $"Under {Stats.fewestSeeds} seeds no difference is claimed to be significant."
              ]
            | true, true -> [ $"{star}; under {Stats.fewestSeeds} seeds nothing is claimed." ]
            | false, true -> [ $"{star}." ]
            | false, false -> []

        let missing =
            runs
            |> List.filter (fun run -> run.State <> RunStatus.Done)
            |> List.map (fun run -> $"{run.Arm} seed {run.Seed} ({run.State})")

        [
            seeds
            match request.Baseline with
            | Some baseline when not differences.IsEmpty ->
                $"Δ: difference to {baseline}, paired by seed, with the interval of the paired difference."
            | _ -> ()
            yield! claims
            if cells |> List.exists _.Best then
                "Bold is the best mean of its column, which is no claim by itself."
            if not missing.IsEmpty then
                let list = String.Join(", ", missing)
                $"Not finished and left out: {list}."
        ]

    /// Summarises runs. Unfinished runs are left out and named in the notes; pairs are formed by seed.
    /// Raises `ArgumentException` for an unknown baseline or metric and for two runs of one arm and seed.
    let ofRuns (request: TableRequest) (runs: RunRecord list) : ResultTable =
        let arms = armsOf request runs
        check request runs arms
        let finished = runs |> List.filter (fun run -> run.State = RunStatus.Done)

        let runsOf arm =
            finished |> List.filter (fun run -> run.Arm = arm)

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
                                        Some(Stats.summary request.Level (values |> List.map snd |> Array.ofList))
                                Difference =
                                    match request.Baseline with
                                    | Some baseline when not isBaseline ->
                                        difference request.Level (valuesOf column (runsOf baseline)) values
                                    | _ -> None
                                Best = false
                            })
                })
            |> markBest request.Columns

        {
            Columns = request.Columns
            Baseline = request.Baseline
            Level = request.Level
            Rows = rows
            Runs = finished
            Notes = notes request rows runs
        }
