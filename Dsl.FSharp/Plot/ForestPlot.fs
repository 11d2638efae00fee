namespace Research.Plots

open System
open System.Globalization
open Research
open Research.Language
open Research.Evaluation
open Research.Stats
open Research.Tables

/// A forest: every arm's paired difference from the baseline with its interval, one row per arm.
[<RequireQualifiedAccess>]
module ForestPlot =
    /// Why an arm has no difference.
    let private reason (baseline: string) (row: ResultRow) (cell: ResultCell) =
        match cell.Values, cell.Unpaired with
        | [], _ -> ArmMarks.reason row
        | _, Some effect -> $"no seed in common with {baseline}; unpaired {TableNotes.effect effect}"
        | _, None -> $"no seed in common with {baseline}"

    /// A table's differences in one metric, without the arms that have none.
    let differences (column: Metric) (table: ResultTable) : PairedDifference list =
        ResultTable.cells column table |> List.choose (fun (_, cell) -> cell.Difference)

    /// How many comparisons Holm's correction of this metric's differences covers.
    let private familySize (column: Metric) (table: ResultTable) =
        match table.Family with
        | Family.Metric -> differences column table
        | Family.Table -> table.Rows |> List.collect _.Cells |> List.choose _.Difference
        |> List.filter _.P.IsSome
        |> List.length

    let private number (value: float) =
        value.ToString("0.####", CultureInfo.InvariantCulture)

    /// The meaning of a forest's marks: how many pairs, which interval, which test.
    let note (panels: (Metric * ResultTable) list) : string =
        let comparison = (snd panels.Head).Comparison

        let counts =
            panels
            |> List.collect (fun (column, table) -> differences column table)
            |> List.map _.N
            |> List.distinct
            |> List.sort

        let pairs =
            match counts with
            | [] -> ""
            | [ n ] -> $" (n = {n})"
            | counts -> $" (n = {List.head counts} to {List.last counts})"

        let holm =
            match
                panels
                |> List.map (fun (column, table) -> familySize column table)
                |> List.distinct,
                (snd panels.Head).Family
            with
            | [ size ], _ when size <= 1 -> ""
            | [ size ], Family.Metric -> $", Holm-corrected over {size} arms"
            | [ size ], Family.Table -> $", Holm-corrected over {size} comparisons"
            | _ -> ", Holm-corrected over the arms of each panel"

        let interval = $"{number (100.0 * comparison.Level)} %% {comparison.Interval.Title}"

        let claims =
            if counts |> List.exists (fun n -> n >= SampleStats.fewestSeeds) then
                $"Purple and filled: p < {number (1.0 - comparison.Level)} in a two-sided {comparison.Test.Title}{holm}; grey and hollow: not significant."
            else
                $"Under {SampleStats.fewestSeeds} seeds no difference is called significant."

        $"Differences are paired by seed{pairs}, with their {interval}. {claims}"

    let private baselineMean (column: Metric) (row: ResultRow) (cell: ResultCell) =
        let unit =
            if column.Unit.Symbol = "" then
                ""
            else
                $" {column.Unit.Symbol}"

        match cell.Summary with
        | None -> $"{row.Arm}: {ArmMarks.reason row}"
        | Some summary ->
            let interval =
                match summary.Interval with
                | Some interval -> $" [{Metric.format column interval.Low}, {Metric.format column interval.High}]"
                | None -> ""

            let missing =
                row.Unfinished
                |> Option.map (fun words -> $" ({words})")
                |> Option.defaultValue ""

            $"{row.Arm}: {Metric.format column summary.Mean}{interval}{unit}, n = {summary.N}{missing}"

    /// A row an arm, the best on top, with the line of no difference. Significant differences are in the accent colour and filled, the others grey and
    /// hollow: under `SampleStats.fewestSeeds` pairs all of them. Arms without a pair follow, each with the reason; rows of which some seeds are
    /// missing say so at their ends. Differences of fractions are in percentage points; the baseline's own mean stands below the axis. Raises `ArgumentException` for a table
    /// without a baseline or without the metric.
    let panel (title: string) (column: Metric) (table: ResultTable) : Panel =
        let cells = ResultTable.cells column table

        let baseline =
            match table.Baseline with
            | Some baseline -> baseline
            | None -> raise (ArgumentException $"A forest of '{column.Key}' needs a baseline; name one in the sweep.")

        let paired =
            cells
            |> List.choose (fun (row, cell) -> cell.Difference |> Option.map (fun difference -> row, difference))
            |> List.sortBy (fun (_, difference) ->
                if column.Better = Better.Lower then
                    difference.Mean
                else
                    -difference.Mean)

        let usual =
            match paired |> List.countBy (fun (_, difference) -> difference.N) with
            | [] -> 0
            | counts -> counts |> List.maxBy snd |> fst

        let spans =
            paired
            |> List.map (fun (row, difference) -> {
                Span.Category = row.Arm
                Value = column.Shown difference.Mean
                Interval = ResultTable.band column difference.Interval
                Significant = difference.Significance.IsSignificant
                Remark =
                    [
                        // What is missing says how many there are, but for seeds that the baseline lacks.
                        if difference.N <> usual && (row.Unfinished.IsNone || difference.N <> row.Seeds) then
                            $"n = {difference.N}"
                        yield! Option.toList row.Unfinished
                    ]
                    |> String.concat ", "
            })

        let vacant =
            cells
            |> List.filter (fun (row, cell) -> not row.IsBaseline && cell.Difference.IsNone)
            |> List.map (fun (row, cell) -> row.Arm, reason baseline row cell)

        let own, ownCell = cells |> List.find (fun (row, _) -> row.IsBaseline)

        let direction =
            if column.Better = Better.Lower then
                "; less is better"
            else
                ""

        let x =
            PlotAxis.create $"{column.Title}, difference to {baseline}" column.Unit.DifferenceSymbol
            |> PlotAxis.remark (baselineMean column own ownCell + direction)

        Figure.panel title (if spans.IsEmpty then PlotAxis.limits -1.0 1.0 x else x) (PlotAxis.create "arm" "") [
            Layer.Spans spans
            Layer.Vacant vacant
            Layer.Upright 0.0
        ]
