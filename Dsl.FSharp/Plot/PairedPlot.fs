namespace Research

open System

/// Arms against their baseline, seed by seed.
[<RequireQualifiedAccess>]
module PairedPlot =
    let private cells (column: MetricColumn) (table: ResultTable) =
        match table.Columns |> List.tryFindIndex (fun own -> own.Key = column.Key) with
        | Some index -> table.Rows |> List.map (fun row -> row, row.Cells[index])
        | None ->
            let known = String.Join(", ", table.Columns |> List.map _.Key)
            raise (ArgumentException $"The table has no column '{column.Key}'; its columns are {known}.")

    /// Every seed as a line through its values in the arms, the baseline first, with the arms' means as bars. What the seeds share shows as lines
    /// that run side by side.
    let seeds (title: string) (column: MetricColumn) (table: ResultTable) : Panel =
        let ordered =
            cells column table
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

        Figure.panel title (PlotAxis.create "arm" "") (PlotAxis.ofColumn column) [
            Layer.Means means
            Layer.Links links
            Layer.Dots(List.map snd dots)
        ]

    /// The paired difference of every arm to the baseline with its interval; filled where it is significant. Raises `ArgumentException` for a
    /// table without a baseline, or without a pair.
    let differences (title: string) (column: MetricColumn) (table: ResultTable) : Panel =
        let baseline =
            match table.Baseline with
            | Some baseline -> baseline
            | None -> raise (ArgumentException $"Differences in '{column.Key}' need a baseline; name one in the sweep.")

        let spans =
            cells column table
            |> List.choose (fun (row, cell) ->
                cell.Difference
                |> Option.map (fun difference -> {
                    Span.Category = row.Arm
                    Value = column.Shown difference.Mean
                    Interval =
                        difference.Interval
                        |> Option.map (fun interval -> column.Shown interval.Low, column.Shown interval.High)
                    Filled = difference.Significance.IsSignificant
                }))

        let unit =
            if column.Scale = MetricScale.Percent then
                "points"
            else
                column.Unit

        if spans.IsEmpty then
            raise (ArgumentException $"No arm shares a seed with the baseline '{baseline}' in '{column.Key}'.")

        Figure.panel title (PlotAxis.create $"{column.Title}, difference to {baseline}" unit) (PlotAxis.create "arm" "") [
            Layer.Spans spans
            Layer.Upright 0.0
        ]
