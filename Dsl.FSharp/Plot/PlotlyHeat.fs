namespace Research

open Research.FigureLayout
open Research.PlotlyNode

/// A heat map as plotly.js's trace, with its colour bar.
module internal PlotlyHeat =
    let trace (geometry: Geometry) index (map: HeatMap) (panel: Panel) common : Node =
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
                "text", matrix (fun cell -> text ((escape cell.Text).Replace("\n", "<br>")))
                "texttemplate", text "%{text}"
                "textfont", fields [ "size", whole 13; "family", text fontFamily ]
                // Even in lightness and safe for the colour-blind, it also reads as grey.
                "colorscale", text "Cividis"
                "xgap", whole 2
                "ygap", whole 2
                "hoverongaps", no ()
                "hovertemplate",
                text
                    $"{escape panel.X.Title} %%{{x}}<br>{escape panel.Y.Title} %%{{y}}<br>{escape map.Scale.Title} %%{{z:.4~g}}{unit}<extra></extra>"
                "colorbar",
                fields [
                    "title",
                    fields [
                        "text", text (escape (PlotAxis.text map.Scale))
                        "side", text "right"
                        "font", font 13 ink
                    ]
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
            @ (match map.Scale.Limits with
               | Some(least, most) -> [ "zmin", number least; "zmax", number most ]
               | None -> [])
            @ common ()
        )
