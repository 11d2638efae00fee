namespace Research

open System
open System.Text.Json.Nodes
open Research.FigureLayout

/// A figure as plotly.js's `data` and `layout`, plotly.js 4. Written with System.Text.Json's default encoder, which escapes `<`, `>` and `&`:
/// the text can stand inside a script element whatever users put into names.
module internal PlotlyJson =
    type private Node = JsonNode | null

    let private text (value: string) : Node = JsonValue.Create value
    let private number (value: float) : Node = JsonValue.Create value
    let private whole (value: int) : Node = JsonValue.Create value
    let private no () : Node = JsonValue.Create false
    let private on () : Node = JsonValue.Create true
    let private array (items: Node seq) : Node = JsonArray(Array.ofSeq items)
    let private numbers (values: float seq) = array (values |> Seq.map number)
    let private texts (values: string seq) = array (values |> Seq.map text)

    let private fields (items: (string * Node) list) : Node =
        let node = JsonObject()

        for key, value in items do
            node[key] <- value

        node

    let private font (size: int) (colour: string) =
        fields [ "size", whole size; "color", text colour; "family", text fontFamily ]

    let private axisName (letter: string) panel =
        if panel = 0 then letter else $"{letter}{panel + 1}"

    let private lineTraces
        colour
        showLegend
        (name: string)
        (points: LinePoint list)
        (x: PlotAxis)
        (y: PlotAxis)
        common
        =
        let points = points |> List.sortBy _.X

        let banded =
            points |> List.choose (fun p -> p.Band |> Option.map (fun band -> p.X, band))

        let edge (values: float list) fill =
            fields (
                [
                    "type", text "scatter"
                    "mode", text "lines"
                    "x", numbers (banded |> List.map fst)
                    "y", numbers values
                    "line", fields [ "width", whole 0; "color", text colour ]
                ]
                @ (if fill then
                       [ "fill", text "tonexty"; "fillcolor", text (translucent colour 0.18) ]
                   else
                       [])
                @ [
                    "hoverinfo", text "skip"
                    "showlegend", no ()
                    "legendgroup", text (escape name)
                ]
                @ common ()
            )

        let unit (axis: PlotAxis) =
            if axis.Unit = "" then "" else " " + axis.Unit

        [
            if not banded.IsEmpty then
                edge (banded |> List.map (fun (_, (low, _)) -> low)) false
                edge (banded |> List.map (fun (_, (_, high)) -> high)) true

            fields (
                [
                    "type", text "scatter"
                    "mode", text (if points.Length = 1 then "markers" else "lines")
                    "name", text (escape name)
                    "legendgroup", text (escape name)
                    "showlegend", JsonValue.Create(showLegend: bool)
                    "x", numbers (points |> List.map _.X)
                    "y", numbers (points |> List.map _.Y)
                    "line", fields [ "width", number 2.5; "color", text colour ]
                    "marker", fields [ "size", whole 8; "color", text colour ]
                    "hovertemplate",
                    text $"{escape x.Title} %%{{x}}{escape (unit x)}<br>{escape y.Title} %%{{y:.4~g}}{escape (unit y)}"
                ]
                @ common ()
            )
        ]

    let private barTrace colour place (bar: Bar) (y: PlotAxis) common =
        let unit = if y.Unit = "" then "" else " " + escape y.Unit

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
                    "color", text (translucent colour 0.35)
                    "line", fields [ "color", text colour; "width", number 1.5 ]
                ]
                "hovertemplate", text $"%%{{y:.4~g}}{unit}"
            ]
            @ (match bar.Interval with
               | Some(low, high) -> [
                   "error_y",
                   fields [
                       "type", text "data"
                       "symmetric", no ()
                       "array", numbers [ high - bar.Value ]
                       "arrayminus", numbers [ bar.Value - low ]
                       "color", text ink
                       "thickness", number 1.5
                       "width", whole 7
                   ]
                 ]
               | None -> [])
            @ common ()
        )

    /// Dots of one category side by side, so that equal values do not hide one another.
    let private dotTrace colour place (dots: Dot list) (y: PlotAxis) common =
        let step = min 0.1 (0.36 / float (max 1 (dots.Length - 1)))

        let offset i =
            (float i - float (dots.Length - 1) / 2.0) * step

        let unit = if y.Unit = "" then "" else " " + escape y.Unit

        fields (
            [
                "type", text "scatter"
                "mode", text "markers"
                "showlegend", no ()
                "name", text (escape dots.Head.Category)
                "x", numbers (dots |> List.mapi (fun i _ -> place + offset i))
                "y", numbers (dots |> List.map _.Value)
                "text", texts (dots |> List.map (fun dot -> escape dot.Label))
                "marker",
                fields [
                    "size", whole 8
                    "color", text colour
                    "line", fields [ "color", text "#ffffff"; "width", number 1.2 ]
                ]
                "hovertemplate", text $"%%{{text}}: %%{{y:.4~g}}{unit}"
            ]
            @ common ()
        )

    let private traces (figure: Figure) =
        let names = names figure
        let legend = legendNames figure

        let colour name =
            palette[List.findIndex ((=) name) names % palette.Length]

        let mutable shown = Set.empty

        let inLegend name =
            let first = List.contains name legend && not (shown.Contains name)
            shown <- shown.Add name
            first

        [
            for index, panel in List.indexed figure.Panels do
                let places = categories panel

                let place name =
                    float (List.findIndex ((=) name) places)
                // A JSON node has one parent, so each trace makes its own.
                let common () = [ "xaxis", text (axisName "x" index); "yaxis", text (axisName "y" index) ]

                for layer in panel.Layers do
                    match layer with
                    | Layer.Line(name, points) ->
                        yield! lineTraces (colour name) (inLegend name) name points panel.X panel.Y common
                    | Layer.Scatter(name, points) ->
                        fields (
                            [
                                "type", text "scatter"
                                "mode", text "markers"
                                "name", text (escape name)
                                "legendgroup", text (escape name)
                                "showlegend", JsonValue.Create(inLegend name: bool)
                                "x", numbers (points |> List.map fst)
                                "y", numbers (points |> List.map snd)
                                "marker",
                                fields [
                                    "size", whole 8
                                    "color", text (colour name)
                                    "line", fields [ "color", text "#ffffff"; "width", number 1.0 ]
                                ]
                            ]
                            @ common ()
                        )
                    | Layer.Bars bars ->
                        for bar in bars do
                            barTrace (colour bar.Category) (place bar.Category) bar panel.Y common
                    | Layer.Dots dots ->
                        for category, own in dots |> List.groupBy _.Category do
                            dotTrace (colour category) (place category) own panel.Y common
                    | Layer.Level _ -> ()
        ]

    let private axis (geometry: Geometry) (definition: PlotAxis) (specific: (string * Node) list) =
        fields (
            [
                "title",
                fields [
                    "text", text (escape (PlotAxis.text definition))
                    "font", font 14 ink
                    "standoff", whole 12
                ]
                "tickfont", font 13 ink
                "linecolor", text "#888888"
                "linewidth", whole 1
                "zeroline", no ()
                "gridcolor", text gridColour
                "automargin", no ()
                "type", text (if definition.Log then "log" else "linear")
            ]
            @ (match definition.Limits with
               | Some(low, high) when definition.Log -> [ "range", numbers [ Math.Log10 low; Math.Log10 high ] ]
               | Some(low, high) -> [ "range", numbers [ low; high ] ]
               | None -> [])
            @ specific
        )

    let private xAxis geometry index (panel: Panel) =
        let low, high = geometry.Domains[index]
        let places = categories panel

        axis
            geometry
            panel.X
            ([
                "domain", numbers [ low; high ]
                "anchor", text (axisName "y" index)
                "showline", on ()
                "showgrid", no ()
             ]
             @ (if places.IsEmpty then
                    [ "ticks", text "outside"; "ticklen", whole 5; "tickcolor", text "#888888" ]
                else
                    [
                        "tickmode", text "array"
                        "tickvals", numbers (places |> List.mapi (fun i _ -> float i))
                        "ticktext", texts (places |> List.map (wrapped geometry.LabelWidth))
                        "range", numbers [ -0.6; float places.Length - 0.4 ]
                        "fixedrange", on ()
                    ]))

    let private yAxis geometry index (panel: Panel) =
        let hasBars = panel.Layers |> List.exists _.IsBars

        axis
            geometry
            panel.Y
            ([
                "domain", numbers [ 0.0; 1.0 ]
                "anchor", text (axisName "x" index)
                "showline", no ()
                "nticks", whole 7
             ]
             @ (if hasBars && panel.Y.Limits.IsNone && not panel.Y.Log then
                    [ "rangemode", text "tozero" ]
                else
                    []))

    let private annotation (content: string) (size: int) (colour: string) (place: (string * Node) list) =
        fields (
            [
                "text", text content
                "font", font size colour
                "showarrow", no ()
                "xanchor", text "left"
                "align", text "left"
            ]
            @ place
        )

    let private annotations (figure: Figure) (geometry: Geometry) = [
        for index, panel in List.indexed figure.Panels do
            if panel.Title <> "" then
                annotation $"<b>{escape panel.Title}</b>" 15 ink [
                    "xref", text "paper"
                    "yref", text "paper"
                    "x", number (fst geometry.Domains[index])
                    "y", number 1.0
                    "yanchor", text "bottom"
                    "yshift", whole 10
                ]

            for layer in panel.Layers do
                match layer with
                | Layer.Level(name, value) ->
                    annotation (escape name) 12 faint [
                        "xref", text (axisName "x" index + " domain")
                        "yref", text (axisName "y" index)
                        "x", number 1.0
                        "xanchor", text "right"
                        "y", number value
                        "yanchor", text "bottom"
                    ]
                | _ -> ()

        if not geometry.NoteLines.IsEmpty then
            annotation (String.Join("<br>", geometry.NoteLines)) 12 faint [
                "xref", text "paper"
                "yref", text "paper"
                "x", number 0.0
                "y", number 0.0
                "yanchor", text "top"
                "yshift", whole -geometry.NoteDrop
            ]
    ]

    let private shapes (figure: Figure) = [
        for index, panel in List.indexed figure.Panels do
            for layer in panel.Layers do
                match layer with
                | Layer.Level(_, value) ->
                    fields [
                        "type", text "line"
                        "xref", text (axisName "x" index + " domain")
                        "yref", text (axisName "y" index)
                        "x0", number 0.0
                        "x1", number 1.0
                        "y0", number value
                        "y1", number value
                        "line", fields [ "color", text faint; "width", number 1.2; "dash", text "dash" ]
                    ]
                | _ -> ()
    ]

    /// The figure's traces.
    let data (figure: Figure) : JsonArray = JsonArray(Array.ofList (traces figure))

    /// The figure's layout. Without a width it fills the page.
    let layout (fixedWidth: bool) (figure: Figure) : JsonObject =
        let geometry = geometry figure

        let titleText = [
            if figure.Title <> "" then
                $"<b>{escape figure.Title}</b>"
            if figure.Subtitle <> "" then
                $"<span style=\"font-size:14px;color:{faint}\">{escape figure.Subtitle}</span>"
        ]

        let node = JsonObject()

        let set (key: string) (value: Node) = node[key] <- value

        set
            "title"
            (fields [
                "text", text (String.Join("<br>", titleText))
                "font", font 19 ink
                "x", number 0.0
                "xref", text "paper"
                "xanchor", text "left"
                "y", number (1.0 - 20.0 / float figure.Height)
                "yref", text "container"
                "yanchor", text "top"
            ])

        set "font" (font 13 ink)
        set "paper_bgcolor" (text "#ffffff")
        set "plot_bgcolor" (text "#ffffff")
        set "height" (whole figure.Height)

        if fixedWidth then
            set "width" (whole figure.Width)

        set
            "margin"
            (fields [
                "l", whole geometry.Left
                "r", whole geometry.Right
                "t", whole geometry.Top
                "b", whole geometry.Bottom
                "pad", whole 0
            ])

        set "showlegend" (JsonValue.Create(not (legendNames figure).IsEmpty))

        set
            "legend"
            (fields [
                "orientation", text "h"
                "x", number 0.0
                "xanchor", text "left"
                "y", number (-(float geometry.LegendDrop) / float geometry.PlotHeight)
                "yanchor", text "top"
                "font", font 13 ink
                "itemsizing", text "constant"
            ])

        set "barmode" (text "overlay")
        set "hovermode" (text "closest")
        set "hoverlabel" (fields [ "font", font 13 ink; "bgcolor", text "#ffffff" ])

        for index, panel in List.indexed figure.Panels do
            set (if index = 0 then "xaxis" else $"xaxis{index + 1}") (xAxis geometry index panel)
            set (if index = 0 then "yaxis" else $"yaxis{index + 1}") (yAxis geometry index panel)

        set "annotations" (array (annotations figure geometry))
        set "shapes" (array (shapes figure))
        node
