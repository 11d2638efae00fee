namespace Research

open System
open System.IO

/// A part of what a study shows at its end.
type ReportItem =
    /// Arms against metrics: in the terminal, table.md, table.csv and table.tex.
    | MetricTable of metrics: string list
    /// A panel of figure.html: arms side by side in one metric.
    | Bars of metric: string
    /// A panel of figure.html: a metric over training, a line an arm.
    | Curves of metric: string

/// A sweep and what is shown of it.
type Study = {
    Sweep: Sweep
    Title: string
    Items: ReportItem list
}

/// Tables and figures of a study, from its finished runs.
[<RequireQualifiedAccess>]
module Report =
    let private columnOf metric = MetricColumn.ofKey metric

    let private tableOf (plan: SweepPlan) (runs: RunRecord list) metrics =
        ResultTable.ofRuns
            {
                ResultTable.request (List.map columnOf metrics) with
                    Baseline = plan.Baseline
                    Arms = plan.Arms
            }
            runs

    /// The metrics that a figure or a table of the study needs.
    let private metrics (items: ReportItem list) =
        items
        |> List.collect (fun item ->
            match item with
            | MetricTable metrics -> metrics
            | Bars metric -> [ metric ]
            | Curves _ -> [])
        |> List.distinct

    /// The metrics that the items show, for a check before anything is trained.
    let metricsUsed (items: ReportItem list) : string list =
        items
        |> List.collect (fun item ->
            match item with
            | MetricTable metrics -> metrics
            | Bars metric
            | Curves metric -> [ metric ])
        |> List.distinct

    let private panel (table: ResultTable) (runs: RunRecord list) item =
        match item with
        | MetricTable _ -> None
        | Bars metric ->
            let column = columnOf metric
            Some(Plot.arms column.Title column table)
        | Curves metric ->
            let column = columnOf metric
            Some(Plot.learningCurves column.Title column runs)

    let private seedsOf (runs: RunRecord list) =
        let counts = runs |> List.countBy _.Arm |> List.map snd

        match List.min counts, List.max counts with
        | 1, 1 -> "one seed an arm"
        | low, high when low = high -> $"{low} seeds an arm"
        | low, high -> $"{low} to {high} seeds an arm"

    let private figureOf (study: Study) (table: ResultTable) (runs: RunRecord list) =
        match study.Items |> List.choose (panel table runs) with
        | [] -> None
        | panels ->
            Figure.create study.Title panels
            |> Figure.subtitle (seedsOf runs)
            |> Figure.note "Dots: seeds. Error bars: 95 % t interval of the mean. Bands: lowest to highest seed."
            |> Some

    /// Writes table.md, table.csv, table.tex, runs.csv, figure.html and figure.svg into the folder, prints the table and returns the paths.
    /// `runs` holds at least one finished run; the table names those that are not finished.
    let write (quiet: bool) (folder: string) (study: Study) (plan: SweepPlan) (runs: RunRecord list) : string list =
        let finished = runs |> List.filter (fun run -> run.State = RunStatus.Done)
        let table = tableOf plan finished (metrics study.Items)

        let tables =
            match
                study.Items
                |> List.collect (fun item ->
                    match item with
                    | MetricTable metrics -> metrics
                    | _ -> [])
            with
            | [] -> []
            | metrics ->
                let table = tableOf plan runs (List.distinct metrics)

                if not quiet then
                    Table.print table

                Table.save folder study.Title table

        let figures =
            match figureOf study table finished with
            | Some figure -> Plot.save folder "figure" [ ImageFormat.Svg ] figure
            | None -> []

        tables @ figures

/// What follows a sweep in a script: `|> report [ table [ ... ]; bars "test.retrieval.r10" ]`.
[<AutoOpen>]
module ReportKeywords =
    let private known =
        "retrieval.r10, retrieval.i2t.r1, zeroshot.top1, ... behind \"val.\" or \"test.\", and train.loss"

    let private valid (metric: string) =
        if String.IsNullOrWhiteSpace metric then
            Mistake.fail $"report: a metric's name is empty; names are {known}"
        else
            metric

    /// A table of the arms in these metrics.
    let table metrics =
        if List.isEmpty metrics then
            Mistake.fail $"table: the list of metrics is empty; metrics are {known}"
        else
            MetricTable(List.map valid metrics)

    /// A panel with the arms side by side in one metric.
    let bars metric = Bars(valid metric)

    /// A panel with a metric over training, such as "train.mean_loss".
    let curves metric = Curves(valid metric)

    /// What is shown of a sweep.
    let report items (sweep: Sweep) : Study =
        if List.isEmpty items then
            Mistake.fail "report: the list is empty; allowed are table, bars and curves"
        else
            {
                Sweep = sweep
                Title = sweep.Name
                Items = items
            }

    /// The title of the table and the figure; by default the sweep's name.
    let titled title (study: Study) = { study with Title = title }
