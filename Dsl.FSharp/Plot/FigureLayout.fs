namespace Research.Plots

open System
open Research.Language
open Research.Plots.TextWidth

/// The names along an axis, from its low end, and how they are written.
type internal AxisNames = {
    Names: string list
    /// The lines of each name.
    Lines: string list list
    Font: int
    /// Written vertically, below an axis that is too short for them.
    Upright: bool
}

/// A panel's part of a figure. Lengths in pixels.
type internal PanelPlace = {
    /// Of the plotting area, from 0 to 1 from the left and from the bottom.
    X: float * float
    Y: float * float
    Width: float
    Height: float
    /// Categories are rows from the top, since there is no room for their names side by side.
    Sideways: bool
    XNames: AxisNames option
    YNames: AxisNames option
    XTitle: string list
    XRemark: string list
    YTitle: string list
    Heading: string list
    /// Room for a name at a line's end.
    LabelWidth: float
}

/// All lengths in pixels.
type internal FigureGeometry = {
    Left: int
    Right: int
    Top: int
    Bottom: int
    PlotWidth: int
    PlotHeight: int
    /// Of the whole figure.
    Height: int
    TitleLines: string list
    SubtitleLines: string list
    NoteLines: string list
    /// Distance of the legend's and the note's upper edge below the lowest axis.
    LegendDrop: int
    NoteDrop: int
    Legend: string list
    /// The room for a name in the legend, beyond its sample.
    LegendEntry: int
    Places: PanelPlace list
}

/// The layout of a figure, from the widths of its texts. Nothing is cut off: a figure grows in height instead.
module internal FigureLayout =
    let titleFont, subtitleFont, noteFont = 19, 14, 12
    let headingFont, axisFont, remarkFont, tickFont = 15, 14, 12, 13
    let labelFont = DirectLabels.font

    /// The space that plotly.js puts around a legend's name: the sample and the gaps.
    let legendSample = 44

    let private legendGaps = 12

    /// Between two panels side by side: the names and the title of the right one's y axis.
    let private gap = 96.0

    /// The share of a panel that names at lines' ends may take.
    let private labelShare = 0.42

    let private names (figure: Figure) = FigureNames.legend figure

    let private columnsFit (width: float) (names: string list) : AxisNames option =
        let slot = width / (float names.Length + 0.2) - 6.0

        [ 13; 12; 11; 10 ]
        |> List.tryPick (fun font ->
            let lines = names |> List.map (wrapEvenly font slot)

            if
                names |> List.forall (fits font slot)
                && lines |> List.forall (fun lines -> lines.Length <= 4)
            then
                Some {
                    Names = names
                    Lines = lines
                    Font = font
                    Upright = false
                }
            else
                None)

    /// Names written vertically: as many lines as fit side by side in a slot, as long as necessary.
    let private upright (width: float) (names: string list) : AxisNames =
        let slot = width / float names.Length
        let font = if slot >= 16.0 then 12 else 9
        let most = max 1 (int (slot / (1.3 * float font)))

        let lines =
            [ 110.0; 160.0; 220.0; 300.0 ]
            |> List.map (fun length -> names |> List.map (wrap font length))
            |> List.tryFind (List.forall (fun lines -> lines.Length <= most))
            |> Option.defaultWith (fun () -> names |> List.map List.singleton)

        {
            Names = names
            Lines = lines
            Font = font
            Upright = true
        }

    let private rowsFit (width: float) (names: string list) : AxisNames = {
        Names = names
        Lines = names |> List.map (wrapEvenly tickFont width)
        Font = tickFont
        Upright = false
    }

    let private lineHeight font = 1.3 * float font

    /// The height of the names below an x axis, and the width of those beside a y axis.
    let private namesBelow (names: AxisNames option) =
        match names with
        | None -> 22.0
        | Some names when names.Upright -> 10.0 + (names.Lines |> List.map (ofLines names.Font) |> List.fold max 0.0)
        | Some names ->
            8.0
            + lineHeight names.Font
              * float (names.Lines |> List.map _.Length |> List.fold max 1)

    let private namesBeside (names: AxisNames) =
        names.Lines |> List.map (ofLines names.Font) |> List.fold max 0.0

    let private axisLines (width: float) (axis: PlotAxis) =
        wrap axisFont width (PlotAxis.text axis)

    /// The smaller text below the x axis: its own remark and a fitted line's result.
    let private remarkLines (width: float) (panel: Panel) =
        let fits =
            panel.Layers
            |> List.choose (fun layer ->
                match layer with
                | Layer.Fit(text, _) -> Some text
                | _ -> None)

        panel.X.Remark :: fits |> List.collect (wrap remarkFont width)

    let private belowAxis (width: float) (names: AxisNames option) (axis: PlotAxis) (panel: Panel) =
        namesBelow names
        + 14.0
        // The remark is part of the title, whose font sets the distance of all its lines.
        + lineHeight axisFont
          * float ((axisLines width axis).Length + (remarkLines width panel).Length)

    /// A panel before heights are known.
    type private Draft = {
        Panel: Panel
        InLeft: float
        Width: float
        Turned: bool
        Columns: AxisNames option
        Rows: AxisNames option
        Least: float
        /// The height that rows ask for; none for other panels, which take what is left.
        Wanted: float option
        Below: float
        YLines: string list
        HeadingLines: string list
    }

    /// A few rows are farther apart.
    let private rowHeight (panel: Panel) (names: AxisNames) =
        let lines = names.Lines |> List.map _.Length |> List.fold max 1

        let pleasant =
            if (FigureNames.heatMap panel).IsSome || names.Names.Length <= 6 then
                44.0
            elif names.Names.Length <= 12 || panel.Layers |> List.exists _.IsBars then
                36.0
            else
                25.0

        max pleasant (lineHeight tickFont * float lines + 6.0)

    let private draft (cell: float) (height: float) (direct: string list) (panel: Panel) : Draft =
        let bar = if (FigureNames.heatMap panel).IsSome then 88.0 else 0.0
        let labels = DirectLabels.names direct panel

        let inRight =
            if labels.IsEmpty then
                bar
                + (FigureNames.remarks panel
                   |> ofLines labelFont
                   |> fun width -> if width > 0.0 then width + 8.0 else 0.0)
            else
                DirectLabels.reach + DirectLabels.width (labelShare * cell) labels

        let yLines = axisLines height panel.Y

        let inLeft (rows: AxisNames option) =
            match rows with
            | Some rows -> max 0.0 (namesBeside rows + 20.0 - 34.0)
            | None -> lineHeight axisFont * float (yLines.Length - 1)

        let rows =
            match FigureNames.alongY panel with
            | [] -> None
            | names -> Some(rowsFit (0.38 * cell) names)

        let width rows =
            max 120.0 (cell - inLeft rows - inRight)

        let columns, rows, turned =
            match FigureNames.alongX panel with
            | [] -> None, rows, false
            | names ->
                match columnsFit (width rows) names, FigureNames.categories panel with
                | Some columns, _ -> Some columns, rows, false
                | None, [] -> Some(upright (width rows) names), rows, false
                // The first category is on top.
                | None, categories -> None, Some(rowsFit (0.38 * cell) (List.rev categories)), true

        let width = width rows
        let xAxis = if turned then panel.Y else panel.X

        let wanted =
            rows
            |> Option.map (fun rows -> rowHeight panel rows * float rows.Names.Length + 16.0)

        {
            Panel = panel
            InLeft = inLeft rows
            Width = width
            Turned = turned
            Columns = columns
            Rows = rows
            Least =
                (match wanted with
                 | Some wanted -> max 110.0 wanted
                 | None -> max 220.0 (DirectLabels.height (labelShare * cell) labels))
            Wanted = wanted |> Option.map (max 110.0)
            Below = belowAxis width columns xAxis panel
            YLines = (if turned then axisLines height panel.X else yLines)
            HeadingLines = wrap headingFont (cell / bold) panel.Title
        }

    /// Whether labels at the ends of lines replace the legend: when it has more names than the palette has colours, or fills more
    /// than four rows. Points have no end, so figures with points keep the legend.
    let private collapsed (plotWidth: float) (figure: Figure) =
        let names = names figure
        let widest = names |> List.map (ofText tickFont) |> List.fold max 1.0
        let across = max 1 (int (plotWidth / (widest + float (legendSample + legendGaps))))

        FigureNames.onlyLines figure
        && (names.Length > Palette.colours.Length
            || (names.Length + across - 1) / across > 4)

    /// The names at the ends of lines instead of in a legend.
    let direct (figure: Figure) : string list =
        if collapsed (float (figure.Width - 96)) figure then
            names figure
        else
            []

    let geometry (figure: Figure) : FigureGeometry =
        let left, right = 72, 24
        let plotWidth = figure.Width - left - right
        let count = min figure.Columns figure.Panels.Length
        let rowCount = (figure.Panels.Length + count - 1) / count
        let cell = (float plotWidth - gap * float (count - 1)) / float count
        let direct = direct figure
        let share = max 220.0 (float (figure.Height - 200) / float rowCount - 80.0)

        let drafts =
            figure.Panels |> List.map (draft cell share direct) |> List.chunkBySize count

        let noteLines = wrap noteFont (float plotWidth) figure.Note
        let titleLines = wrap titleFont (float plotWidth / bold) figure.Title
        let subtitleLines = wrap subtitleFont (float plotWidth) figure.Subtitle

        let heading (row: Draft list) =
            20.0 * float (row |> List.map _.HeadingLines.Length |> List.max)

        let below (row: Draft list) = row |> List.map _.Below |> List.max

        // Turns the legend's names into its rows.
        let legend = if direct.IsEmpty then names figure else []
        let room = float plotWidth - float (legendSample + legendGaps)
        let widest = legend |> List.map (ofText tickFont) |> List.fold max 0.0 |> min room

        let across =
            max 1 (int (float plotWidth / (widest + float (legendSample + legendGaps) + 8.0)))

        let legendHeight =
            legend
            |> List.map (fun name -> (wrap tickFont widest name).Length)
            |> List.chunkBySize across
            |> List.sumBy (fun row -> 3.0 + lineHeight tickFont * float (List.max row))

        let legendDrop = int (below (List.last drafts)) + 12

        let noteDrop =
            legendDrop + (if legend.IsEmpty then 0 else int (ceil legendHeight) + 16)

        let bottom = noteDrop + 16 * noteLines.Length + 14

        let top =
            26
            + 27 * titleLines.Length
            + 20 * subtitleLines.Length
            + int (heading drafts.Head)
            + 12

        let gaps =
            drafts
            |> List.pairwise
            |> List.map (fun (upper, lower) -> below upper + 26.0 + heading lower)

        let even = (float (figure.Height - top - bottom) - List.sum gaps) / float rowCount

        let heights =
            drafts
            |> List.map (fun row ->
                let least = row |> List.map _.Least |> List.max

                if row |> List.forall _.Wanted.IsSome then
                    least
                else
                    max least even)

        let plotHeight = ceil (List.sum heights + List.sum gaps)

        let ceilings =
            (List.zip heights (gaps @ [ 0.0 ]))
            |> List.scan (fun ceiling (height, gap) -> ceiling - height - gap) plotHeight

        let places = [
            for row, (height, ceiling) in List.zip drafts (List.zip heights (List.take rowCount ceilings)) do
                for i, draft in List.indexed row do
                    let start = float i * (cell + gap) + draft.InLeft
                    let xAxis = if draft.Turned then draft.Panel.Y else draft.Panel.X

                    {
                        X = start / float plotWidth, min 1.0 ((start + draft.Width) / float plotWidth)
                        Y = max 0.0 ((ceiling - height) / plotHeight), ceiling / plotHeight
                        Width = draft.Width
                        Height = height
                        Sideways = draft.Turned
                        XNames = draft.Columns
                        YNames = draft.Rows
                        XTitle = axisLines draft.Width xAxis
                        XRemark = remarkLines draft.Width draft.Panel
                        YTitle = draft.YLines
                        Heading = draft.HeadingLines
                        LabelWidth = labelShare * cell
                    }
        ]

        {
            Left = left
            Right = right
            Top = top
            Bottom = bottom
            PlotWidth = plotWidth
            PlotHeight = int plotHeight
            Height = top + int plotHeight + bottom
            TitleLines = titleLines
            SubtitleLines = subtitleLines
            NoteLines = noteLines
            LegendDrop = legendDrop
            NoteDrop = noteDrop
            Legend = legend
            LegendEntry = int widest + 8
            Places = places
        }
