namespace Research

open System
open System.Text

/// Sizes, colours and texts of a figure, apart from the JSON they are written in.
module internal FigureLayout =
    /// Okabe and Ito's palette, which colour-blind readers can tell apart; yellow last, being faint on white.
    let palette = [|
        "#0072B2"
        "#D55E00"
        "#009E73"
        "#CC79A7"
        "#E69F00"
        "#56B4E9"
        "#000000"
        "#F0E442"
    |]

    /// A marker's shape and a line's dashes tell names apart where colours do not: in black and white.
    let symbols = [|
        "circle"
        "square"
        "diamond"
        "triangle-up"
        "x"
        "triangle-down"
        "cross"
        "star"
    |]

    let dashes = [| "solid"; "dash"; "dot"; "dashdot"; "longdash"; "longdashdot" |]

    let fontFamily =
        "Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"

    let ink = "#222222"
    let faint = "#666666"
    let gridColour = "#e6e6e6"

    /// The same colour, translucent.
    let translucent (hex: string) (opacity: float) =
        let part i =
            Convert.ToInt32(hex.Substring(i, 2), 16)

        FormattableString.Invariant $"rgba({part 1},{part 3},{part 5},{opacity})"

    /// plotly.js reads a small HTML in its texts; user text is no HTML.
    let escape (text: string) =
        text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

    /// Breaks a text into lines of at most `width` characters where it has spaces, and escapes it.
    let wrap (width: int) (text: string) : string list =
        let lines = Collections.Generic.List<string>()
        let line = StringBuilder()

        for word in text.Split([| ' '; '\n'; '\r'; '\t' |], StringSplitOptions.RemoveEmptyEntries) do
            if line.Length > 0 && line.Length + 1 + word.Length > width then
                lines.Add(line.ToString())
                line.Clear() |> ignore

            if line.Length > 0 then
                line.Append ' ' |> ignore

            line.Append word |> ignore

        if line.Length > 0 then
            lines.Add(line.ToString())

        lines |> Seq.map escape |> List.ofSeq

    /// The same with words cut that are longer than a line.
    let wrapTightly (width: int) (text: string) : string list =
        let cut (word: string) =
            if word.Length <= width || width < 3 then
                word
            else
                word.ToCharArray()
                |> Array.chunkBySize (width - 1)
                |> Array.map String
                |> String.concat "- "

        text.Split([| ' '; '\n'; '\r'; '\t' |], StringSplitOptions.RemoveEmptyEntries)
        |> Array.map cut
        |> String.concat " "
        |> wrap width

    let private namesIn (layer: Layer) =
        match layer with
        | Layer.Line(name, _)
        | Layer.Scatter(name, _) -> [ name ]
        | Layer.Marks marks -> marks |> List.map _.Name
        | Layer.Bars bars
        | Layer.Means bars -> bars |> List.map _.Category
        | Layer.Dots dots -> dots |> List.map _.Category
        | Layer.Links links -> links |> List.collect snd |> List.map _.Category
        | Layer.Spans spans -> spans |> List.map _.Category
        | Layer.Fit _
        | Layer.Steps _
        | Layer.Heat _
        | Layer.Level _
        | Layer.Upright _ -> []

    /// Series and categories in order of their first appearance: the index is the colour.
    let names (figure: Figure) =
        figure.Panels |> List.collect _.Layers |> List.collect namesIn |> List.distinct

    /// The categories along x; none when the x axis is numeric.
    let categories (panel: Panel) =
        panel.Layers
        |> List.collect (fun layer ->
            match layer with
            | Layer.Bars _
            | Layer.Dots _
            | Layer.Means _
            | Layer.Links _ -> namesIn layer
            | _ -> [])
        |> List.distinct

    let heatMap (panel: Panel) =
        panel.Layers
        |> List.tryPick (fun layer ->
            match layer with
            | Layer.Heat map -> Some map
            | _ -> None)

    /// The rows of intervals, from the lowest up: the first category stands on top.
    let rows (panel: Panel) =
        panel.Layers
        |> List.collect (fun layer -> if layer.IsSpans then namesIn layer else [])
        |> List.distinct
        |> List.rev

    let private numbered names =
        names |> List.mapi (fun i name -> float i, name)

    /// Named places along x; none when the axis is numeric.
    let xPlaces (panel: Panel) : (float * string) list =
        match heatMap panel, categories panel with
        | Some map, _ -> numbered map.Columns
        | None, [] -> panel.X.Places
        | None, categories -> numbered categories

    /// Named places along y; none when the axis is numeric.
    let yPlaces (panel: Panel) : (float * string) list =
        match heatMap panel, rows panel with
        | Some map, _ -> numbered map.Rows
        | None, [] -> panel.Y.Places
        | None, rows -> numbered rows

    /// The names that need a legend: series that no category axis names.
    let legendNames (figure: Figure) =
        let series =
            figure.Panels
            |> List.collect _.Layers
            |> List.collect (fun layer ->
                match layer with
                | Layer.Line(name, _)
                | Layer.Scatter(name, _) -> [ name ]
                | _ -> [])
            |> List.distinct

        if series.Length > 1 then series else []

    /// A panel's part of the plotting area, from 0 to 1 from the left and from the bottom.
    type Domain = {
        X: float * float
        Y: float * float
        /// Characters that a name below the x axis may have in a line.
        LabelWidth: int
        /// The size of its letters: smaller where a word would not fit.
        LabelFont: int
    }

    /// All lengths in pixels.
    type Geometry = {
        Left: int
        Right: int
        Top: int
        Bottom: int
        PlotHeight: int
        /// Of the whole figure.
        Height: int
        TitleLines: string list
        SubtitleLines: string list
        PlotWidth: int
        /// Distance of the legend's and the note's upper edge below the axis line.
        LegendDrop: int
        NoteDrop: int
        NoteLines: string list
        Domains: Domain list
        /// Height of one panel.
        PanelHeight: float
    }

    let private characterWidth = 8.2
    let private gap = 96.0
    let private labelFont = 13
    let private leastLabelFont = 9

    /// Names of rows may have so many characters in a line.
    let rowLabelWidth = 18

    /// Room that a panel needs on its left beyond the common margin, for the names of its rows, and on its right, for its colour bar.
    let private insets (panel: Panel) =
        let longest =
            yPlaces panel
            |> List.collect (fun (_, name) -> wrap rowLabelWidth name)
            |> List.map (fun line -> float line.Length * 7.4 + 14.0)
            |> List.fold max 0.0

        max 0.0 (longest - 34.0), (if (heatMap panel).IsSome then 88.0 else 0.0)

    let geometry (figure: Figure) : Geometry =
        let left, right = 72, 24
        let plotWidth = figure.Width - left - right
        let count = min figure.Columns figure.Panels.Length
        let rowCount = (figure.Panels.Length + count - 1) / count
        let cellWidth = (float plotWidth - gap * float (count - 1)) / float count

        let widthOf panel =
            let inLeft, inRight = insets panel
            max 120.0 (cellWidth - inLeft - inRight)

        let labelsOf panel =
            match xPlaces panel with
            | [] -> 40, labelFont
            | places ->
                let slot = widthOf panel / float places.Length / characterWidth

                let longest =
                    places
                    |> List.collect (fun (_, name) -> List.ofArray (name.Split ' '))
                    |> List.map _.Length
                    |> List.max
                    |> max 1

                let font =
                    int (float labelFont * slot / float longest)
                    |> min labelFont
                    |> max leastLabelFont

                max 3 (int (slot * float labelFont / float font)), font

        let labelLines =
            figure.Panels
            |> List.collect (fun panel ->
                xPlaces panel
                |> List.map (fun (_, name) -> (wrapTightly (fst (labelsOf panel)) name).Length))
            |> List.fold max 1

        let legend = legendNames figure

        let legendRows =
            let width =
                legend |> List.sumBy (fun name -> float name.Length * characterWidth + 60.0)

            int (ceil (width / float plotWidth))

        let noteLines = wrap (int (float plotWidth / 6.0)) figure.Note
        let legendDrop = 32 + 18 * labelLines + 14
        let noteDrop = legendDrop + 26 * legendRows + 8
        let bottom = noteDrop + 16 * noteLines.Length + 14

        let titleLines = wrap (int (float plotWidth / 12.2)) figure.Title
        let subtitleLines = wrap (int (float plotWidth / 8.8)) figure.Subtitle
        let top = 52 + 27 * titleLines.Length + 22 * subtitleLines.Length
        let rowGap = float (legendDrop + 44)
        let least = 220.0 * float rowCount + rowGap * float (rowCount - 1)
        let plotHeight = max (int least) (figure.Height - top - bottom)

        let panelHeight =
            (float plotHeight - rowGap * float (rowCount - 1)) / float rowCount

        let domains =
            figure.Panels
            |> List.mapi (fun i panel ->
                let inLeft, _ = insets panel
                let start = float (i % count) * (cellWidth + gap) + inLeft
                let ceiling = float plotHeight - float (i / count) * (panelHeight + rowGap)

                {
                    X = start / float plotWidth, (start + widthOf panel) / float plotWidth
                    Y = max 0.0 ((ceiling - panelHeight) / float plotHeight), ceiling / float plotHeight
                    LabelWidth = fst (labelsOf panel)
                    LabelFont = snd (labelsOf panel)
                })

        {
            Left = left
            Right = right
            Top = top
            Bottom = bottom
            PlotHeight = plotHeight
            Height = top + plotHeight + bottom
            TitleLines = titleLines
            SubtitleLines = subtitleLines
            PlotWidth = plotWidth
            LegendDrop = legendDrop
            NoteDrop = noteDrop
            NoteLines = noteLines
            Domains = domains
            PanelHeight = panelHeight
        }
