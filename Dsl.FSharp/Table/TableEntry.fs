namespace Research.Tables

open Research
open Research.Language
open Research.Evaluation
open Research.Stats

/// The contents of a table's cells, before formatting.
module internal TableEntry =
    /// One cell before formatting: its text and style.
    type Entry =
        | Nothing
        | Note of string
        | Value of mean: string * half: string option * best: bool
        | Change of mean: string * half: string option * significant: bool

    let private half column (interval: Interval option) =
        interval |> Option.map (fun interval -> Metric.format column interval.HalfWidth)

    let private valueEntry column (row: ResultRow) (cell: ResultCell) =
        match cell.Summary, row.Unfinished with
        | Some summary, _ -> Value(Metric.format column summary.Mean, half column summary.Interval, cell.Best)
        | None, Some words -> Note words
        | None, None -> Nothing

    let private changeEntry column (row: ResultRow) (cell: ResultCell) =
        match cell.Difference with
        | Some difference ->
            Change(
                Metric.formatSigned column difference.Mean,
                half column difference.Interval,
                difference.Significance.IsSignificant
            )
        | None when row.IsBaseline -> Note "baseline"
        | None -> Nothing

    /// Whether a column has a difference column beside it; a chance level, for example, does not.
    let hasDifferences (table: ResultTable) (column: Metric) =
        table.Baseline.IsSome && table.Rows.Length > 1 && column.IsComparable

    let header (table: ResultTable) = [
        "arm"
        "n"
        for column in table.Columns do
            Metric.heading column

            if hasDifferences table column then
                match column.Unit.DifferenceSymbol with
                | "" -> "Δ"
                | unit -> $"Δ ({unit})"
    ]

    let entries (table: ResultTable) (row: ResultRow) = [
        for column, cell in List.zip table.Columns row.Cells do
            valueEntry column row cell

            if hasDifferences table column then
                changeEntry column row cell
    ]

    let private minus (number: string) = number.Replace('-', '−')

    let plusMinus mean half =
        match half with
        | Some half -> $"{minus mean} ± {half}"
        | None -> minus mean
