namespace Research.Tables

open Research.Language

open Research.Stats

/// What stands in the cells of a table, before a format dresses it.
module internal TableEntry =
    /// One cell before it is dressed: what stands there, and how.
    type Entry =
        | Nothing
        | Note of string
        | Value of mean: string * half: string option * best: bool
        | Change of mean: string * half: string option * significant: bool

    let private half column (interval: Interval option) =
        interval
        |> Option.map (fun interval -> MetricColumn.format column interval.HalfWidth)

    let private valueEntry column (cell: ResultCell) =
        match cell.Summary with
        | Some summary -> Value(MetricColumn.format column summary.Mean, half column summary.Interval, cell.Best)
        | None -> Nothing

    let private changeEntry column (row: ResultRow) (cell: ResultCell) =
        match cell.Difference with
        | Some difference ->
            Change(
                MetricColumn.formatSigned column difference.Mean,
                half column difference.Interval,
                difference.Significance.IsSignificant
            )
        | None when row.IsBaseline -> Note "baseline"
        | None -> Nothing

    let hasDifferences (table: ResultTable) =
        table.Baseline.IsSome && table.Rows.Length > 1

    let header (table: ResultTable) =
        let unitOf (column: MetricColumn) =
            if column.Unit = "" then "" else $" ({column.Unit})"

        let changeUnit (column: MetricColumn) =
            match column.Scale with
            | MetricScale.Percent -> " (points)"
            | MetricScale.Seconds -> " (s)"
            | MetricScale.Plain -> ""

        [
            "arm"
            "n"
            for column in table.Columns do
                column.Title + unitOf column

                if hasDifferences table then
                    "Δ" + changeUnit column
        ]

    let entries (table: ResultTable) (row: ResultRow) = [
        for column, cell in List.zip table.Columns row.Cells do
            valueEntry column cell

            if hasDifferences table then
                changeEntry column row cell
    ]

    let private minus (number: string) = number.Replace('-', '−')

    let plusMinus mean half =
        match half with
        | Some half -> $"{minus mean} ± {half}"
        | None -> minus mean
