namespace Research.Plots

open System
open Research
open Research.Language
open Research.Evaluation
open Research.Stats
open Research.Tables

/// Arms side by side, seed by seed.
[<RequireQualifiedAccess>]
module PairedPlot =
    /// Every seed as a line through its values in the arms, the baseline first, with the arms' means as bars. Variation common to the seeds shows as
    /// parallel lines.
    let seeds (title: string) (column: Metric) (table: ResultTable) : Panel =
        let ordered =
            ResultTable.cells column table
            |> List.filter (fun (_, cell) -> not cell.Values.IsEmpty)
            |> List.sortBy (fun (row, _) -> if row.IsBaseline then 0 else 1)

        let dots =
            ordered
            |> List.collect (fun (row, cell) ->
                cell.Values
                |> List.map (fun (seed, value) ->
                    seed,
                    {
                        Dot.Category = row.Arm
                        Value = column.Shown value
                        Label = $"seed {seed}"
                    }))

        let links =
            dots
            |> List.groupBy fst
            |> List.map (fun (seed, own) -> $"seed {seed}", List.map snd own)

        let means =
            ordered
            |> List.choose (fun (row, cell) ->
                cell.Summary
                |> Option.map (fun summary -> {
                    Bar.Category = row.Arm
                    Value = column.Shown summary.Mean
                    Interval = None
                }))

        Figure.panel title (PlotAxis.create "arm" "") (PlotAxis.ofMetric column) [
            Layer.Means means
            Layer.Links links
            Layer.Dots(List.map snd dots)
        ]
