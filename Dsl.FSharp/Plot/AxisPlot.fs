namespace Research.Plots

open System
open System.Globalization
open Research
open Research.Language
open Research.Evaluation
open Research.Runs
open Research.Stats
open Research.Tables

/// A metric over the axes of a sweep.
[<RequireQualifiedAccess>]
module AxisPlot =
    let internal labelOn (axis: string) (run: RunRecord) =
        run.Axes |> List.tryFind (fst >> (=) axis) |> Option.map snd

    let internal axesOf (runs: RunRecord list) =
        runs |> List.collect _.Axes |> List.map fst |> List.distinct

    /// The runs' labels on an axis, in run order. Raises `ArgumentException` when there are none.
    let internal labels (axis: string) (runs: RunRecord list) : string list =
        match runs |> List.choose (labelOn axis) |> List.distinct with
        | [] ->
            let known = String.Join(", ", axesOf runs)
            raise (ArgumentException $"No run has the axis '{axis}'; the axes are {known}.")
        | labels -> labels

    /// The labels as numbers, if all are.
    let private numbers (labels: string list) : float list option =
        let parsed =
            labels
            |> List.map (fun label ->
                match Double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture) with
                | true, value when Double.IsFinite value -> Some value
                | _ -> None)

        if parsed |> List.forall Option.isSome then
            Some(List.choose id parsed)
        else
            None

    /// A numeric axis over two or more orders of magnitude is logarithmic.
    let private isWide (values: float list) =
        List.forall (fun value -> value > 0.0) values
        && List.max values >= 100.0 * List.min values

    let private finished (runs: RunRecord list) =
        runs |> List.filter (fun run -> run.State = RunStatus.Done)

    let internal summaryOf (options: ComparisonOptions) (column: Metric) (runs: RunRecord list) =
        match
            runs
            |> List.sortBy _.Seed
            |> List.choose (fun run -> run.Metrics.TryFind column.Key)
            |> List.filter Double.IsFinite
        with
        | [] -> None
        | values -> Some(Comparison.summary options (Array.ofList values))

    /// The other axes that distinguish runs at the same place of these axes. Axes that go together with these, such as zipped ones, do not count.
    let private others (axes: string list) (runs: RunRecord list) : string list =
        let places =
            runs
            |> List.groupBy (fun run -> axes |> List.map (fun axis -> labelOn axis run))
            |> List.map snd

        axesOf runs
        |> List.filter (fun axis -> not (List.contains axis axes))
        |> List.filter (fun axis ->
            places
            |> List.exists (fun own -> (own |> List.map (labelOn axis) |> List.distinct).Length > 1))

    /// The metric's mean over an axis with the interval as a band, one line for each combination of the other axes (but not of those that go together
    /// with this one, as in zip_). An axis whose labels are all
    /// numbers is numeric, and logarithmic over two orders of magnitude; others have their labels as places. Runs without the axis are dashed
    /// levels; arms with unfinished runs are named below the axis. Raises `ArgumentException` when no run has the axis, or none the metric.
    let line (options: ComparisonOptions) (title: string) (column: Metric) (axis: string) (runs: RunRecord list) =
        let labels = labels axis runs
        let missing = PlotAxis.remark (Unfinished.ofArms runs)

        let place, x =
            match numbers labels with
            | Some values ->
                let at = List.zip labels values |> Map.ofList
                let axis = PlotAxis.create axis ""
                (fun label -> at[label]), (if isWide values then PlotAxis.logarithmic axis else axis)
            | None ->
                (fun label -> float (List.findIndex ((=) label) labels)),
                PlotAxis.create axis "" |> PlotAxis.named labels

        let on, off =
            runs |> finished |> List.partition (fun run -> (labelOn axis run).IsSome)

        // A single series is named by what all its runs share, such as the objective that alone has the axis.
        let telling =
            match others [ axis ] on with
            | [] ->
                axesOf on
                |> List.filter (fun other ->
                    (on |> List.choose (labelOn other) |> List.distinct).Length = 1 && other <> axis)
            | telling -> telling

        let series (run: RunRecord) =
            telling |> List.choose (fun axis -> labelOn axis run) |> String.concat ", "

        let lines =
            on
            |> List.groupBy series
            |> List.choose (fun (series, own) ->
                let points =
                    own
                    |> List.groupBy (labelOn axis >> Option.get)
                    |> List.choose (fun (label, runs) ->
                        summaryOf options column runs
                        |> Option.map (fun summary -> {
                            X = place label
                            Y = column.Shown summary.Mean
                            Band = ResultTable.band column summary.Interval
                        }))

                if points.IsEmpty then
                    None
                else
                    Some(Layer.Line((if series = "" then "mean" else series), points)))

        if lines.IsEmpty then
            ResultTable.noRunHas [ column ] (finished runs)

        let levels =
            off
            |> List.groupBy _.Arm
            |> List.choose (fun (arm, own) ->
                summaryOf options column own
                |> Option.map (fun summary -> Layer.Level(arm, column.Shown summary.Mean)))

        Figure.panel title (missing x) (PlotAxis.ofMetric column) (lines @ levels)

    /// Places of a heat map's axis: numbers rise to the right and upwards; names go to the right and downwards.
    let private places upwards (labels: string list) =
        match numbers labels with
        | Some values -> List.zip labels values |> List.sortBy snd |> List.map fst
        | None when upwards -> List.rev labels
        | None -> labels

    /// The metric's mean as a colour over two axes, written into the cells with half its interval's width. Cells without a run stay empty;
    /// those without a finished run say so, and those of which some seeds are missing say how many they have, as "3 of 5".
    /// Raises `ArgumentException` when the runs lack an axis or the metric, or vary in a third axis.
    let heatMap
        (options: ComparisonOptions)
        (title: string)
        (column: Metric)
        (axisX: string)
        (axisY: string)
        (runs: RunRecord list)
        : Panel =
        if axisX = axisY then
            raise (ArgumentException $"A heat map needs two axes, and has '{axisX}' twice.")

        let columns = places false (labels axisX runs)
        let rows = places true (labels axisY runs)

        let on =
            runs
            |> List.filter (fun run -> (labelOn axisX run).IsSome && (labelOn axisY run).IsSome)

        match others [ axisX; axisY ] on with
        | [] -> ()
        | axis :: _ ->
            raise (
                ArgumentException
                    $"A heat map over '{axisX}' and '{axisY}' would mix the runs of axis '{axis}'; use small_multiples \"{axis}\" of it."
            )

        let groups =
            on
            |> List.groupBy (fun run -> (labelOn axisX run).Value, (labelOn axisY run).Value)
            |> List.map (fun (place, own) -> place, own, summaryOf options column (finished own))

        let gaps =
            groups
            |> List.choose (fun ((x, y), own, summary) ->
                match summary with
                | None -> Some(x, y, Unfinished.words own |> Option.defaultValue "no finite value")
                | Some _ -> None)

        let cells =
            groups
            |> List.choose (fun ((x, y), own, summary) ->
                summary
                |> Option.map (fun summary ->
                    let mean = Metric.format column summary.Mean

                    let count =
                        match Unfinished.words own with
                        | Some _ -> $"\n{summary.N} of {own.Length}"
                        | None -> ""

                    {
                        HeatCell.X = List.findIndex ((=) x) columns
                        Y = List.findIndex ((=) y) rows
                        Value = column.Shown summary.Mean
                        Text =
                            match summary.Interval with
                            | Some interval -> $"{mean}\n±{Metric.format column interval.HalfWidth}{count}"
                            | None -> mean + count
                    }))

        if cells.IsEmpty then
            ResultTable.noRunHas [ column ] (finished runs)

        Figure.panel
            title
            (PlotAxis.create axisX "" |> PlotAxis.remark (Unfinished.ofArms on))
            (PlotAxis.create axisY "")
            [
                Layer.Heat {
                    Columns = columns
                    Rows = rows
                    Cells = cells
                    Scale = PlotAxis.ofMetric column
                }
                if not gaps.IsEmpty then
                    Layer.Gaps gaps
            ]
