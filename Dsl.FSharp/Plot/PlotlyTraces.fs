namespace Research.Plots

open System
open Plotly.NET
open Plotly.NET.TraceObjects
open Research.Language
open Research.Plots.Palette
open Research.Plots.TextWidth

/// A panel in the form that its traces need.
type internal PlotlyGround = {
    Panel: Panel
    Place: PanelPlace
    X: StyleParam.LinearAxisId
    Y: StyleParam.LinearAxisId
    /// The axis of categories again, but with numbers, for marks beside a category.
    Beside: StyleParam.LinearAxisId
    Look: string -> Look
    /// Whether this is the name's first series, which the legend shows.
    InLegend: string -> bool
    /// Whether points have their names beside them.
    NamesBeside: bool
}

/// A figure's layers as plotly.js's traces. All are functions, no values: Plotly.NET is loaded when the first one runs.
module internal PlotlyTraces =
    let private unit (axis: PlotAxis) =
        if axis.Unit = "" then "" else " " + escape axis.Unit

    let colour (value: string) = Color.fromString value

    let font (size: int) (value: string) =
        Font.init (Family = StyleParam.FontFamily.Custom fontFamily, Size = float size, Color = colour value)

    let private line (value: string) (width: float) =
        Line.init (Color = colour value, Width = width)

    let private dashed (value: string) (width: float) (dash: StyleParam.DrawingStyle) =
        Line.init (Color = colour value, Width = width, Dash = dash)

    let private dashOf (name: string) =
        match name with
        | "dash" -> StyleParam.DrawingStyle.Dash
        | "dot" -> StyleParam.DrawingStyle.Dot
        | "dashdot" -> StyleParam.DrawingStyle.DashDot
        | "longdash" -> StyleParam.DrawingStyle.LongDash
        | "longdashdot" -> StyleParam.DrawingStyle.LongDashDot
        | _ -> StyleParam.DrawingStyle.Solid

    let private symbolOf (name: string) =
        match name with
        | "square" -> StyleParam.MarkerSymbol.Square
        | "diamond" -> StyleParam.MarkerSymbol.Diamond
        | "triangle-up" -> StyleParam.MarkerSymbol.TriangleUp
        | "x" -> StyleParam.MarkerSymbol.X
        | "triangle-down" -> StyleParam.MarkerSymbol.TriangleDown
        | "cross" -> StyleParam.MarkerSymbol.Cross
        | "star" -> StyleParam.MarkerSymbol.Star
        | _ -> StyleParam.MarkerSymbol.Circle

    let private hollow symbol =
        StyleParam.MarkerSymbol.Modified(symbol, StyleParam.SymbolStyle.Open)

    let private numbers (values: float list) =
        values |> List.map (fun value -> value :> IConvertible)

    let private texts (values: string list) =
        values |> List.map (fun value -> escape value :> IConvertible)

    /// A panel's x values: its places' names, if it has them.
    let private xs (ground: PlotlyGround) (values: float list) =
        match ground.Panel.X.Places with
        | [] -> numbers values
        | names -> texts (values |> List.map (fun value -> names[int value]))

    /// The settings of all series of points and lines; `more` adds a series' own.
    let private series (ground: PlotlyGround) mode (x: IConvertible list) (y: IConvertible list) more : Trace =
        Trace2D.initScatter (
            Trace2DStyle.Scatter(Mode = mode, X = x, Y = y, ShowLegend = false, XAxis = ground.X, YAxis = ground.Y)
            >> more
        )

    let private named (name: string) (hover: string) =
        Trace2DStyle.Scatter(Name = escape name, HoverTemplate = hover)

    let private inLegend (ground: PlotlyGround) (name: string) =
        Trace2DStyle.Scatter(LegendGroup = escape name, ShowLegend = ground.InLegend name)

    let private marked size (tint: string) symbol (edge: string) width =
        Trace2DStyle.Scatter(
            Marker = Marker.init (Size = size, Color = colour tint, Symbol = symbol, Outline = line edge width)
        )

    /// Without a name, a marker or a reaction to the pointer.
    let private plainLine (ground: PlotlyGround) x y (style: Line) : Trace =
        series
            ground
            StyleParam.Mode.Lines
            x
            y
            (Trace2DStyle.Scatter(Line = style, HoverInfo = StyleParam.HoverInfo.Skip))

    let private shown (axis: PlotAxis) (value: string) =
        $"{escape axis.Title} {value}{unit axis}"

    let private hoverPlane (ground: PlotlyGround) =
        shown ground.Panel.X "%{x:.4~g}" + "<br>" + shown ground.Panel.Y "%{y:.4~g}"

    /// The two edges of a band, with the area between them filled.
    let private band (ground: PlotlyGround) (fill: string) (group: string) (points: LinePoint list) : Trace list =
        let points =
            points
            |> List.choose (fun point -> point.Band |> Option.map (fun band -> point.X, band))

        let edge more (values: float list) =
            series
                ground
                StyleParam.Mode.Lines
                (xs ground (List.map fst points))
                (numbers values)
                (Trace2DStyle.Scatter(
                    Line = line fill 0.0,
                    HoverInfo = StyleParam.HoverInfo.Skip,
                    LegendGroup = escape group
                 )
                 >> more)

        let filled =
            Trace2DStyle.Scatter(Fill = StyleParam.Fill.ToNext_y, FillColor = colour fill)

        if points.IsEmpty then
            []
        else
            [
                points |> List.map (snd >> fst) |> edge id
                points |> List.map (snd >> snd) |> edge filled
            ]

    let private lineTraces (ground: PlotlyGround) name (points: LinePoint list) : Trace list =
        let points = points |> List.sortBy _.X
        let look = ground.Look name

        // A marker on each of hundreds of steps would hide the line.
        let marker =
            Marker.init (Size = 8, Color = colour look.Colour, Symbol = symbolOf look.Symbol, MaxDisplayed = 12)

        band ground (translucent look.Colour 0.18) name points
        @ [
            series
                ground
                StyleParam.Mode.Lines_Markers
                (xs ground (points |> List.map _.X))
                (numbers (points |> List.map _.Y))
                (named name (shown ground.Panel.X "%{x}" + "<br>" + shown ground.Panel.Y "%{y:.4~g}")
                 >> inLegend ground name
                 >> Trace2DStyle.Scatter(Line = dashed look.Colour 2.5 (dashOf look.Dash), Marker = marker))
        ]

    let private fitTraces (ground: PlotlyGround) (points: LinePoint list) : Trace list =
        let points = points |> List.sortBy _.X
        let style = dashed ink 1.8 StyleParam.DrawingStyle.Dash

        band ground (translucent ink 0.10) "" points
        @ [
            plainLine ground (numbers (points |> List.map _.X)) (numbers (points |> List.map _.Y)) style
        ]

    let private scatterTrace (ground: PlotlyGround) name (points: (float * float) list) : Trace =
        let look = ground.Look name

        series
            ground
            StyleParam.Mode.Markers
            (numbers (List.map fst points))
            (numbers (List.map snd points))
            (named name (hoverPlane ground)
             >> inLegend ground name
             >> marked 9 look.Colour (symbolOf look.Symbol) "#ffffff" 1.0)

    /// A point with its name on the side with more room.
    let private markTrace (ground: PlotlyGround) (middle: float) (mark: Mark) : Trace =
        let look = ground.Look mark.Name
        let symbol = symbolOf look.Symbol
        let name = wrap DirectLabels.font (0.4 * ground.Place.Width) mark.Name

        let side =
            if mark.X < middle then
                StyleParam.TextPosition.TopRight
            else
                StyleParam.TextPosition.TopLeft

        let beside =
            Trace2DStyle.Scatter(
                MultiText = [ joined name ],
                TextPosition = side,
                TextFont = font DirectLabels.font ink,
                ClipOnAxis = false
            )

        let mode, text =
            if ground.NamesBeside then
                StyleParam.Mode.Markers_Text, beside
            else
                StyleParam.Mode.Markers, inLegend ground mark.Name

        series
            ground
            mode
            (numbers [ mark.X ])
            (numbers [ mark.Y ])
            (named mark.Name (hoverPlane ground)
             >> text
             >> marked 11 look.Colour (if mark.Filled then symbol else hollow symbol) look.Colour 1.5)

    let private marksTraces (ground: PlotlyGround) (marks: Mark list) =
        let xs = marks |> List.map _.X
        marks |> List.map (markTrace ground ((List.min xs + List.max xs) / 2.0))

    /// An interval's bar; none without an interval.
    let private error value (interval: (float * float) option) (tint: string) =
        interval
        |> Option.map (fun (low, high) ->
            Error.init (
                Type = StyleParam.ErrorType.Data,
                Symmetric = false,
                Array = [ high - value ],
                Arrayminus = [ value - low ],
                Color = colour tint,
                Thickness = 1.5,
                Width = 7.0
            ))

    /// Categories and values as x and y, or as y and x if categories are rows.
    let private placed (ground: PlotlyGround) (categories: IConvertible list) (values: float list) =
        if ground.Place.Sideways then
            numbers values, categories
        else
            categories, numbers values

    let private hoverValue (ground: PlotlyGround) =
        let letter = if ground.Place.Sideways then "x" else "y"
        $"%%{{{letter}:.4~g}}{unit ground.Panel.Y}"

    let private barTrace (ground: PlotlyGround) (bar: Bar) : Trace =
        let look = ground.Look bar.Category
        let x, y = placed ground (texts [ bar.Category ]) [ bar.Value ]
        let error = error bar.Value bar.Interval ink

        let direction, errorX, errorY =
            if ground.Place.Sideways then
                StyleParam.Orientation.Horizontal, error, None
            else
                StyleParam.Orientation.Vertical, None, error

        Trace2D.initBar (
            Trace2DStyle.Bar(
                Name = escape bar.Category,
                ShowLegend = false,
                X = x,
                Y = y,
                Width = 0.58,
                Orientation = direction,
                Marker = Marker.init (Color = colour (translucent look.Colour 0.35), Outline = line look.Colour 1.5),
                HoverTemplate = hoverValue ground,
                ?XError = errorX,
                ?YError = errorY,
                XAxis = ground.X,
                YAxis = ground.Y
            )
        )

    /// A short thick line at the mean.
    let private meanTrace (ground: PlotlyGround) (bar: Bar) : Trace =
        let x, y = placed ground (texts [ bar.Category ]) [ bar.Value ]

        let symbol =
            if ground.Place.Sideways then
                StyleParam.MarkerSymbol.LineNS
            else
                StyleParam.MarkerSymbol.LineEW

        let tint = (ground.Look bar.Category).Colour

        series
            ground
            StyleParam.Mode.Markers
            x
            y
            (named bar.Category ("mean " + hoverValue ground)
             >> marked 22 tint symbol tint 4.0)

    /// Dots of one category: beside a bar side by side, so that equal values do not hide one another; without a bar on the category's line.
    let private dotTrace (ground: PlotlyGround) beside (category: string) (dots: Dot list) : Trace =
        let look = ground.Look category
        let step = min 0.07 (0.18 / float (max 1 (dots.Length - 1)))

        let categories, axes =
            if beside then
                let names = FigureNames.categories ground.Panel
                let names = if ground.Place.Sideways then List.rev names else names
                let place = float (List.findIndex ((=) category) names)

                numbers [
                    for i in 0 .. dots.Length - 1 -> place + 0.17 + (float i - float (dots.Length - 1) / 2.0) * step
                ],
                (if ground.Place.Sideways then
                     Trace2DStyle.Scatter(YAxis = ground.Beside)
                 else
                     Trace2DStyle.Scatter(XAxis = ground.Beside))
            else
                texts (List.replicate dots.Length category), id

        let x, y = placed ground categories (dots |> List.map _.Value)
        let size = if ground.Place.Sideways then 6 else 8

        series
            ground
            StyleParam.Mode.Markers
            x
            y
            (named category ("%{text}: " + hoverValue ground)
             >> Trace2DStyle.Scatter(MultiText = (dots |> List.map (fun dot -> escape dot.Label)))
             >> marked size look.Colour (symbolOf look.Symbol) "#ffffff" 1.0
             >> axes)

    let private linkTrace (ground: PlotlyGround) (dots: Dot list) : Trace =
        let x, y =
            placed ground (texts (dots |> List.map _.Category)) (dots |> List.map _.Value)

        plainLine ground x y (line "#9a9a9a" 1.1)

    let private spanTrace (ground: PlotlyGround) (span: Span) : Trace =
        let tint, symbol =
            if span.Significant then
                accent, StyleParam.MarkerSymbol.Circle
            else
                unclaimed, hollow StyleParam.MarkerSymbol.Circle

        series
            ground
            StyleParam.Mode.Markers
            (numbers [ span.Value ])
            (texts [ span.Category ])
            (named span.Category ("%{x:.4~g}" + unit ground.Panel.X)
             >> marked 10 tint symbol tint 1.8
             >> Trace2DStyle.Scatter(?XError = error span.Value span.Interval tint))

    let private stepsTrace (ground: PlotlyGround) (points: (float * float) list) : Trace =
        plainLine
            ground
            (numbers (List.map fst points))
            (numbers (List.map snd points))
            (dashed faint 1.5 StyleParam.DrawingStyle.Dot)

    /// The traces of one panel.
    let ofPanel (ground: PlotlyGround) : Trace list =
        let barred = ground.Panel.Layers |> List.exists _.IsBars

        ground.Panel.Layers
        |> List.collect (fun layer ->
            match layer with
            | Layer.Line(name, points) -> lineTraces ground name points
            | Layer.Scatter(name, points) -> [ scatterTrace ground name points ]
            | Layer.Fit(_, points) -> fitTraces ground points
            | Layer.Marks marks -> marksTraces ground marks
            | Layer.Steps(_, points) -> [ stepsTrace ground points ]
            | Layer.Bars bars -> bars |> List.map (barTrace ground)
            | Layer.Means bars -> bars |> List.map (meanTrace ground)
            | Layer.Dots dots ->
                dots
                |> List.groupBy _.Category
                |> List.map (fun (category, own) -> dotTrace ground barred category own)
            | Layer.Links links -> links |> List.map (snd >> linkTrace ground)
            | Layer.Spans spans -> spans |> List.map (spanTrace ground)
            | Layer.Heat map -> PlotlyHeat.traces ground.X ground.Y ground.Place map ground.Panel
            | Layer.Vacant _
            | Layer.Gaps _
            | Layer.Level _
            | Layer.Upright _ -> [])
