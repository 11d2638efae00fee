namespace Research.Reports

open System
open System.IO
open Research.Language
open Research.Evaluation
open Research.Runs
open Research.Stats
open Research.Tables

/// results/SWEEP/README.md, the page that is committed: what was asked, figure, table, verdicts, cost, engine, commit.
[<RequireQualifiedAccess>]
module SweepPage =
    let private text (words: string) = TableMarkdown.text words

    /// A line for each difference that the table calls significant.
    let private verdicts (table: ResultTable) = [
        for row in table.Rows do
            for column, cell in List.zip table.Columns row.Cells do
                match cell.Difference with
                | Some difference when difference.Significance.IsSignificant ->
                    let half =
                        difference.Interval
                        |> Option.map (fun interval -> Metric.format column interval.HalfWidth)

                    let change = TableEntry.plusMinus (Metric.formatSigned column difference.Mean) half

                    $"* {text row.Arm}, {text (Metric.heading column)}: {change} {column.Unit.DifferenceSymbol} against {text (defaultArg table.Baseline String.Empty)}, significant"
                | _ -> ()
    ]

    let private counted (items: string option list) =
        items
        |> List.map (Option.defaultValue "unknown")
        |> List.countBy id
        |> List.map (fun (item, count) -> $"{text item} ({count})")
        |> Words.list

    let private cost (rows: RunRow list) =
        let hours = (rows |> List.sumBy _.Seconds) / 3600.0

        let commit (row: RunRow) =
            row.Origin.Commit
            |> Option.map (fun commit ->
                let short = commit.Substring(0, min 10 commit.Length)

                if row.Origin.Dirty = Some true then
                    short + " with changes"
                else
                    short)

        let hoursText = hours.ToString("0.0", Globalization.CultureInfo.InvariantCulture)

        [
            $"* runs: {rows.Length}, {hoursText} hours of training and evaluation in all"
            $"* engine: {counted (rows |> List.map _.Origin.Engine)}"
            $"* machine: {counted (rows |> List.map _.Origin.Machine)}"
            $"* commit: {counted (rows |> List.map commit)}"
        ]

    let private page (study: Study) (hasFigure: bool) (table: ResultTable option) (rows: RunRow list) =
        let title = if study.Title = "" then study.Sweep.Name else study.Title

        [
            $"# {text title}"
            ""
            $"Made by `{study.Sweep.Name}`: {study.Sweep.Seeds.Length} seeds of {(Sweep.arms study.Sweep).Length} arms. `runs.jsonl` has every run, `curves.csv` its training."
            if hasFigure then
                ""
                $"![{text title}](figure.svg)"
            match table with
            | Some table ->
                ""
                TableMarkdown.write table

                if table.Baseline.IsSome then
                    "## Verdicts"
                    ""

                    match verdicts table with
                    | [] -> "No difference is called significant."
                    | lines -> yield! lines
            | None -> ()
            ""
            "## Cost and origin"
            ""
            yield! cost rows
            ""
        ]
        |> String.concat "\n"

    /// Writes the page into the sweep's folder, whose runs.jsonl stands, and returns its path.
    let write (folder: string) (study: Study) (table: ResultTable option) : string =
        let rows, _ = RunRow.read (SweepFolder.rows folder)
        let path = Path.Combine(folder, "README.md")
        AtomicFile.write path (page study (File.Exists(Path.Combine(folder, "figure.svg"))) table rows)
        path
