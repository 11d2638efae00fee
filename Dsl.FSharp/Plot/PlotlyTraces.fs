namespace Research

open System.Text.Json.Nodes
open Research.FigureLayout
open Research.PlotlyNode

/// A figure's layers as plotly.js's traces.
module internal PlotlyTraces =
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

    /// Dots of one category side by side, so that equal values do not hide one another, right of the bar's error bar.
    let private dotTrace colour place (dots: Dot list) (y: PlotAxis) common =
        let step = min 0.07 (0.18 / float (max 1 (dots.Length - 1)))

        let offset i =
            0.17 + (float i - float (dots.Length - 1) / 2.0) * step

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

    let traces (figure: Figure) =
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
