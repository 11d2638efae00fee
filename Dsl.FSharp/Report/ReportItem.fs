namespace Research.Reports

open Research
open Research.Language

open Research.Stats
open Research.Tables
open Research.Plots
open Research.Papers

/// A part of what a study shows at its end. Metrics go by their names in final.json, those of curves in metrics.jsonl.
[<RequireQualifiedAccess>]
type ReportItem =
    /// Arms against metrics: in the terminal, table.md, table.tex, table.csv, runs.csv and clip_benchmark.csv.
    | MetricTable of metrics: string list
    /// A panel of the figure: arms side by side in one metric.
    | Bars of metric: string
    /// A panel: a metric over training, a line an arm.
    | Curves of metric: string
    /// A panel: a metric over an axis of the sweep, a line for each combination of the other axes.
    | Line of metric: string * axis: string
    /// A panel: a metric as a colour over two axes.
    | HeatMap of metric: string * axisX: string * axisY: string
    /// A panel: two metrics of the runs against each other, with a fitted line.
    | Scatter of metricX: string * metricY: string
    /// A panel: the arms' means in two metrics, with those that no other arm beats.
    | ParetoFront of metricX: string * metricY: string
    /// A panel: every seed as a line through the arms.
    | Paired of metric: string
    /// A panel: every arm's paired difference to the baseline with its interval, a row an arm.
    | Forest of metric: string
    /// The same panel for every value of an axis, drawn to one scale.
    | SmallMultiples of axis: string * item: ReportItem
    /// A paper's table beside our runs: in the terminal, paper-<key>.md and paper-<key>.tex.
    | Paper of PaperTable
    /// A figure of its own that a script draws from the results: a `GenericChart` of Plotly.NET's. Untyped here, or the assembly would be loaded with
    /// this type; `chart` takes the typed function.
    | Chart of draw: (Observation list -> obj)

/// A sweep and what is shown of it.
type Study = {
    Sweep: Sweep
    Title: string
    Items: ReportItem list
    /// Intervals, and the test behind claims.
    Comparison: ComparisonOptions
    /// Holm's correction runs over it.
    Family: Family
}

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
        "small_multiples"
    ]

    /// All that a report may hold.
    let keywords = "table" :: panels @ [ "chart"; "paper" ]

    let isPanel (item: ReportItem) = List.contains (keyword item) panels

    /// The final metrics that it needs.
    let rec metrics (item: ReportItem) : string list =
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
        | ReportItem.Paper table -> table.Columns |> List.choose _.Metric
        | ReportItem.Curves _
        | ReportItem.Chart _ -> []

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
    let tableMetrics (items: ReportItem list) : string list =
        items
        |> List.collect (fun item ->
            match item with
            | ReportItem.MetricTable metrics -> metrics
            | _ -> [])
        |> List.distinct

    /// The items, and where none of them is a figure the default one: a sweep with a baseline is a comparison, which a forest of the first table's
    /// first metric shows.
    let withDefault (baseline: string option) (items: ReportItem list) : ReportItem list =
        let drawn item = isPanel item || item.IsChart

        match baseline, tableMetrics items with
        | Some _, metric :: _ when not (List.exists drawn items) -> items @ [ ReportItem.Forest metric ]
        | _ -> items
