namespace Research.Plots

open System
open Research
open Research.Language
open Research.Evaluation
open Research.Stats
open Research.Tables

/// An axis with its title and unit; every axis has a title.
type PlotAxis = {
    Title: string
    /// "" for a number without a unit.
    Unit: string
    /// Logarithmic to base 10.
    Log: bool
    /// Fixed limits; None: fitted to the data.
    Limits: (float * float) option
    /// Named places 0, 1, 2, ... instead of numbers, from low to high; empty for numbers.
    Places: string list
    /// A smaller line below the title; "" for none.
    Remark: string
}

[<RequireQualifiedAccess>]
module PlotAxis =
    /// An axis with its unit, e.g. `PlotAxis.create "training step" ""` or `PlotAxis.create "R@10" "%"`.
    let create (title: string) (unit: string) : PlotAxis =
        if String.IsNullOrWhiteSpace title then
            raise (ArgumentException "An axis needs a title.")

        {
            Title = title
            Unit = unit
            Log = false
            Limits = None
            Places = []
            Remark = ""
        }

    /// The axis of a metric.
    let ofMetric (metric: Metric) : PlotAxis = create metric.Title metric.Unit.Symbol

    let logarithmic (axis: PlotAxis) = { axis with Log = true }

    let limits (low: float) (high: float) (axis: PlotAxis) = { axis with Limits = Some(low, high) }

    /// Names at 0, 1, 2, ... instead of numbers.
    let named (names: string list) (axis: PlotAxis) = { axis with Places = names }

    let remark (text: string) (axis: PlotAxis) = { axis with Remark = text }

    /// The axis's title with its unit in brackets.
    let text (axis: PlotAxis) =
        if axis.Unit = "" then
            axis.Title
        else
            $"{axis.Title} ({axis.Unit})"

/// A point of a line with the band around it.
type LinePoint = {
    X: float
    Y: float
    /// Lower and upper edge of the band.
    Band: (float * float) option
}

/// A bar over its category, with the interval as an error bar.
type Bar = {
    Category: string
    Value: float
    Interval: (float * float) option
}

/// A single value over a category, e.g. one seed's.
type Dot = {
    Category: string
    Value: float
    /// Shown on hovering, e.g. "seed 1".
    Label: string
}

/// One cell of a heat map.
type HeatCell = {
    /// Column and row, counted from 0; row 0 is the lowest.
    X: int
    Y: int
    Value: float
    /// Written into the cell; may have several lines.
    Text: string
}

/// A value over two axes of names. Combinations without a cell stay empty.
type HeatMap = {
    Columns: string list
    /// From the lowest up.
    Rows: string list
    Cells: HeatCell list
    /// The meaning of the colours. Its limits, if any, are those of the colours.
    Scale: PlotAxis
}

/// A point with its name beside it.
type Mark = {
    Name: string
    X: float
    Y: float
    /// Drawn filled; else hollow.
    Filled: bool
}

/// An interval along x in the row of its category.
type Span = {
    Category: string
    Value: float
    Interval: (float * float) option
    /// Drawn filled in the accent colour; else hollow and grey.
    Significant: bool
    /// Written at the row's end; "" for none.
    Remark: string
}

/// The contents of a panel. Series and categories of one name have one colour and one symbol in the whole figure.
[<RequireQualifiedAccess>]
type Layer =
    | Line of name: string * LinePoint list
    /// Points of a plane.
    | Scatter of name: string * (float * float) list
    /// A fitted line in grey with its band, and a remark below the x axis.
    | Fit of label: string * LinePoint list
    /// Points of a plane, each with its name beside it.
    | Marks of Mark list
    /// A dashed path of right angles through points, e.g. a Pareto front.
    | Steps of name: string * (float * float) list
    | Bars of Bar list
    | Dots of Dot list
    /// One thin line for each name, e.g. a seed, through its values over categories.
    | Links of (string * Dot list) list
    /// A short level mark over a category, e.g. its mean.
    | Means of Bar list
    /// Intervals along x, one row per category, the first on top.
    | Spans of Span list
    /// Categories behind those that have values, each with what stands there instead.
    | Vacant of (string * string) list
    | Heat of HeatMap
    /// Cells of a heat map without a value: column, row, and what stands there instead.
    | Gaps of (string * string * string) list
    /// A dashed horizontal line with its name, e.g. chance.
    | Level of name: string * value: float
    /// A dashed vertical line, e.g. no difference.
    | Upright of value: float

/// One pair of axes.
type Panel = {
    Title: string
    X: PlotAxis
    Y: PlotAxis
    Layers: Layer list
}

/// A figure of panels side by side.
type Figure = {
    Title: string
    Subtitle: string
    /// Small print below: seeds, intervals, bands.
    Note: string
    Panels: Panel list
    /// Panels side by side; more go into further rows.
    Columns: int
    /// CSS pixels. A figure grows in height when its texts leave too little room for the panels.
    Width: int
    Height: int
}

/// Panels and figures.
[<RequireQualifiedAccess>]
module Figure =
    /// All numbers of a layer, along x and along y. Heat maps have none along their axes; their cells' values count along y.
    let values (layer: Layer) : float list * float list =
        let edges band =
            match band with
            | Some(low, high) -> [ low; high ]
            | None -> []

        match layer with
        | Layer.Line(_, points)
        | Layer.Fit(_, points) -> points |> List.map _.X, points |> List.collect (fun p -> p.Y :: edges p.Band)
        | Layer.Scatter(_, points)
        | Layer.Steps(_, points) -> points |> List.map fst, points |> List.map snd
        | Layer.Marks marks -> marks |> List.map _.X, marks |> List.map _.Y
        | Layer.Bars bars
        | Layer.Means bars -> [], bars |> List.collect (fun bar -> bar.Value :: edges bar.Interval)
        | Layer.Dots dots -> [], dots |> List.map _.Value
        | Layer.Links links -> [], links |> List.collect snd |> List.map _.Value
        | Layer.Spans spans -> spans |> List.collect (fun span -> span.Value :: edges span.Interval), []
        | Layer.Vacant _
        | Layer.Gaps _ -> [], []
        | Layer.Heat map -> [], map.Cells |> List.map _.Value
        | Layer.Level(_, value) -> [], [ value ]
        | Layer.Upright value -> [ value ], []

    /// Whether a layer needs categories or numbers on its axes; None fits every panel.
    let private ground (layer: Layer) =
        match layer with
        | Layer.Bars _
        | Layer.Dots _
        | Layer.Links _
        | Layer.Means _ -> Some "categories along x"
        | Layer.Spans _ -> Some "categories along y"
        | Layer.Heat _
        | Layer.Gaps _ -> Some "a heat map"
        | Layer.Line _
        | Layer.Scatter _
        | Layer.Fit _
        | Layer.Marks _
        | Layer.Steps _ -> Some "numbers"
        | Layer.Vacant _
        | Layer.Level _
        | Layer.Upright _ -> None

    let private heatProblem (map: HeatMap) =
        let outside (cell: HeatCell) =
            cell.X < 0
            || cell.Y < 0
            || cell.X >= map.Columns.Length
            || cell.Y >= map.Rows.Length

        match
            List.tryFind outside map.Cells,
            map.Cells
            |> List.countBy (fun cell -> cell.X, cell.Y)
            |> List.tryFind (snd >> (<) 1)
        with
        | Some cell, _ ->
            Some
                $"its cell ({cell.X}, {cell.Y}) lies outside the {map.Columns.Length} columns and {map.Rows.Length} rows."
        | None, Some((x, y), _) -> Some $"its cell ({x}, {y}) is there twice."
        | None, None when map.Cells.IsEmpty -> Some "it has nothing to draw."
        | None, None -> None

    /// A panel. Raises `ArgumentException` when it has nothing to draw, mixes categories with numbers on its axes, or holds a value
    /// that is not finite.
    let panel (title: string) (x: PlotAxis) (y: PlotAxis) (layers: Layer list) : Panel =
        let mistake message : unit =
            raise (ArgumentException $"Panel '{title}': {message}")

        let numbers layer =
            let xs, ys = values layer
            xs @ ys

        match layers |> List.choose ground |> List.distinct with
        | [] -> mistake "it has nothing to draw."
        | [ _ ] -> ()
        | first :: second :: _ -> mistake $"its layers need different axes, {first} and {second}; use two panels."

        for layer in layers do
            match layer with
            | Layer.Heat map -> heatProblem map |> Option.iter mistake
            | _ -> ()

        if layers |> List.filter _.IsHeat |> List.length > 1 then
            mistake "it holds two heat maps; use two panels."

        match layers |> List.collect numbers |> List.tryFind (Double.IsFinite >> not) with
        | Some value -> mistake $"it holds {value}, and only finite numbers can be drawn."
        | None -> ()

        if layers |> List.forall (fun layer -> List.isEmpty (numbers layer)) then
            mistake "it has nothing to draw."

        for axis, values in
            [
                x, layers |> List.collect (values >> fst)
                y, layers |> List.filter (_.IsHeat >> not) |> List.collect (values >> snd)
            ] do
            match values |> List.tryFind (fun value -> value <= 0.0) with
            | Some value when axis.Log ->
                mistake $"its axis \"{axis.Title}\" is logarithmic, where {value} has no place."
            | _ -> ()

        {
            Title = title
            X = x
            Y = y
            Layers = layers
        }

    /// A figure of panels in rows of at most three (four go two by two), 640 pixels wide for one and 500 for each of several side by side,
    /// 520 high and 400 more for each further row.
    let create (title: string) (panels: Panel list) : Figure =
        if panels.IsEmpty then
            raise (ArgumentException $"Figure '{title}' has no panel.")

        let columns =
            match panels.Length with
            | 4 -> 2
            | n -> min n 3

        let rows = (panels.Length + columns - 1) / columns

        {
            Title = title
            Subtitle = ""
            Note = ""
            Panels = panels
            Columns = columns
            Width = (if columns = 1 then 640 else 500 * columns)
            Height = 520 + 400 * (rows - 1)
        }

    let subtitle (text: string) (figure: Figure) = { figure with Subtitle = text }
    let note (text: string) (figure: Figure) = { figure with Note = text }

    let size (width: int) (height: int) (figure: Figure) =
        if width < 200 || height < 200 then
            raise (
                ArgumentException
                    $"Figure '{figure.Title}': {width} x {height} pixels is too small; 200 x 200 is the least."
            )

        {
            figure with
                Width = width
                Height = height
        }
