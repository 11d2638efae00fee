namespace Research

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
    /// A panel: every arm's paired difference to the baseline, with its interval.
    | Differences of metric: string
    /// The same panel for every value of an axis, drawn to one scale.
    | SmallMultiples of axis: string * item: ReportItem
    /// A paper's table beside our runs: in the terminal, paper-<key>.md and paper-<key>.tex.
    | Paper of PaperTable

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
        | ReportItem.Differences _ -> "differences"
        | ReportItem.SmallMultiples _ -> "small_multiples"
        | ReportItem.Paper _ -> "paper"

    /// The final metrics that it needs.
    let rec metrics (item: ReportItem) : string list =
        match item with
        | ReportItem.MetricTable metrics -> metrics
        | ReportItem.Bars metric
        | ReportItem.Line(metric, _)
        | ReportItem.HeatMap(metric, _, _)
        | ReportItem.Paired metric
        | ReportItem.Differences metric -> [ metric ]
        | ReportItem.Scatter(x, y)
        | ReportItem.ParetoFront(x, y) -> [ x; y ]
        | ReportItem.SmallMultiples(_, item) -> metrics item
        | ReportItem.Paper table -> table.Columns |> List.choose _.Metric
        | ReportItem.Curves _ -> []

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
        | ReportItem.Differences _ -> true
        | ReportItem.SmallMultiples(_, item) -> needsBaseline item
        | _ -> false
