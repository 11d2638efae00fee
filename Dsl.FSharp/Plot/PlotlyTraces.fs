namespace Research

open System.Text.Json.Nodes
open Research.FigureLayout
open Research.PlotlyNode

/// How the names of a figure look: one colour, one symbol and one kind of dashes each.
type internal Look = {
    Colour: string
    Symbol: string
    Dash: string
}

/// A figure's layers of numbers and categories as plotly.js's traces.
module internal PlotlyTraces =
    let private unit (axis: PlotAxis) =
        if axis.Unit = "" then "" else " " + escape axis.Unit

    /// A band between two edges, and the line through its middle.
    let private banded (points: LinePoint list) (fill: string) (group: string) common =
        let points =
            points
            |> List.sortBy _.X
            |> List.choose (fun p -> p.Band |> Option.map (fun band -> p.X, band))

        let edge (values: float list) filled =
            fields (
                [
                    "type", text "scatter"
                    "mode", text "lines"
                    "x", numbers (points |> List.map fst)
                    "y", numbers values
                    "line", fields [ "width", whole 0; "color", text fill ]
                ]
                @ (if filled then
                       [ "fill", text "tonexty"; "fillcolor", text fill ]
                   else
                       [])
                @ [
                    "hoverinfo", text "skip"
                    "showlegend", no ()
                    "legendgroup", text (escape group)
                ]
                @ common ()
            )

        [
            if not points.IsEmpty then
                edge (points |> List.map (fun (_, (low, _)) -> low)) false
                edge (points |> List.map (fun (_, (_, high)) -> high)) true
        ]

    let private lineTraces look showLegend name (points: LinePoint list) (panel: Panel) common =
        let points = points |> List.sortBy _.X

        let xText =
            if panel.X.Places.IsEmpty then
                $"%%{{x}}{unit panel.X}"
            else
                "%{text}"

        let place (point: LinePoint) =
            panel.X.Places
            |> List.tryFind (fst >> (=) point.X)
            |> Option.map (snd >> escape)
            |> Option.defaultValue ""

        [
            yield! banded points (translucent look.Colour 0.18) name common

            fields (
                [
                    "type", text "scatter"
                    "mode", text "lines+markers"
                    "name", text (escape name)
                    "legendgroup", text (escape name)
                    "showlegend", JsonValue.Create(showLegend: bool)
                    "x", numbers (points |> List.map _.X)
                    "y", numbers (points |> List.map _.Y)
                    "text", texts (points |> List.map place)
                    "line", fields [ "width", number 2.5; "color", text look.Colour; "dash", text look.Dash ]
                    "marker",
                    fields [
                        "size", whole 8
                        "color", text look.Colour
                        "symbol", text look.Symbol
                        "maxdisplayed", whole 12 // a marker on each of hundreds of steps would hide the line
                    ]
                    "hovertemplate",
                    text $"{escape panel.X.Title} {xText}<br>{escape panel.Y.Title} %%{{y:.4~g}}{unit panel.Y}"
                ]
                @ common ()
            )
        ]

    let private fitTraces (points: LinePoint list) common =
        let points = points |> List.sortBy _.X

        [
            yield! banded points (translucent ink 0.10) "" common

            fields (
                [
                    "type", text "scatter"
                    "mode", text "lines"
                    "hoverinfo", text "skip"
                    "showlegend", no ()
                    "x", numbers (points |> List.map _.X)
                    "y", numbers (points |> List.map _.Y)
                    "line", fields [ "width", number 1.8; "color", text ink; "dash", text "dash" ]
                ]
                @ common ()
            )
        ]

    let private scatterTrace look showLegend name (points: (float * float) list) (panel: Panel) common =
        fields (
            [
                "type", text "scatter"
                "mode", text "markers"
                "name", text (escape name)
                "legendgroup", text (escape name)
                "showlegend", JsonValue.Create(showLegend: bool)
                "x", numbers (points |> List.map fst)
                "y", numbers (points |> List.map snd)
                "marker",
                fields [
                    "size", whole 9
                    "color", text look.Colour
                    "symbol", text look.Symbol
                    "line", fields [ "color", text "#ffffff"; "width", number 1.0 ]
                ]
                "hovertemplate",
                text
                    $"{escape panel.X.Title} %%{{x:.4~g}}{unit panel.X}<br>{escape panel.Y.Title} %%{{y:.4~g}}{unit panel.Y}"
            ]
            @ common ()
        )

    let private markTrace look (mark: Mark) (panel: Panel) common =
        fields (
            [
                "type", text "scatter"
                "mode", text "markers+text"
                "name", text (escape mark.Name)
                "showlegend", no ()
                "x", numbers [ mark.X ]
                "y", numbers [ mark.Y ]
                "text", texts [ escape mark.Name ]
                "textposition", text "top center"
                "textfont", font 12 ink
                "cliponaxis", no ()
                "marker",
                fields [
                    "size", whole 11
                    "color", text look.Colour
                    "symbol", text (if mark.Filled then look.Symbol else look.Symbol + "-open")
                    "line", fields [ "color", text look.Colour; "width", number 1.5 ]
                ]
                "hovertemplate",
                text
                    $"{escape panel.X.Title} %%{{x:.4~g}}{unit panel.X}<br>{escape panel.Y.Title} %%{{y:.4~g}}{unit panel.Y}"
            ]
            @ common ()
        )

    let private stepsTrace (name: string) (points: (float * float) list) common =
        fields (
            [
                "type", text "scatter"
                "mode", text "lines"
                "name", text (escape name)
                "showlegend", no ()
                "hoverinfo", text "name"
                "x", numbers (points |> List.map fst)
                "y", numbers (points |> List.map snd)
                "line", fields [ "width", number 1.5; "color", text faint; "dash", text "dot" ]
            ]
            @ common ()
        )

    /// The field of an interval's bar, "error_x" or "error_y"; none without an interval.
    let private error (field: string) value (interval: (float * float) option) =
        interval
        |> Option.map (fun (low, high) ->
            field,
            fields [
                "type", text "data"
                "symmetric", no ()
                "array", numbers [ high - value ]
                "arrayminus", numbers [ value - low ]
                "color", text ink
                "thickness", number 1.5
                "width", whole 7
            ])
        |> Option.toList

    /// Marks of one category, which have no line in the legend.
    let private markers (category: string) x y marker hover more common =
        fields (
            [
                "type", text "scatter"
                "mode", text "markers"
                "name", text (escape category)
                "showlegend", no ()
                "x", numbers x
                "y", numbers y
                "marker", fields marker
                "hovertemplate", text hover
            ]
            @ more
            @ common ()
        )

    let private barTrace look place (bar: Bar) (panel: Panel) common =
        fields (
            [
                "type", text "bar"
                "name", text (escape bar.Category)
                "showlegend", no ()
                "x", numbers [ place ]
                "y", numbers [ bar.Value ]
                "width", number 0.58
                "marker",
                fields [
                    "color", text (translucent look.Colour 0.35)
                    "line", fields [ "color", text look.Colour; "width", number 1.5 ]
                ]
                "hovertemplate", text $"%%{{y:.4~g}}{unit panel.Y}"
            ]
            @ error "error_y" bar.Value bar.Interval
            @ common ()
        )

    /// A short thick line at the mean, and the interval.
    let private meanTrace look place (bar: Bar) (panel: Panel) common =
        markers
            bar.Category
            [ place ]
            [ bar.Value ]
            [
                "symbol", text "line-ew"
                "size", whole 22
                "line", fields [ "color", text look.Colour; "width", number 4.0 ]
            ]
            $"mean %%{{y:.4~g}}{unit panel.Y}"
            (error "error_y" bar.Value bar.Interval)
            common

    /// Dots of one category: beside a bar side by side, so that equal values do not hide one another; without a bar above one another.
    let private dotTrace look place spread (dots: Dot list) (panel: Panel) common =
        let step = min 0.07 (0.18 / float (max 1 (dots.Length - 1)))

        let offset i =
            if spread then
                0.17 + (float i - float (dots.Length - 1) / 2.0) * step
            else
                0.0

        markers
            dots.Head.Category
            (dots |> List.mapi (fun i _ -> place + offset i))
            (dots |> List.map _.Value)
            [
                "size", whole 8
                "color", text look.Colour
                "symbol", text look.Symbol
                "line", fields [ "color", text "#ffffff"; "width", number 1.2 ]
            ]
            $"%%{{text}}: %%{{y:.4~g}}{unit panel.Y}"
            [ "text", texts (dots |> List.map (fun dot -> escape dot.Label)) ]
            common

    let private linkTrace place (name: string) (dots: Dot list) common =
        let points =
            dots
            |> List.map (fun dot -> (place dot.Category: float), dot.Value)
            |> List.sortBy fst

        fields (
            [
                "type", text "scatter"
                "mode", text "lines"
                "name", text (escape name)
                "showlegend", no ()
                "hoverinfo", text "name"
                "x", numbers (points |> List.map fst)
                "y", numbers (points |> List.map snd)
                "line", fields [ "width", number 1.1; "color", text "#9a9a9a" ]
            ]
            @ common ()
        )

    let private spanTrace look place (span: Span) (panel: Panel) common =
        markers
            span.Category
            [ span.Value ]
            [ place ]
            [
                "size", whole 11
                "color", text look.Colour
                "symbol", text (if span.Filled then look.Symbol else look.Symbol + "-open")
                "line", fields [ "color", text look.Colour; "width", number 1.8 ]
            ]
            $"%%{{x:.4~g}}{unit panel.X}"
            (error "error_x" span.Value span.Interval)
            common

    let traces (figure: Figure) : Node list =
        let names = names figure
        let legend = legendNames figure

        let look name =
            let index = List.findIndex ((=) name) names

            {
                Colour = palette[index % palette.Length]
                Symbol = symbols[index % symbols.Length]
                Dash = dashes[index % dashes.Length]
            }

        let mutable shown = Set.empty

        let inLegend name =
            let first = List.contains name legend && not (shown.Contains name)
            shown <- shown.Add name
            first

        let geometry = geometry figure

        [
            for index, panel in List.indexed figure.Panels do
                let columns, lines = categories panel, rows panel

                let place name =
                    float (List.findIndex ((=) name) columns)

                let line name = float (List.findIndex ((=) name) lines)
                let barred = panel.Layers |> List.exists _.IsBars
                // A JSON node has one parent, so each trace makes its own.
                let common () = [ "xaxis", text (axisName "x" index); "yaxis", text (axisName "y" index) ]

                for layer in panel.Layers do
                    match layer with
                    | Layer.Line(name, points) -> yield! lineTraces (look name) (inLegend name) name points panel common
                    | Layer.Scatter(name, points) -> scatterTrace (look name) (inLegend name) name points panel common
                    | Layer.Fit(_, points) -> yield! fitTraces points common
                    | Layer.Marks marks ->
                        for mark in marks do
                            markTrace (look mark.Name) mark panel common
                    | Layer.Steps(name, points) -> stepsTrace name points common
                    | Layer.Bars bars ->
                        for bar in bars do
                            barTrace (look bar.Category) (place bar.Category) bar panel common
                    | Layer.Means bars ->
                        for bar in bars do
                            meanTrace (look bar.Category) (place bar.Category) bar panel common
                    | Layer.Dots dots ->
                        for category, own in dots |> List.groupBy _.Category do
                            dotTrace (look category) (place category) barred own panel common
                    | Layer.Links links ->
                        for name, dots in links do
                            linkTrace place name dots common
                    | Layer.Spans spans ->
                        for span in spans do
                            spanTrace (look span.Category) (line span.Category) span panel common
                    | Layer.Heat map -> yield! PlotlyHeat.traces geometry index map panel common
                    | Layer.Level _
                    | Layer.Upright _ -> ()
        ]
