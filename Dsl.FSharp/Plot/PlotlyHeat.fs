namespace Research.Plots

open System
open Plotly.NET
open Research.Language
open Research.Plots.Palette
open Research.Plots.TextWidth

/// A heat map as plotly.js's traces, with its colour bar.
module internal PlotlyHeat =
    /// Cividis (Nuñez, Anderton and Renslow 2018), from dark to light: even in lightness, safe for the colour-blind and readable in grey.
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
        for i in [ 1; 3; 5 ] -> float (Convert.ToInt32(hex.Substring(i, 2), 16)) / 255.0
    ]

    /// WCAG's relative luminance of the colour at a fraction of the range.
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

    /// The range of the colours, with a single value in its middle.
    let private range (map: HeatMap) =
        let low, high =
            match map.Scale.Limits with
            | Some limits -> limits
            | None ->
                let values = map.Cells |> List.map _.Value
                List.min values, List.max values

        if high > low then low, high else low - 0.5, high + 0.5

    /// The largest letters, down to the least that can be read, whose lines stay inside every cell.
    let cellFont (place: PanelPlace) (map: HeatMap) : int =
        let width = place.Width / float map.Columns.Length - 4.0
        let height = place.Height / float map.Rows.Length - 4.0

        let stays font (cell: HeatCell) =
            let lines = cell.Text.Split '\n' |> List.ofArray

            ofLines font lines <= width && 1.3 * float font * float lines.Length <= height

        [ 13..-1..7 ]
        |> List.tryFind (fun font -> map.Cells |> List.forall (stays font))
        |> Option.defaultValue 6

    /// The cells' texts, dark on light and light on dark.
    let private cellTexts x y (place: PanelPlace) (map: HeatMap) : Trace list =
        let low, high = range map
        let size = float (cellFont place map)

        let share (cell: HeatCell) = (cell.Value - low) / (high - low)

        [
            for dark, colour in [ true, "#ffffff"; false, "#000000" ] do
                let own = map.Cells |> List.filter (fun cell -> isDark (share cell) = dark)

                if not own.IsEmpty then
                    Trace2D.initScatter (
                        Trace2DStyle.Scatter(
                            Mode = StyleParam.Mode.Text,
                            X = (own |> List.map (fun cell -> escape map.Columns[cell.X])),
                            Y = (own |> List.map (fun cell -> escape map.Rows[cell.Y])),
                            MultiText = (own |> List.map (fun cell -> joined (List.ofArray (cell.Text.Split '\n')))),
                            TextFont =
                                Font.init (
                                    Family = StyleParam.FontFamily.Custom fontFamily,
                                    Size = size,
                                    Color = Color.fromString colour
                                ),
                            HoverInfo = StyleParam.HoverInfo.Skip,
                            ShowLegend = false,
                            XAxis = x,
                            YAxis = y
                        )
                    )
        ]

    let private colourBar (place: PanelPlace) =
        let low, high = place.Y

        ColorBar.init (
            Thickness = 14.0,
            OutlineWidth = 0.0,
            TickFont =
                Font.init (Family = StyleParam.FontFamily.Custom fontFamily, Size = 12.0, Color = Color.fromString ink),
            NTicks = 6,
            XRef = "paper",
            X = snd place.X + 12.0 / place.Width * (snd place.X - fst place.X),
            XAnchor = StyleParam.HorizontalAlign.Left,
            XPad = 0.0,
            YRef = "paper",
            Y = (low + high) / 2.0,
            YAnchor = StyleParam.VerticalAlign.Middle,
            YPad = 0.0,
            LenMode = StyleParam.UnitMode.Fraction,
            Len = high - low
        )

    let private cells x y (place: PanelPlace) (map: HeatMap) (panel: Panel) : Trace =
        let values =
            map.Cells
            |> List.map (fun cell -> (cell.X, cell.Y), Nullable cell.Value)
            |> Map.ofList

        let unit =
            if map.Scale.Unit = "" then
                ""
            else
                " " + escape map.Scale.Unit

        // A cell without a value is null, which is not a Plotly.NET type.
        let matrix = [
            for y in 0 .. map.Rows.Length - 1 ->
                [
                    for x in 0 .. map.Columns.Length - 1 ->
                        values |> Map.tryFind (x, y) |> Option.defaultValue (Nullable())
                ]
        ]

        let trace =
            Trace2D.initHeatmap (
                Trace2DStyle.Heatmap(
                    X = (map.Columns |> List.map escape),
                    Y = (map.Rows |> List.map escape),
                    ColorScale =
                        StyleParam.Colorscale.Custom [
                            for i, colour in Array.indexed colours ->
                                float i / float (colours.Length - 1), Color.fromString colour
                        ],
                    ZMin = fst (range map),
                    ZMax = snd (range map),
                    XGap = 2,
                    YGap = 2,
                    HoverOnGaps = false,
                    HoverTemplate =
                        $"{escape panel.X.Title} %%{{x}}<br>{escape panel.Y.Title} %%{{y}}<br>{escape map.Scale.Title} %%{{z:.4~g}}{unit}<extra></extra>",
                    ColorBar = colourBar place,
                    XAxis = x,
                    YAxis = y
                )
            )

        trace.SetProperty("z", matrix)
        trace

    /// The cells as colours with their bar, and the texts over them.
    let traces x y (place: PanelPlace) (map: HeatMap) (panel: Panel) : Trace list =
        cells x y place map panel :: cellTexts x y place map
