namespace Research

open Research.FigureLayout
open Research.PlotlyNode

/// A heat map as plotly.js's trace, with its colour bar.
module internal PlotlyHeat =
    /// Cividis (Nuñez, Anderton and Renslow 2018), from dark to light: even in lightness and safe for the colour-blind, it also reads as grey.
    let private colours = [|
        "#00224e"
        "#123570"
        "#3b496c"
        "#575d6d"
        "#707173"
        "#8a8678"
        "#a59c74"
        "#c3b369"
        "#e1cc55"
        "#fee838"
    |]

    let private channels (hex: string) = [
        for i in [ 1; 3; 5 ] -> float (System.Convert.ToInt32(hex.Substring(i, 2), 16)) / 255.0
    ]

    /// WCAG's relative luminance of the colour at a share of the range.
    let private luminance (share: float) =
        let place = share * float (colours.Length - 1)
        let below = min (int place) (colours.Length - 2)
        let rest = place - float below

        List.map2 (fun a b -> a + rest * (b - a)) (channels colours[below]) (channels colours[below + 1])
        |> List.map (fun c ->
            if c <= 0.04045 then
                c / 12.92
            else
                ((c + 0.055) / 1.055) ** 2.4)
        |> List.map2 (*) [ 0.2126; 0.7152; 0.0722 ]
        |> List.sum

    /// Whether white text has more contrast on the colour than black.
    let private isDark share =
        let own = luminance share
        1.05 / (own + 0.05) > (own + 0.05) / 0.05

    /// The range of the colours.
    let private range (map: HeatMap) =
        match map.Scale.Limits with
        | Some limits -> limits
        | None ->
            let values = map.Cells |> List.map _.Value
            List.min values, List.max values

    /// The cells' texts, dark on light and light on dark.
    let private texts (map: HeatMap) common =
        let low, high = range map

        let share (cell: HeatCell) =
            if high > low then
                (cell.Value - low) / (high - low)
            else
                0.5

        [
            for dark, colour in [ true, "#ffffff"; false, "#000000" ] do
                let own = map.Cells |> List.filter (fun cell -> isDark (share cell) = dark)

                if not own.IsEmpty then
                    fields (
                        [
                            "type", text "scatter"
                            "mode", text "text"
                            "x", numbers (own |> List.map (fun cell -> float cell.X))
                            "y", numbers (own |> List.map (fun cell -> float cell.Y))
                            "text", texts (own |> List.map (fun cell -> (escape cell.Text).Replace("\n", "<br>")))
                            "textfont", font 13 colour
                            "hoverinfo", text "skip"
                            "showlegend", no ()
                        ]
                        @ common ()
                    )
        ]

    let private map (geometry: Geometry) index (map: HeatMap) (panel: Panel) common : Node =
        let domain = geometry.Domains[index]
        let cells = map.Cells |> List.map (fun cell -> (cell.X, cell.Y), cell) |> Map.ofList

        let matrix (content: HeatCell -> Node) =
            array [
                for y in 0 .. map.Rows.Length - 1 do
                    array [
                        for x in 0 .. map.Columns.Length - 1 do
                            match cells.TryFind((x, y)) with
                            | Some cell -> content cell
                            | None -> null
                    ]
            ]

        let unit =
            if map.Scale.Unit = "" then
                ""
            else
                " " + escape map.Scale.Unit

        let low, high = domain.Y

        fields (
            [
                "type", text "heatmap"
                "x", numbers [ for x in 0 .. map.Columns.Length - 1 -> float x ]
                "y", numbers [ for y in 0 .. map.Rows.Length - 1 -> float y ]
                "z", matrix (fun cell -> number cell.Value)
                "colorscale",
                array [
                    for i, colour in Array.indexed colours do
                        array [ number (float i / float (colours.Length - 1)); text colour ]
                ]
                "zmin", number (fst (range map))
                "zmax", number (snd (range map))
                "xgap", whole 2
                "ygap", whole 2
                "hoverongaps", no ()
                "hovertemplate",
                text
                    $"{escape panel.X.Title} %%{{x}}<br>{escape panel.Y.Title} %%{{y}}<br>{escape map.Scale.Title} %%{{z:.4~g}}{unit}<extra></extra>"
                "colorbar",
                fields [
                    "thickness", whole 14
                    "outlinewidth", whole 0
                    "tickfont", font 12 ink
                    "nticks", whole 6
                    "xref", text "paper"
                    "x", number (snd domain.X + 12.0 / float geometry.PlotWidth)
                    "xanchor", text "left"
                    "xpad", whole 0
                    "yref", text "paper"
                    "y", number ((low + high) / 2.0)
                    "yanchor", text "middle"
                    "ypad", whole 0
                    "lenmode", text "fraction"
                    "len", number (high - low)
                ]
            ]
            @ common ()
        )

    /// The cells as colours with their bar, and the texts over them.
    let traces geometry index heat panel common : Node list =
        map geometry index heat panel common :: texts heat common
