namespace Research.Plots

open System
open Plotly.NET
open Plotly.NET.LayoutObjects
open Research.Language
open Research.Plots.Palette
open Research.Plots.PlotlyTraces
open Research.Plots.TextWidth

/// A figure's texts, lines and axes as plotly.js's layout.
module internal PlotlyLayout =
    let private paper = "paper"

    let private xRef (ground: PlotlyGround) =
        StyleParam.LinearAxisId.toString ground.X

    let private yRef (ground: PlotlyGround) =
        StyleParam.LinearAxisId.toString ground.Y

    /// A text without an arrow, with its left end at its place.
    let private label (content: string) (size: int) (tint: string) =
        Annotation.init (
            Text = content,
            Font = font size tint,
            ShowArrow = false,
            BorderPad = 0,
            BorderWidth = 0,
            XAnchor = StyleParam.XAnchorPosition.Left,
            Align = StyleParam.AnnotationAlignment.Left
        )

    let private heading (ground: PlotlyGround) =
        label ("<b>" + joined ground.Place.Heading + "</b>") FigureLayout.headingFont ink
        |> Annotation.style (
            XRef = paper,
            YRef = paper,
            X = fst ground.Place.X,
            Y = snd ground.Place.Y,
            YAnchor = StyleParam.YAnchorPosition.Bottom,
            YShift = 10
        )

    let private scaleTitle (ground: PlotlyGround) (map: HeatMap) =
        label
            (joined (wrap FigureLayout.tickFont ground.Place.Height (PlotAxis.text map.Scale)))
            FigureLayout.tickFont
            ink
        |> Annotation.style (
            XRef = paper,
            YRef = paper,
            X = snd ground.Place.X,
            XAnchor = StyleParam.XAnchorPosition.Center,
            XShift = 76,
            Y = (fst ground.Place.Y + snd ground.Place.Y) / 2.0,
            YAnchor = StyleParam.YAnchorPosition.Middle,
            TextAngle = -90.0
        )

    let private levelName (ground: PlotlyGround) (name: string) (value: float) =
        label (joined (wrap DirectLabels.font (0.96 * ground.Place.Width) name)) DirectLabels.font faint
        |> Annotation.style (
            XRef = xRef ground + " domain",
            YRef = yRef ground,
            X = 1.0,
            XAnchor = StyleParam.XAnchorPosition.Right,
            Y = value,
            YAnchor = StyleParam.YAnchorPosition.Bottom,
            BGColor = colour "rgba(255,255,255,0.6)"
        )

    /// A text in a category's row, at a fraction of the panel's width. The row is given by number: plotly.js would read the name "0" as one.
    let private inRow (ground: PlotlyGround) (category: string) (at: float) (shift: int) (text: string) =
        let names =
            if ground.Place.Sideways then
                List.rev (FigureNames.categories ground.Panel)
            else
                FigureNames.alongY ground.Panel

        let row = names |> List.findIndex ((=) category)

        label (joined (wrap DirectLabels.font (0.96 * ground.Place.Width) text)) DirectLabels.font faint
        |> Annotation.style (
            XRef = xRef ground + " domain",
            YRef = yRef ground,
            X = at,
            XShift = shift,
            Y = row,
            YAnchor = StyleParam.YAnchorPosition.Middle,
            BGColor = colour "#ffffff"
        )

    /// A text over the place of a category without a value, upwards as its neighbours' bars are.
    let private inColumn (ground: PlotlyGround) (category: string) (text: string) =
        let column = FigureNames.categories ground.Panel |> List.findIndex ((=) category)

        label (joined (wrap DirectLabels.font (0.9 * ground.Place.Height) text)) DirectLabels.font faint
        |> Annotation.style (
            XRef = xRef ground,
            YRef = yRef ground + " domain",
            X = column,
            XAnchor = StyleParam.XAnchorPosition.Center,
            Y = 0.0,
            YShift = 6,
            YAnchor = StyleParam.YAnchorPosition.Bottom,
            TextAngle = -90.0,
            BGColor = colour "#ffffff"
        )

    let private vacant (ground: PlotlyGround) (category: string) (text: string) =
        if ground.Place.Sideways || ground.Panel.Layers |> List.exists _.IsSpans then
            inRow ground category 0.0 8 text
        else
            inColumn ground category text

    /// A text in a cell without a value.
    let private inCell (ground: PlotlyGround) (map: HeatMap) (column: string) (row: string) (text: string) =
        let width = ground.Place.Width / float map.Columns.Length
        let size = min DirectLabels.font (PlotlyHeat.cellFont ground.Place map)

        label (joined (wrap size (width - 4.0) text)) size faint
        |> Annotation.style (
            XRef = xRef ground,
            YRef = yRef ground,
            X = List.findIndex ((=) column) map.Columns,
            XAnchor = StyleParam.XAnchorPosition.Center,
            Y = List.findIndex ((=) row) map.Rows,
            YAnchor = StyleParam.YAnchorPosition.Middle,
            Align = StyleParam.AnnotationAlignment.Center
        )

    let private directLabel (ground: PlotlyGround) (own: DirectLabel) =
        let scaled (axis: PlotAxis) value = if axis.Log then log10 value else value

        let annotation =
            label (joined own.Lines) DirectLabels.font ink
            |> Annotation.style (
                XRef = xRef ground,
                YRef = yRef ground,
                X = scaled ground.Panel.X own.X,
                Y = scaled ground.Panel.Y own.Y,
                ShowArrow = true,
                ArrowColor = colour (ground.Look own.Name).Colour,
                AX = own.Right,
                AY = own.Down,
                YAnchor = StyleParam.YAnchorPosition.Middle
            )

        // A line without a head, which Plotly.NET's arrows cannot be.
        annotation.SetProperty("arrowhead", 0)
        annotation.SetProperty("arrowwidth", 1)
        annotation

    let private annotations (direct: string list) (ground: PlotlyGround) = [
        if not ground.Place.Heading.IsEmpty then
            heading ground

        match FigureNames.heatMap ground.Panel with
        | Some map -> scaleTitle ground map
        | None -> ()

        for layer in ground.Panel.Layers do
            match layer with
            | Layer.Level(name, value) -> levelName ground name value
            | Layer.Spans spans ->
                for span in spans do
                    if span.Remark <> "" then
                        inRow ground span.Category 1.0 8 span.Remark
            | Layer.Vacant rows ->
                for category, reason in rows do
                    vacant ground category reason
            | Layer.Gaps gaps ->
                for map in FigureNames.heatMap ground.Panel |> Option.toList do
                    for column, row, text in gaps do
                        inCell ground map column row text
            | _ -> ()

        if not (DirectLabels.names direct ground.Panel).IsEmpty then
            yield!
                DirectLabels.place direct ground.Place.LabelWidth ground.Place.Width ground.Place.Height ground.Panel
                |> List.map (directLabel ground)
    ]

    let private note (geometry: FigureGeometry) =
        label (joined geometry.NoteLines) FigureLayout.noteFont faint
        |> Annotation.style (
            XRef = paper,
            YRef = paper,
            X = 0.0,
            Y = 0.0,
            YAnchor = StyleParam.YAnchorPosition.Top,
            YShift = -geometry.NoteDrop
        )

    let private shapes (ground: PlotlyGround) =
        let line (xRef: string) (x0: float) (x1: float) (yRef: string) (y0: float) (y1: float) style =
            Shape.init (
                ShapeType = StyleParam.ShapeType.Line,
                Xref = xRef,
                X0 = x0,
                X1 = x1,
                Yref = yRef,
                Y0 = y0,
                Y1 = y1,
                Line = style
            )

        let dashed () =
            Line.init (Color = colour faint, Width = 1.2, Dash = StyleParam.DrawingStyle.Dash)

        ground.Panel.Layers
        |> List.collect (fun layer ->
            match layer with
            | Layer.Level(_, value) -> [ line (xRef ground + " domain") 0.0 1.0 (yRef ground) value value (dashed ()) ]
            | Layer.Upright value -> [ line (xRef ground) value value (yRef ground + " domain") 0.0 1.0 (dashed ()) ]
            | _ -> [])

    let private titleText (geometry: FigureGeometry) =
        (geometry.TitleLines |> List.map (fun line -> $"<b>{escape line}</b>"))
        @ (geometry.SubtitleLines
           |> List.map (fun line ->
               $"<span style=\"font-size:{FigureLayout.subtitleFont}px;color:{faint}\">{escape line}</span>"))
        |> fun lines -> String.Join("<br>", lines)

    let private legend (geometry: FigureGeometry) =
        let legend =
            Legend.init (
                Orientation = StyleParam.Orientation.Horizontal,
                X = 0.0,
                XAnchor = StyleParam.XAnchorPosition.Left,
                Y = -(float geometry.LegendDrop) / float geometry.PlotHeight,
                YAnchor = StyleParam.YAnchorPosition.Top,
                Font = font FigureLayout.tickFont ink,
                ItemWidth = FigureLayout.legendSample,
                EntryWidth = float geometry.LegendEntry,
                TraceGroupGap = 0.0
            )

        // Newer than Plotly.NET's fields. Without it plotly.js puts anything taller than half the room below the axes behind a scroll bar.
        legend.SetProperty("maxheight", geometry.Height)
        legend

    /// The layout. On a page it has a strip on the right for the buttons.
    let ofFigure
        (buttons: bool)
        (figure: Research.Plots.Figure)
        (geometry: FigureGeometry)
        (grounds: PlotlyGround list)
        : Layout =
        let strip = if buttons then 28 else 0
        let direct = FigureLayout.direct figure
        let isBarred (panel: Panel) = panel.Layers |> List.exists _.IsBars

        let barMode =
            if figure.Panels |> List.exists isBarred then
                Some StyleParam.BarMode.Overlay
            else
                None

        let layout =
            Layout.init (
                Title =
                    Title.init (
                        Text = titleText geometry,
                        Font = font FigureLayout.titleFont ink,
                        X = 0.0,
                        XRef = paper,
                        XAnchor = StyleParam.XAnchorPosition.Left,
                        Y = 1.0 - 26.0 / float geometry.Height,
                        YRef = "container",
                        YAnchor = StyleParam.YAnchorPosition.Top
                    ),
                Font = font FigureLayout.tickFont ink,
                PaperBGColor = colour "#ffffff",
                PlotBGColor = colour "#ffffff",
                Height = geometry.Height,
                Width = figure.Width + strip,
                ModeBar =
                    ModeBar.init (Orientation = StyleParam.Orientation.Vertical, BGColor = colour "rgba(255,255,255,0)"),
                Margin =
                    Margin.init (
                        Left = geometry.Left,
                        Right = geometry.Right + strip,
                        Top = geometry.Top,
                        Bottom = geometry.Bottom,
                        Pad = 0
                    ),
                ShowLegend = not geometry.Legend.IsEmpty,
                ?BarMode = barMode,
                HoverMode = StyleParam.HoverMode.Closest,
                Hoverlabel = Hoverlabel.init (Font = font FigureLayout.tickFont ink, BgColor = colour "#ffffff"),
                Annotations =
                    (List.collect (annotations direct) grounds
                     @ (if geometry.NoteLines.IsEmpty then [] else [ note geometry ])),
                Shapes = List.collect shapes grounds
            )

        let layout =
            if geometry.Legend.IsEmpty then
                layout
            else
                layout |> Layout.setLegend (StyleParam.SubPlotId.Legend 1, legend geometry)

        let set (id: StyleParam.LinearAxisId) (axis: LinearAxis) layout =
            let place =
                match id with
                | StyleParam.LinearAxisId.X number -> StyleParam.SubPlotId.XAxis number
                | StyleParam.LinearAxisId.Y number -> StyleParam.SubPlotId.YAxis number
                | StyleParam.LinearAxisId.Free -> invalidOp "A free axis has no place in a layout."

            Layout.setLinearAxis (place, axis) layout

        grounds
        |> List.fold
            (fun layout ground ->
                let x, y, beside = PlotlyAxes.ofPanel direct ground
                let layout = layout |> set ground.X x |> set ground.Y y

                match beside with
                | Some axis -> set ground.Beside axis layout
                | None -> layout)
            layout
