namespace Research.Tables

open System
open System.Globalization
open Research
open Research.Language
open Research.Evaluation
open Research.Runs
open Research.Stats

/// The notes under a table: how to read it, and what is missing.
module internal TableNotes =
    let private number (format: string) (value: float) =
        value.ToString(format, CultureInfo.InvariantCulture)

    let private intervals (request: TableRequest) (rows: ResultRow list) =
        let kind =
            $"""{number "0.##" (100.0 * request.Comparison.Level)} %% {request.Comparison.Interval.Title}"""

        match request.Comparison.Interval, rows |> List.map _.Seeds |> List.distinct with
        | _, [ 1 ] -> "Each value is from one seed, which gives no interval."
        | IntervalKind.StudentT, [ n ] -> $"Mean ± half the width of the {kind} over n = {n} seeds."
        | IntervalKind.StudentT, _ ->
            $"Mean ± half the width of the {kind} over the seeds (column n); one seed gives no interval."
        | IntervalKind.Bca, _ ->
            $"Mean ± half the width of the {kind} over the seeds (column n), which need not be symmetric about the mean; under {SampleStats.fewestSeeds} seeds there is none."

    /// With so few seeds the test can show nothing, whatever the numbers: the smallest p of n sign arrangements is 2^(1-n).
    let private powerless (request: TableRequest) (differences: PairedDifference list) =
        let alpha = 1.0 - request.Comparison.Level

        match request.Comparison.Test with
        | PairedTest.StudentT -> None
        | PairedTest.Wilcoxon
        | PairedTest.SignFlip ->
            differences
            |> List.filter (fun difference -> difference.P.IsSome && 2.0 ** float (1 - difference.N) >= alpha)
            |> List.map _.N
            |> List.distinct
            |> function
                | [] -> None
                | counts ->
                    let least = List.max counts

                    Some
                        $"""With {least} seeds this test's p is at least {number "0.####" (2.0 ** float (1 - least))}, so nothing can be significant."""

    let private claims (request: TableRequest) (rows: ResultRow list) =
        let differences = rows |> List.collect _.Cells |> List.choose _.Difference
        let tested = differences |> List.filter _.P.IsSome

        let family =
            match request.Family with
            | Family.Table -> tested.Length
            | Family.Metric ->
                [
                    for column in 0 .. request.Columns.Length - 1 do
                        rows
                        |> List.filter (fun row -> row.Cells[column].Difference |> Option.bind _.P |> Option.isSome)
                        |> List.length
                ]
                |> List.fold max 0

        let correction =
            match request.Family, family with
            | _, (0 | 1) -> ""
            | Family.Metric, n -> $", Holm-corrected over the {n} arms compared in a metric"
            | Family.Table, n -> $", Holm-corrected over the {n} comparisons of the table"

        let star =
            $"""* marks p < {number "0.####" (1.0 - request.Comparison.Level)} in a two-sided {request.Comparison.Test.Title}{correction}"""

        [
            match differences.Length > tested.Length, not tested.IsEmpty with
            | true, false -> $"Under {SampleStats.fewestSeeds} seeds no difference is claimed to be significant."
            | true, true -> $"{star}; under {SampleStats.fewestSeeds} seeds nothing is claimed."
            | false, true -> $"{star}."
            | false, false -> ()
            match powerless request differences with
            | Some line -> line
            | None -> ()
        ]

    /// Hedges' g of an arm and the baseline over all seeds of both, as text.
    let effect (unpaired: UnpairedEffect) =
        let minus (text: string) = text.Replace('-', '−')

        minus
            $"""g = {number "0.00" unpaired.G} [{number "0.00" unpaired.Interval.Low}, {number "0.00" unpaired.Interval.High}]"""

    /// Arms that the baseline's seeds do not pair, which a paired difference says little of or nothing.
    let private unpaired (request: TableRequest) (rows: ResultRow list) = [
        for row in rows do
            for column, cell in List.zip request.Columns row.Cells do
                match cell.Unpaired with
                | Some own -> $"{row.Arm}, {column.Title} {effect own}"
                | None -> ()
    ]

    /// How many seeds one point would take: from three pairs on, where the spread of the differences is more than a guess.
    let private power (request: TableRequest) (rows: ResultRow list) = [
        for i, column in List.indexed request.Columns do
            let variances =
                rows
                |> List.choose (fun row -> row.Cells[i].Difference)
                |> List.filter (fun difference -> difference.N >= 3)
                |> List.choose _.Sd
                |> List.map (fun sd -> sd * sd)

            if column.Unit = MetricUnit.Percent && not variances.IsEmpty then
                let sd = sqrt (List.average variances)

                if sd > 0.0 then
                    match Power.seedsNeeded request.Comparison.Level 0.8 1000 sd 0.01 with
                    | Some seeds -> $"{column.Title} {seeds}"
                    | None -> $"{column.Title} over 1000"
    ]

    /// The chance level of the table's metrics, where the runs measured it.
    let private chance (request: TableRequest) (runs: RunRecord list) = [
        for column in request.Columns do
            let levels =
                runs
                |> List.choose (fun run -> column.Chance |> Option.bind run.Metrics.TryFind)
                |> List.filter Double.IsFinite
                |> List.map (Metric.format column)
                |> List.distinct

            match levels with
            | [] -> ()
            | levels ->
                let unit = if column.Unit = MetricUnit.Percent then " %" else ""
                $"""{column.Title} {String.Join(" or ", List.sort levels)}{unit}"""
    ]

    /// The notes of a table over its rows; `runs` are all runs, including those left out.
    let write (request: TableRequest) (rows: ResultRow list) (runs: RunRecord list) = [
        intervals request rows
        match request.Baseline with
        | Some baseline when rows |> List.exists (fun row -> row.Cells |> List.exists _.Difference.IsSome) ->
            $"Δ: difference to {baseline}, paired by seed, with the interval of the paired difference."
        | _ -> ()
        yield! claims request rows
        match unpaired request rows with
        | [] -> ()
        | effects ->
            let list = String.Join("; ", effects)

            $"Over all seeds where they are not the baseline's, unpaired, Hedges' g with its interval: {list}."
        match power request rows with
        | [] -> ()
        | needs ->
            let list = String.Join(", ", needs)

            $"With the spread seen here, a difference of one point is detected with 80 %% probability (paired t-test, one arm) from this many seeds on: {list}."
        if rows |> List.exists (fun row -> row.Cells |> List.exists _.Best) then
            "Bold marks the best mean of its column, which by itself claims nothing."
        match chance request (runs |> List.filter (fun run -> run.State = RunStatus.Done)) with
        | [] -> ()
        | levels -> $"Chance alone would reach: {Words.list levels}."
        match runs |> List.filter (fun run -> run.State <> RunStatus.Done) with
        | [] -> ()
        | missing ->
            let list =
                String.Join(", ", missing |> List.map (fun run -> $"{run.Arm} seed {run.Seed} ({run.State})"))

            $"Not finished and left out: {list}."
    ]
