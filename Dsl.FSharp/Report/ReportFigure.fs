namespace Research.Reports

open System
open Research
open Research.Language
open Research.Evaluation
open Research.Runs
open Research.Stats
open Research.Tables
open Research.Plots

/// The figure of a study: a panel for each of its items that has one.
module internal ReportFigure =
    /// The table behind panels that compare arms in one metric. Where claims are corrected over the whole table, its other metrics count too.
    let private tableOf (study: Study) (baseline: string option) (arms: string list) (runs: RunRecord list) metric =
        let metrics =
            match study.Family with
            | Family.Metric -> [ metric ]
            | Family.Table -> List.distinct (metric :: ReportItem.tableMetrics study.Items)

        ResultTable.ofRuns
            {
                Columns = metrics
                Baseline = baseline
                Arms = arms
                Comparison = study.Comparison
                Family = study.Family
            }
            runs

    /// A panel, and for a forest what it compares.
    type private Drawn = {
        Panel: Panel
        Forest: (Metric * ResultTable) option
    }

    let private plain panel = { Panel = panel; Forest = None }

    let private isDone (run: RunRecord) = run.State = RunStatus.Done

    /// `runs` are all runs: every panel says what has not been finished.
    let rec private panels (study: Study) (baseline: string option) (arms: string list) (runs: RunRecord list) item =
        let table = tableOf study baseline arms runs

        match item with
        | ReportItem.MetricTable _
        | ReportItem.ShotTable _
        | ReportItem.Chart _
        | ReportItem.Paper _ -> []
        | ReportItem.Bars metric -> [ plain (Plot.arms metric.Title metric (table metric)) ]
        | ReportItem.Forest metric ->
            let table = table metric

            [
                {
                    Panel = ForestPlot.panel metric.Title metric table
                    Forest = Some(metric, table)
                }
            ]
        | ReportItem.Curves metric -> [ plain (Plot.learningCurves metric.Title metric runs) ]
        | ReportItem.Line(metric, axis) -> [ plain (AxisPlot.line study.Comparison metric.Title metric axis runs) ]
        | ReportItem.HeatMap(metric, x, y) -> [ plain (AxisPlot.heatMap study.Comparison metric.Title metric x y runs) ]
        | ReportItem.Scatter(x, y) -> [
            plain (ScatterPlot.fitted study.Comparison.Level $"{y.Title} against {x.Title}" x y runs)
          ]
        | ReportItem.ParetoFront(x, y) -> [ plain (ScatterPlot.pareto $"{y.Title} against {x.Title}" x y runs) ]
        | ReportItem.ShotCurve classes ->
            let own = runs |> List.groupBy _.Arm |> List.filter (snd >> List.exists isDone)

            own
            |> List.map (fun (arm, own) ->
                let title =
                    if arms.Length = 1 then
                        (FewShotEvaluation.zeroShot classes).Title.Replace("0-shot", "few-shot")
                    else
                        arm

                ShotPlot.curve study.Comparison title classes own)
            |> Multiples.shared
            |> List.map plain
        | ReportItem.Paired metric -> [
            plain (PairedPlot.seeds $"{metric.Title}, seed by seed" metric (table metric))
          ]
        | ReportItem.SmallMultiples(axis, item) ->
            let drawn =
                Multiples.split axis runs
                |> List.filter (snd >> List.exists isDone)
                |> List.collect (fun (label, own) ->
                    let arms = own |> List.map _.Arm |> List.distinct

                    let baseline =
                        baseline
                        |> Option.bind (fun name ->
                            // The baseline's own name holds its value on the axis that the panels part.
                            own
                            |> List.tryFind (fun run ->
                                runs
                                |> List.exists (fun whole ->
                                    whole.Arm = name
                                    && whole.Seed = run.Seed
                                    && AxisPlot.labelOn axis whole = Some label
                                    && run.Axes = List.filter (fst >> (<>) axis) whole.Axes))
                            |> Option.map _.Arm)

                    if ReportItem.needsBaseline item && baseline.IsNone then
                        []
                    else
                        panels study baseline arms own item
                        |> List.map (fun drawn -> {
                            drawn with
                                Panel = {
                                    drawn.Panel with
                                        Title = $"{axis}: {label}"
                                }
                        }))

            List.map2
                (fun drawn panel -> { drawn with Panel = panel })
                drawn
                (Multiples.shared (drawn |> List.map _.Panel))

    let private seedsOf (runs: RunRecord list) =
        let counts = runs |> List.countBy _.Arm |> List.map snd

        match List.min counts, List.max counts with
        | 1, 1 -> "one seed an arm"
        | low, high when low = high -> $"{low} seeds an arm"
        | low, high -> $"{low} to {high} seeds an arm"

    /// The values of an axis that has a panel each but for those without a finished run.
    let private undrawn (items: ReportItem list) (runs: RunRecord list) =
        items
        |> List.collect (fun item ->
            match item with
            | ReportItem.SmallMultiples(axis, _) ->
                Multiples.split axis runs
                |> List.filter (snd >> List.forall (isDone >> not))
                |> List.map (fun (label, own) ->
                    $"{axis} {label}", Unfinished.words own |> Option.defaultValue "not finished")
            | _ -> [])
        |> List.distinct

    let rec private innermost item =
        match item with
        | ReportItem.SmallMultiples(_, item) -> innermost item
        | item -> item

    /// What the marks of the panels mean.
    let private note (study: Study) (items: ReportItem list) (all: RunRecord list) (drawn: Drawn list) =
        let runs = all |> List.filter isDone
        let undrawn = undrawn items all
        let items = items |> List.map innermost

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
            match drawn |> List.choose _.Forest with
            | [] -> ()
            | forests -> ForestPlot.note forests
            if several && items |> List.exists _.IsLine then
                $"Bands over an axis: {interval} of the mean."
            if several && items |> List.exists _.IsShotCurve then
                $"Bands over shots: {interval} of the mean over seeds."
            if several && items |> List.exists _.IsCurves then
                "Bands over training: lowest to highest seed."
            if several && items |> List.exists _.IsHeatMap then
                $"Cells: mean over the seeds ± half the {interval}."
            if items |> List.exists _.IsScatter then
                "Dashed: least-squares line over all runs with its interval; runs of one arm differ by the seed only."
            if items |> List.exists _.IsParetoFront then
                "Filled: no other arm is better in both metrics."
            if not undrawn.IsEmpty then
                $"Without a panel, {Unfinished.line undrawn}."
        ]
        |> String.concat " "

    /// None when no item has a panel. `runs` are all runs, of which one is finished at least.
    let make (study: Study) (plan: SweepPlan) (runs: RunRecord list) : Figure option =
        let items = ReportItem.withDefault plan.Baseline study.Items
        let finished = runs |> List.filter isDone

        match items |> List.collect (panels study plan.Baseline plan.Arms runs) with
        | [] -> None
        | drawn ->
            Figure.create study.Title (drawn |> List.map _.Panel)
            |> Figure.subtitle (seedsOf finished)
            |> Figure.note (note study items runs drawn)
            |> Some
