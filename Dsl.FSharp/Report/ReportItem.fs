namespace Research.Reports

open Research
open Research.Language
open Research.Evaluation
open Research.Stats
open Research.Tables
open Research.Plots
open Research.Papers

/// A part of a study's report.
[<RequireQualifiedAccess>]
type ReportItem =
    /// Arms against metrics: in the terminal, table.md, table.tex, table.csv, runs.csv and clip_benchmark.csv.
    | MetricTable of metrics: Metric list
    /// A panel of the figure: arms side by side in one metric.
    | Bars of metric: Metric
    /// A panel: a metric over training, a line an arm.
    | Curves of metric: Metric
    /// A panel: a metric over an axis of the sweep, a line for each combination of the other axes.
    | Line of metric: Metric * axis: string
    /// A panel: a metric as a colour over two axes.
    | HeatMap of metric: Metric * axisX: string * axisY: string
    /// A panel: two metrics of the runs against each other, with a fitted line.
    | Scatter of metricX: Metric * metricY: Metric
    /// A panel: the arms' means in two metrics, with those that no other arm beats.
    | ParetoFront of metricX: Metric * metricY: Metric
    /// A panel for each arm: few-shot probes' accuracy over the shots, a line a method.
    | ShotCurve of classes: Classes
    /// A table for each arm of few-shot probes against the shots, with differences to the probe from zero: in the terminal, few-shot-<classes>.md, .tex
    /// and .csv.
    | ShotTable of classes: Classes
    /// A panel: every seed as a line through the arms.
    | Paired of metric: Metric
    /// A panel: every arm's paired difference to the baseline with its interval, a row an arm.
    | Forest of metric: Metric
    /// The same panel for every value of an axis, drawn to one scale.
    | SmallMultiples of axis: string * item: ReportItem
    /// A paper's table beside our runs: in the terminal, paper-<key>.md and paper-<key>.tex.
    | Paper of PaperTable
    /// A separate figure that a script draws from the results: a `GenericChart` of Plotly.NET. Untyped here, or the assembly would be loaded with
    /// this type; `chart` takes the typed function.
    | Chart of draw: (Observation list -> obj)

/// A sweep and its report.
type Study = {
    Sweep: Sweep
    Title: string
    Items: ReportItem list
    /// Intervals, and the test behind claims.
    Comparison: ComparisonOptions
    /// Holm's correction runs over it.
    Family: Family
} with

    /// Makes `|> main fsi.CommandLineArgs` a mistake that names the remedy.
    [<CompilerMessage("the last line is `|> main`, without fsi.CommandLineArgs: the prelude has the arguments",
                      10012,
                      IsError = true)>]
    static member op_Implicit(_arguments: string[]) : Study =
        raise (System.NotSupportedException "main takes a study")

/// What the parts of a report ask of a sweep.
[<RequireQualifiedAccess>]
module ReportItem =
    /// The name in a script.
    let rec keyword (item: ReportItem) =
        match item with
        | ReportItem.MetricTable _ -> "table"
        | ReportItem.Bars _ -> "bars"
        | ReportItem.Curves _ -> "curves"
        | ReportItem.Line _ -> "line"
        | ReportItem.HeatMap _ -> "heat_map"
        | ReportItem.Scatter _ -> "scatter"
        | ReportItem.ParetoFront _ -> "pareto"
        | ReportItem.ShotCurve _ -> "k_curve"
        | ReportItem.ShotTable _ -> "k_table"
        | ReportItem.Paired _ -> "paired"
        | ReportItem.Forest _ -> "forest"
        | ReportItem.SmallMultiples _ -> "small_multiples"
        | ReportItem.Paper _ -> "paper"
        | ReportItem.Chart _ -> "chart"

    /// The items that are panels of the figure.
    let panels = [
        "bars"
        "forest"
        "curves"
        "line"
        "heat_map"
        "scatter"
        "pareto"
        "paired"
        "k_curve"
        "small_multiples"
    ]

    /// All that a report may hold.
    let keywords = "table" :: panels @ [ "k_table"; "chart"; "paper" ]

    let isPanel (item: ReportItem) = List.contains (keyword item) panels

    /// The final metrics that it needs.
    let rec metrics (item: ReportItem) : Metric list =
        match item with
        | ReportItem.MetricTable metrics -> metrics
        | ReportItem.Bars metric
        | ReportItem.Line(metric, _)
        | ReportItem.HeatMap(metric, _, _)
        | ReportItem.Paired metric
        | ReportItem.Forest metric -> [ metric ]
        | ReportItem.Scatter(x, y)
        | ReportItem.ParetoFront(x, y) -> [ x; y ]
        | ReportItem.SmallMultiples(_, item) -> metrics item
        | ReportItem.ShotCurve classes
        | ReportItem.ShotTable classes -> FewShotEvaluation.metrics classes HeldOut.Test
        | ReportItem.Paper table -> table.Columns |> List.choose _.Metric
        | ReportItem.Curves _
        | ReportItem.Chart _ -> []

    /// The metrics in which it calls one arm better than another.
    let rec compared (item: ReportItem) : Metric list =
        match item with
        | ReportItem.Forest metric -> [ metric ]
        | ReportItem.ParetoFront(x, y) -> [ x; y ]
        | ReportItem.SmallMultiples(_, item) -> compared item
        | _ -> []

    /// The axes that it names.
    let rec axes (item: ReportItem) : string list =
        match item with
        | ReportItem.Line(_, axis) -> [ axis ]
        | ReportItem.HeatMap(_, x, y) -> [ x; y ]
        | ReportItem.SmallMultiples(axis, item) -> axis :: axes item
        | _ -> []

    /// Whether it compares arms with the baseline.
    let rec needsBaseline (item: ReportItem) =
        match item with
        | ReportItem.Forest _ -> true
        | ReportItem.SmallMultiples(_, item) -> needsBaseline item
        | _ -> false

    /// The metrics of all tables.
    let tableMetrics (items: ReportItem list) : Metric list =
        items
        |> List.collect (fun item ->
            match item with
            | ReportItem.MetricTable metrics -> metrics
            | _ -> [])
        |> List.distinct

    /// The items, and where none of them is a figure the default one: a sweep with a baseline is a comparison, which a forest of the tables'
    /// first metric with a better end shows.
    let withDefault (baseline: string option) (items: ReportItem list) : ReportItem list =
        let drawn item = isPanel item || item.IsChart

        match baseline, tableMetrics items with
        | Some _, metrics when not (List.exists drawn items) ->
            items
            @ (metrics
               |> List.tryFind _.IsComparable
               |> Option.map ReportItem.Forest
               |> Option.toList)
        | _ -> items
