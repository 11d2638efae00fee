namespace Research

open System

/// An axis says what it shows and in which unit; there is no axis without a title.
type PlotAxis = {
    Title: string
    /// "" for a number without a unit.
    Unit: string
    /// Logarithmic to base 10.
    Log: bool
    /// Fixed limits; None: fitted to the data.
    Limits: (float * float) option
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
        }

    /// The axis of a metric.
    let ofColumn (column: MetricColumn) : PlotAxis = create column.Title column.Unit

    let logarithmic (axis: PlotAxis) = { axis with Log = true }

    let limits (low: float) (high: float) (axis: PlotAxis) = { axis with Limits = Some(low, high) }

    let internal text (axis: PlotAxis) =
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

/// What is drawn in a panel. Series and categories of one name have one colour in the whole figure.
[<RequireQualifiedAccess>]
type Layer =
    | Line of name: string * LinePoint list
    /// Points of a plane.
    | Scatter of name: string * (float * float) list
    | Bars of Bar list
    | Dots of Dot list
    /// A dashed horizontal line with its name, e.g. chance.
    | Level of name: string * value: float

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
    /// CSS pixels. A figure grows in height when its texts leave the panels too little.
    Width: int
    Height: int
}

/// Panels and figures.
[<RequireQualifiedAccess>]
module Figure =
    /// All numbers of a layer, along x and along y.
    let internal values (layer: Layer) : float list * float list =
        let edges band =
            match band with
            | Some(low, high) -> [ low; high ]
            | None -> []

        match layer with
        | Layer.Line(_, points) -> points |> List.map _.X, points |> List.collect (fun p -> p.Y :: edges p.Band)
        | Layer.Scatter(_, points) -> points |> List.map fst, points |> List.map snd
        | Layer.Bars bars -> [], bars |> List.collect (fun bar -> bar.Value :: edges bar.Interval)
        | Layer.Dots dots -> [], dots |> List.map _.Value
        | Layer.Level(_, value) -> [], [ value ]

    /// A panel. Raises `ArgumentException` when it has nothing to draw, mixes categories with numbers on its x axis, or holds a value
    /// that is not finite.
    let panel (title: string) (x: PlotAxis) (y: PlotAxis) (layers: Layer list) : Panel =
        let mistake message : unit =
            raise (ArgumentException $"Panel '{title}': {message}")

        let categorical layer =
            match layer with
            | Layer.Bars _
            | Layer.Dots _ -> Some true
            | Layer.Line _
            | Layer.Scatter _ -> Some false
            | Layer.Level _ -> None

        let numbers layer =
            let xs, ys = values layer
            xs @ ys

        match layers |> List.choose categorical |> List.distinct with
        | [] -> mistake "it has nothing to draw."
        | [ _ ] -> ()
        | _ -> mistake "bars and dots stand over categories, lines and scatters over numbers; use two panels."

        match layers |> List.collect numbers |> List.tryFind (Double.IsFinite >> not) with
        | Some value -> mistake $"it holds {value}, and only finite numbers can be drawn."
        | None -> ()

        if layers |> List.forall (fun layer -> List.isEmpty (numbers layer)) then
            mistake "it has nothing to draw."

        {
            Title = title
            X = x
            Y = y
            Layers = layers
        }

    /// A figure of panels, 640 pixels wide for one and 500 for each of several, 520 high.
    let create (title: string) (panels: Panel list) : Figure =
        if panels.IsEmpty then
            raise (ArgumentException $"Figure '{title}' has no panel.")

        {
            Title = title
            Subtitle = ""
            Note = ""
            Panels = panels
            Width = (if panels.Length = 1 then 640 else 500 * panels.Length)
            Height = 520
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
