namespace Research

open System
open System.Text.Json.Nodes
open Research.FigureLayout
open Research.PlotlyNode

/// A figure as plotly.js's `data` and `layout`, plotly.js 4. Written with System.Text.Json's default encoder, which escapes `<`, `>` and `&`:
/// the text can stand inside a script element whatever users put into names.
module internal PlotlyJson =
    let private axis (geometry: Geometry) (definition: PlotAxis) (specific: (string * Node) list) =
        fields (
            [
                "title",
                fields [
                    "text", text (escape (PlotAxis.text definition))
                    "font", font 14 ink
                    "standoff", whole 14
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

    /// Named places as ticks, with `edge` room beyond the outer ones.
    let private namedTicks (width: int) (edge: float) (places: (float * string) list) =
        let at = places |> List.map fst

        [
            "tickmode", text "array"
            "tickangle", whole 0
            "tickvals", numbers at
            "ticktext",
            texts (
                places
                |> List.map (fun (_, name) -> String.Join("<br>", wrapTightly width name))
            )
            "range", numbers [ List.min at - edge; List.max at + edge ]
            "fixedrange", on ()
        ]

    let private xAxis (geometry: Geometry) index (panel: Panel) =
        let domain = geometry.Domains[index]

        let places =
            match xPlaces panel with
            | [] -> [ "ticks", text "outside"; "ticklen", whole 5; "tickcolor", text "#888888" ]
            | places ->
                let edge =
                    if (heatMap panel).IsSome then 0.5
                    elif (categories panel).IsEmpty then 0.3
                    else 0.6

                ("tickfont", font domain.LabelFont ink)
                :: namedTicks domain.LabelWidth edge places

        axis
            geometry
            panel.X
            ([
                "domain", numbers [ fst domain.X; snd domain.X ]
                "anchor", text (axisName "y" index)
                "showline", JsonValue.Create((heatMap panel).IsNone)
                "showgrid", JsonValue.Create(not (rows panel).IsEmpty)
             ]
             @ places)

    /// Bars always start at zero; lines do when zero is near, where a cut axis would only overstate differences.
    let private fromZero (panel: Panel) =
        let values = panel.Layers |> List.collect (Figure.values >> snd)

        not values.IsEmpty
        && not panel.Y.Log
        && panel.Y.Limits.IsNone
        && (panel.Layers |> List.exists _.IsBars
            || List.min values >= 0.0 && List.min values < 0.4 * List.max values)

    let private yAxis (geometry: Geometry) index (panel: Panel) =
        let domain = geometry.Domains[index]

        let specific =
            match yPlaces panel with
            | [] when fromZero panel -> [ "nticks", whole 7; "rangemode", text "tozero" ]
            | [] -> [ "nticks", whole 7 ]
            | places ->
                let edge = if (heatMap panel).IsSome then 0.5 else 0.6
                ("showgrid", no ()) :: namedTicks rowLabelWidth edge places

        axis
            geometry
            panel.Y
            ([
                "domain", numbers [ fst domain.Y; snd domain.Y ]
                "anchor", text (axisName "x" index)
                "showline", no ()
             ]
             @ specific)

    let private annotation (content: string) (size: int) (colour: string) (place: (string * Node) list) =
        fields (
            [
                "text", text content
                "font", font size colour
                "showarrow", no ()
                "borderpad", whole 0
                "borderwidth", whole 0
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
                    "x", number (fst geometry.Domains[index].X)
                    "y", number (snd geometry.Domains[index].Y)
                    "yanchor", text "bottom"
                    "yshift", whole 10
                ]

            match heatMap panel with
            | Some map ->
                let domain = geometry.Domains[index]

                annotation (escape (PlotAxis.text map.Scale)) 13 ink [
                    "xref", text "paper"
                    "yref", text "paper"
                    "x", number (snd domain.X)
                    "xanchor", text "center"
                    "xshift", whole 76
                    "y", number ((fst domain.Y + snd domain.Y) / 2.0)
                    "yanchor", text "middle"
                    "textangle", whole -90
                ]
            | None -> ()

            for place, label in
                panel.Layers
                |> List.choose (fun layer ->
                    match layer with
                    | Layer.Fit(label, _) when label <> "" -> Some label
                    | _ -> None)
                |> List.indexed do
                annotation (escape label) 12 ink [
                    "xref", text (axisName "x" index + " domain")
                    "yref", text (axisName "y" index + " domain")
                    "x", number 0.02
                    "y", number 0.99
                    "yanchor", text "top"
                    "yshift", whole (-18 * place)
                    "bgcolor", text "rgba(255,255,255,0.75)"
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
                        "bgcolor", text "rgba(255,255,255,0.6)"
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

    let private dashed () =
        fields [ "color", text faint; "width", number 1.2; "dash", text "dash" ]

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
                        "line", dashed ()
                    ]
                | Layer.Upright value ->
                    fields [
                        "type", text "line"
                        "xref", text (axisName "x" index)
                        "yref", text (axisName "y" index + " domain")
                        "x0", number value
                        "x1", number value
                        "y0", number 0.0
                        "y1", number 1.0
                        "line", dashed ()
                    ]
                | _ -> ()
    ]

    /// The figure's traces.
    let data (figure: Figure) : JsonArray =
        JsonArray(Array.ofList (PlotlyTraces.traces figure))

    /// The figure's layout. On a page it has a strip on the right for the buttons.
    let layout (buttons: bool) (figure: Figure) : JsonObject =
        let geometry = geometry figure
        let strip = if buttons then 28 else 0

        let titleText =
            (geometry.TitleLines |> List.map (fun line -> $"<b>{line}</b>"))
            @ (geometry.SubtitleLines
               |> List.map (fun line -> $"<span style=\"font-size:14px;color:{faint}\">{line}</span>"))

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
                "y", number (1.0 - 26.0 / float geometry.Height)
                "yref", text "container"
                "yanchor", text "top"
            ])

        set "font" (font 13 ink)
        set "paper_bgcolor" (text "#ffffff")
        set "plot_bgcolor" (text "#ffffff")
        set "height" (whole geometry.Height)
        set "width" (whole (figure.Width + strip))
        set "modebar" (fields [ "orientation", text "v"; "bgcolor", text "rgba(255,255,255,0)" ])

        set
            "margin"
            (fields [
                "l", whole geometry.Left
                "r", whole (geometry.Right + strip)
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
                "itemwidth", whole 44
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
