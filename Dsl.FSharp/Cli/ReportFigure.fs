namespace Research

open System

/// The figure of a study: a panel for each of its items that has one.
module internal ReportFigure =
    let private column metric = MetricColumn.ofKey metric

    /// The table behind panels that compare arms in one metric.
    let private tableOf (study: Study) (baseline: string option) (arms: string list) (runs: RunRecord list) metric =
        ResultTable.ofRuns
            {
                Columns = [ column metric ]
                Baseline = baseline
                Arms = arms
                Comparison = study.Comparison
                Family = study.Family
            }
            runs

    let rec private panels (study: Study) (baseline: string option) (arms: string list) (runs: RunRecord list) item =
        let table = tableOf study baseline arms runs

        match item with
        | ReportItem.MetricTable _
        | ReportItem.Paper _ -> []
        | ReportItem.Bars metric ->
            let column = column metric
            [ Plot.arms column.Title column (table metric) ]
        | ReportItem.Curves metric ->
            let column = column metric
            [ Plot.learningCurves column.Title column runs ]
        | ReportItem.Line(metric, axis) ->
            let column = column metric
            [ AxisPlot.line study.Comparison column.Title column axis runs ]
        | ReportItem.HeatMap(metric, x, y) ->
            let column = column metric
            [ AxisPlot.heatMap study.Comparison column.Title column x y runs ]
        | ReportItem.Scatter(x, y) ->
            let x, y = column x, column y

            [
                ScatterPlot.fitted study.Comparison.Level $"{y.Title} against {x.Title}" x y runs
            ]
        | ReportItem.ParetoFront(x, y) ->
            let x, y = column x, column y
            [ ScatterPlot.pareto $"{y.Title} against {x.Title}" x y runs ]
        | ReportItem.Paired metric ->
            let column = column metric
            [ PairedPlot.seeds $"{column.Title}, seed by seed" column (table metric) ]
        | ReportItem.Differences metric ->
            let column = column metric
            [ PairedPlot.differences column.Title column (table metric) ]
        | ReportItem.SmallMultiples(axis, item) ->
            Multiples.split axis runs
            |> List.collect (fun (label, own) ->
                let arms = own |> List.map _.Arm |> List.distinct

                let baseline =
                    baseline
                    |> Option.bind (fun name ->
                        // The baseline's own name holds its value on the axis that the panels part.
                        own
                        |> List.tryFind (fun run ->
                            runs |> List.exists (fun whole -> whole.Folder = run.Folder && whole.Arm = name))
                        |> Option.map _.Arm)

                if ReportItem.needsBaseline item && baseline.IsNone then
                    []
                else
                    panels study baseline arms own item
                    |> List.map (fun panel -> {
                        panel with
                            Title = $"{axis}: {label}"
                    }))
            |> Multiples.shared

    let private seedsOf (runs: RunRecord list) =
        let counts = runs |> List.countBy _.Arm |> List.map snd

        match List.min counts, List.max counts with
        | 1, 1 -> "one seed an arm"
        | low, high when low = high -> $"{low} seeds an arm"
        | low, high -> $"{low} to {high} seeds an arm"

    let rec private innermost item =
        match item with
        | ReportItem.SmallMultiples(_, item) -> innermost item
        | item -> item

    /// What the marks of the panels mean.
    let private note (study: Study) (runs: RunRecord list) =
        let items = study.Items |> List.map innermost

        let interval =
            let level =
                (100.0 * study.Comparison.Level).ToString("0.##", Globalization.CultureInfo.InvariantCulture)

            $"{level} %% {study.Comparison.Interval.Title}"

        let several =
            runs |> List.countBy _.Arm |> List.exists (fun (_, count) -> count > 1)

        [
            if items |> List.exists _.IsBars then
                if several then
                    $"Dots: seeds. Error bars: {interval} of the mean."
                else
                    "Dots: seeds."
            if items |> List.exists _.IsPaired then
                "Grey lines join the values of one seed; thick marks are means."
            if items |> List.exists _.IsDifferences then
                $"Differences are paired by seed, with their {interval}; filled where significant ({study.Comparison.Test.Title}, Holm-corrected)."
            if several && items |> List.exists _.IsLine then
                $"Bands over an axis: {interval} of the mean."
            if several && items |> List.exists _.IsCurves then
                "Bands over training: lowest to highest seed."
            if several && items |> List.exists _.IsHeatMap then
                $"Cells: mean over the seeds ± half the {interval}."
            if items |> List.exists _.IsScatter then
                "Dashed: least-squares line over all runs with its interval; runs of one arm differ by the seed only."
            if items |> List.exists _.IsParetoFront then
                "Filled: no other arm is better in both metrics."
        ]
        |> String.concat " "

    /// None when no item has a panel. `runs` are finished.
    let make (study: Study) (plan: SweepPlan) (runs: RunRecord list) : Figure option =
        match study.Items |> List.collect (panels study plan.Baseline plan.Arms runs) with
        | [] -> None
        | panels ->
            Figure.create study.Title panels
            |> Figure.subtitle (seedsOf runs)
            |> Figure.note (note study runs)
            |> Some
