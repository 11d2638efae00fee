namespace Research.Tables

open System
open System.Globalization
open Research
open Research.Language
open Research.Evaluation
open Research.Runs
open Research.Tables.TableEntry
open Research.Stats

module internal TableCsv =
    let private csvNumber (value: float) =
        value.ToString("R", CultureInfo.InvariantCulture)

    let private csvOption (value: float option) =
        match value with
        | Some value -> csvNumber value
        | None -> ""

    let private csvLines (lines: string list list) =
        let render (fields: string list) =
            String.Join(",", fields |> List.map Research.Printing.CsvCell.Of) + "\n"

        lines |> List.map render |> String.concat ""

    let private axisNames (axes: (string * string) list seq) =
        axes |> Seq.collect (List.map fst) |> Seq.distinct |> List.ofSeq

    let private axisValue (axes: (string * string) list) name =
        axes
        |> List.tryFind (fst >> (=) name)
        |> Option.map snd
        |> Option.defaultValue ""

    let private differenceNames = [
        "difference"
        "difference_ci_low"
        "difference_ci_high"
        "p"
        "p_holm"
        "g_z"
        "g_z_ci_low"
        "g_z_ci_high"
        "g"
        "g_ci_low"
        "g_ci_high"
    ]

    /// One line per arm, for programs: unrounded, fractions as fractions. For each metric its `n`, `mean`, `sd`, `ci_low` and `ci_high`, and
    /// with a baseline `difference`, `difference_ci_low`, `difference_ci_high`, `p` and `p_holm` (empty under 5 seeds), `g_z`, `g_z_ci_low` and
    /// `g_z_ci_high` (Hedges' g of the paired differences), and `g`, `g_ci_low` and `g_ci_high` (his g over all seeds of both, where they are not the
    /// same seeds), each behind `<metric>.`.
    let writeArms (table: ResultTable) =
        let axes = axisNames (table.Rows |> Seq.map _.Axes)

        let columnNames (column: Metric) = [
            for name in [ "n"; "mean"; "sd"; "ci_low"; "ci_high" ] do
                $"{column.Key}.{name}"

            if hasDifferences table column then
                for name in differenceNames do
                    $"{column.Key}.{name}"
        ]

        let cellFields (column: Metric) (cell: ResultCell) = [
            let summary = cell.Summary
            string cell.Values.Length
            csvOption (summary |> Option.map _.Mean)
            csvOption (summary |> Option.bind _.Sd)
            csvOption (summary |> Option.bind _.Interval |> Option.map _.Low)
            csvOption (summary |> Option.bind _.Interval |> Option.map _.High)

            if hasDifferences table column then
                let difference = cell.Difference
                csvOption (difference |> Option.map _.Mean)
                csvOption (difference |> Option.bind _.Interval |> Option.map _.Low)
                csvOption (difference |> Option.bind _.Interval |> Option.map _.High)

                csvOption (difference |> Option.bind _.P)

                match difference |> Option.map _.Significance with
                | Some(Significance.Significant p | Significance.NotSignificant p) -> csvNumber p
                | Some(Significance.TooFewSeeds _)
                | None -> ""

                let effect = difference |> Option.bind _.Effect
                csvOption (effect |> Option.map _.Gz)
                csvOption (effect |> Option.map _.Interval.Low)
                csvOption (effect |> Option.map _.Interval.High)

                csvOption (cell.Unpaired |> Option.map _.G)
                csvOption (cell.Unpaired |> Option.map _.Interval.Low)
                csvOption (cell.Unpaired |> Option.map _.Interval.High)
        ]

        csvLines [
            "arm" :: (axes |> List.map (fun name -> "axis." + name))
            @ [ "baseline"; "seeds" ]
            @ (table.Columns |> List.collect columnNames)

            for row in table.Rows do
                row.Arm :: (axes |> List.map (axisValue row.Axes))
                @ [ (if row.IsBaseline then "true" else "false"); string row.Seeds ]
                @ (List.map2 cellFields table.Columns row.Cells |> List.concat)
        ]

    /// One line per run with all its final metrics, for programs.
    let writeRuns (runs: RunRecord list) =
        let axes = axisNames (runs |> Seq.map _.Axes)

        let metrics =
            runs
            |> Seq.collect (fun run -> run.Metrics.Keys)
            |> Seq.except (TrainingMetrics.costs |> List.map _.Key) // they have their own columns
            |> Seq.distinct
            |> Seq.sort
            |> List.ofSeq

        csvLines [
            "arm" :: (axes |> List.map (fun name -> "axis." + name))
            @ [ "seed"; "state"; "steps"; "seconds"; "hash" ]
            @ metrics

            for run in runs do
                run.Arm :: (axes |> List.map (axisValue run.Axes))
                @ [
                    string run.Seed
                    string run.State
                    string run.Steps
                    csvNumber run.Seconds
                    run.Hash
                ]
                @ (metrics |> List.map (fun key -> csvOption (run.Metrics.TryFind key)))
        ]

    /// One line per finished run, split and task, in CLIP_benchmark's columns.
    let writeBenchmark (names: RunRecord -> TableBenchmark.Names) (runs: RunRecord list) =
        csvLines [
            TableBenchmark.header
            for run in runs do
                if run.State = RunStatus.Done then
                    yield! TableBenchmark.lines csvNumber (names run) run
        ]
