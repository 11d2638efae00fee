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
    /// `seeds 5`
    let seeds (title: string) (column: Metric) (table: ResultTable) : Panel =
        let rows = ResultTable.cells column table

        let ordered =
            rows
            |> List.filter (fun (_, cell) -> not cell.Values.IsEmpty)
            |> List.sortBy (fun (row, _) -> if row.IsBaseline then 0 else 1)

        let links =
            ordered
            |> List.collect (fun (row, cell) -> List.zip (List.map fst cell.Values) (ArmMarks.dots column (row, cell)))
            |> List.groupBy fst
            |> List.map (fun (seed, own) -> $"seed {seed}", List.map snd own)

        let means =
            ordered
            |> List.choose (ArmMarks.mean column)
            |> List.map (fun mean -> { mean with Interval = None })

        Figure.panel title (ArmMarks.axis rows) (PlotAxis.ofMetric column) [
            Layer.Means means
            Layer.Links links
            Layer.Dots(ordered |> List.collect (ArmMarks.dots column))
            yield! ArmMarks.gaps rows
        ]
