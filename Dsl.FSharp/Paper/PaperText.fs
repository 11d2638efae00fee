namespace Research.Papers

open System
open System.Globalization
open Research.Language
open Research.Stats

/// The contents of a paper comparison's cells, before formatting.
module internal PaperText =
    let private number (decimals: int) (value: float) =
        value.ToString("F" + string decimals, CultureInfo.InvariantCulture).Replace('-', '−')

    /// The paper's own figure; recalled ones are not printed as such.
    let published (column: PaperColumn) (cell: PaperCell) =
        match cell.Published with
        | Some figure when figure.Mark = PaperMark.Published -> number column.Decimals figure.Value
        | _ -> "–"

    /// Ours with half its interval and the outcome.
    let ours (column: PaperColumn) (cell: PaperCell) =
        match cell.Ours with
        | None -> cell.Status.Title
        | Some summary ->
            let half =
                match summary.Interval with
                | Some interval -> $" ± {number column.Decimals interval.HalfWidth}"
                | None -> ""

            let status =
                if cell.Status = PaperStatus.NoFigure then
                    ""
                else
                    $" ({cell.Status.Title})"

            number column.Decimals summary.Mean + half + status

    let rowTitle (row: PaperRow) = $"{row.Title} {row.Mark.Label}"

    let columnTitle (column: PaperColumn) =
        if column.Unit = "" then
            column.Title
        else
            $"{column.Title} ({column.Unit})"

    let header (table: PaperTable) =
        "row"
        :: (table.Columns
            |> List.collect (fun column -> [ $"{columnTitle column}, paper"; "ours" ]))

    let cells (comparison: PaperComparison) (row: PaperRow, cells: PaperCell list) =
        rowTitle row
        :: (List.map2 (fun column cell -> [ published column cell; ours column cell ]) comparison.Table.Columns cells
            |> List.concat)

    let private signed decimals (value: float) =
        let text = number decimals value
        if value > 0.0 then "+" + text else text

    /// One line per claim: the paper's statement, our difference and the verdict.
    let claim (table: PaperTable) (verdict: PaperVerdict) =
        let column =
            table.Columns |> List.find (fun column -> column.Title = verdict.Claim.Column)

        let unit =
            match column.Unit with
            | "%" -> " points"
            | "" -> ""
            | unit -> $" {unit}"

        let found =
            match verdict.Difference with
            | None -> ""
            | Some difference ->
                let half =
                    match difference.Interval with
                    | Some interval -> $" ± {number column.Decimals interval.HalfWidth}"
                    | None -> ""

                let p =
                    match difference.Significance with
                    | Significance.TooFewSeeds _ -> $"; under {SampleStats.fewestSeeds} seeds nothing is claimed"
                    | Significance.Significant p
                    | Significance.NotSignificant p -> $"""; p = {p.ToString("0.####", CultureInfo.InvariantCulture)}"""

                $": {signed column.Decimals difference.Mean}{half}{unit} over {difference.N} seeds{p}"

        $"{verdict.Claim.Mark.Label} {verdict.Claim.Text} ({verdict.Claim.Row} against {verdict.Claim.Than} in {verdict.Claim.Column}): {verdict.Status.Title}{found}."

    /// How to read the table, and what is only recalled.
    let notes (comparison: PaperComparison) = [
        let table = comparison.Table

        let recalled = [
            for row in table.Rows do
                for column, figure in List.zip table.Columns row.Figures do
                    match figure with
                    | Some { Value = value; Mark = mark } when mark <> PaperMark.Published ->
                        $"{row.Title}, {column.Title}: {number column.Decimals value} {mark.Label}"
                    | _ -> ()
        ]

        $"Paper: {table.Paper}. [P] is the paper's own, [R] recalled and not read again, [O] our choice; only [P] appears in the paper's columns."

        if
            comparison.Rows
            |> List.exists (fun (_, cells) -> cells |> List.exists _.Ours.IsSome)
        then
            let level =
                (100.0 * comparison.Options.Level).ToString("0.##", CultureInfo.InvariantCulture)

            $"Ours: mean over the seeds ± half the width of the {level} %% {comparison.Options.Interval.Title}."

        match table.NotComparable with
        | Some reason -> $"Figures are not comparable: {reason}."
        | None -> "A figure is reproduced when our interval contains it, as rounded in the paper; otherwise it differs."

        if not table.Claims.IsEmpty then
            $"A claim is reproduced when our difference is significant in its direction (two-sided {comparison.Options.Test.Title}, Holm-corrected over the claims), and undecided when it is not significant."

        if not recalled.IsEmpty then
            let list = String.Join("; ", recalled)
            $"Recalled or chosen, not the paper's: {list}."

        yield! table.Notes
    ]
