namespace Research.Papers

open System
open Research
open Research.Language
open Research.Evaluation
open Research.Runs
open Research.Stats

/// A paper's figure and ours.
type PaperCell = {
    Published: PaperFigure option
    /// In the paper's unit; None when no finished run has it.
    Ours: Summary option
    Status: PaperStatus
}

/// A paper's claim and our difference.
type PaperVerdict = {
    Claim: PaperClaim
    /// In the paper's unit.
    Difference: PairedDifference option
    Status: PaperStatus
}

/// A paper's table next to our runs.
type PaperComparison = {
    Table: PaperTable
    /// The table's rows, with one cell per column.
    Rows: (PaperRow * PaperCell list) list
    Verdicts: PaperVerdict list
    Options: ComparisonOptions
}

[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module PaperComparison =
    /// The values of an arm in a metric by seed, in the unit of the paper's column.
    let private valuesOf (runs: RunRecord list) (row: PaperRow) (column: PaperColumn) =
        match row.Arm, column.Metric with
        | Some arm, Some metric ->
            runs
            |> List.filter (fun run -> run.State = RunStatus.Done && run.Arm = arm)
            |> List.choose (fun run ->
                run.Metrics.TryFind metric.Key
                |> Option.filter Double.IsFinite
                |> Option.map (fun value -> run.Seed, metric.Shown value))
            |> List.sortBy fst
        | _ -> []

    /// Whether ours agrees with a published figure, which is known to half a unit of its last digit.
    let private agrees (table: PaperTable) (column: PaperColumn) (published: float) (ours: Summary) =
        let rounding = 0.5 * 10.0 ** float -column.Decimals

        match ours.Interval with
        | Some interval -> interval.Low - rounding <= published && published <= interval.High + rounding
        | None -> abs (ours.Mean - published) <= table.Tolerance + rounding

    let private cell options (table: PaperTable) runs row column (figure: PaperFigure option) : PaperCell =
        let ours =
            match valuesOf runs row column with
            | [] -> None
            | values -> Some(Comparison.summary options (values |> List.map snd |> Array.ofList))

        {
            Published = figure
            Ours = ours
            Status =
                match figure, ours, table.NotComparable with
                | _, None, _ -> PaperStatus.NotRun
                | None, Some _, _ -> PaperStatus.NoFigure
                | Some { Mark = PaperMark.Recalled }, Some _, _
                | Some { Mark = PaperMark.Ours }, Some _, _ -> PaperStatus.NoFigure
                | Some _, Some _, Some _ -> PaperStatus.NotComparable
                | Some figure, Some ours, None ->
                    if agrees table column figure.Value ours then
                        PaperStatus.Reproduced
                    else
                        PaperStatus.Differs
        }

    let private differenceOf options (table: PaperTable) runs (claim: PaperClaim) =
        let row title =
            table.Rows |> List.find (fun row -> row.Title = title)

        let column = table.Columns |> List.find (fun column -> column.Title = claim.Column)

        Comparison.bySeed options (valuesOf runs (row claim.Than) column) (valuesOf runs (row claim.Row) column)

    let private verdict (table: PaperTable) (claim: PaperClaim) (difference: PairedDifference option) =
        let better =
            (table.Columns |> List.find (fun column -> column.Title = claim.Column)).Better

        match difference with
        | None -> PaperStatus.NotRun
        | Some difference when not difference.Significance.IsSignificant -> PaperStatus.Undecided
        | Some difference ->
            if (difference.Mean > 0.0) = (better <> Better.Lower) then
                PaperStatus.Reproduced
            else
                PaperStatus.Differs

    /// Compares the table with the finished runs. Claims are tested as one family (Holm) with the options' test, from `SampleStats.fewestSeeds` on.
    /// Raises `ArgumentException` when the table's own data is wrong.
    let ofRuns (options: ComparisonOptions) (table: PaperTable) (runs: RunRecord list) : PaperComparison =
        match PaperTable.problems table with
        | [] -> ()
        | problems -> raise (ArgumentException(String.Join("; ", problems)))

        let differences = table.Claims |> List.map (differenceOf options table runs)

        let corrected = Comparison.corrected options (List.choose id differences)

        let rec spread differences (corrected: PairedDifference list) =
            match differences, corrected with
            | [], _ -> []
            | Some _ :: rest, own :: others -> Some own :: spread rest others
            | _ :: rest, others -> None :: spread rest others

        {
            Table = table
            Rows =
                table.Rows
                |> List.map (fun row -> row, List.map2 (cell options table runs row) table.Columns row.Figures)
            Verdicts =
                List.map2
                    (fun claim difference -> {
                        Claim = claim
                        Difference = difference
                        Status = verdict table claim difference
                    })
                    table.Claims
                    (spread differences corrected)
            Options = options
        }
