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

    let wrapped (width: int) (text: string) = String.Join("<br>", wrap width text)

    let private namesIn (layer: Layer) =
        match layer with
        | Layer.Line(name, _)
        | Layer.Scatter(name, _) -> [ name ]
        | Layer.Bars bars -> bars |> List.map _.Category
        | Layer.Dots dots -> dots |> List.map _.Category
        | Layer.Level _ -> []

    /// Series and categories in order of their first appearance: the index is the colour.
    let names (figure: Figure) =
        figure.Panels |> List.collect _.Layers |> List.collect namesIn |> List.distinct

    /// The categories of a panel; none when its x axis is numeric.
    let categories (panel: Panel) =
        panel.Layers
        |> List.collect (fun layer ->
            match layer with
            | Layer.Bars _
            | Layer.Dots _ -> namesIn layer
            | _ -> [])
        |> List.distinct

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
        /// Each panel's part of the plot's width.
        Domains: (float * float) list
        /// Characters that a category's label may have in a line.
        LabelWidth: int
    }

    let private characterWidth = 8.2
    let private gap = 96.0

    let geometry (figure: Figure) : Geometry =
        let left, right = 72, 24
        let plotWidth = figure.Width - left - right
        let count = float figure.Panels.Length
        let panelWidth = (float plotWidth - gap * (count - 1.0)) / count

        let domains = [
            for i in 0 .. figure.Panels.Length - 1 do
                let start = float i * (panelWidth + gap)
                start / float plotWidth, (start + panelWidth) / float plotWidth
        ]

        let mostCategories =
            figure.Panels |> List.map (fun panel -> (categories panel).Length) |> List.max

        let labelWidth =
            if mostCategories = 0 then
                40
            else
                max 8 (int (panelWidth / float mostCategories / characterWidth))

        let labelLines =
            figure.Panels
            |> List.collect categories
            |> List.map (fun name -> (wrap labelWidth name).Length)
            |> List.fold max 1

        let legend = legendNames figure

        let legendRows =
            let width =
                legend |> List.sumBy (fun name -> float name.Length * characterWidth + 52.0)

            int (ceil (width / float plotWidth))

        let noteLines = wrap (int (float plotWidth / 6.0)) figure.Note
        let legendDrop = 32 + 18 * labelLines + 14
        let noteDrop = legendDrop + 26 * legendRows + 8
        let bottom = noteDrop + 16 * noteLines.Length + 14

        let titleLines = wrap (int (float plotWidth / 12.2)) figure.Title
        let subtitleLines = wrap (int (float plotWidth / 8.8)) figure.Subtitle
        let top = 46 + 27 * titleLines.Length + 22 * subtitleLines.Length
        let plotHeight = max 220 (figure.Height - top - bottom)

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
            LabelWidth = labelWidth
        }
