namespace Research.Plots

/// The names in a figure, and the axes along which they appear.
module internal FigureNames =
    let heatMap (panel: Panel) =
        panel.Layers
        |> List.tryPick (fun layer ->
            match layer with
            | Layer.Heat map -> Some map
            | _ -> None)

    /// A layer's names that have their own colours.
    let private coloured (layer: Layer) =
        match layer with
        | Layer.Line(name, _)
        | Layer.Scatter(name, _) -> [ name ]
        | Layer.Marks marks -> marks |> List.map _.Name
        | Layer.Bars bars
        | Layer.Means bars -> bars |> List.map _.Category
        | Layer.Dots dots -> dots |> List.map _.Category
        | Layer.Links links -> links |> List.collect snd |> List.map _.Category
        | _ -> []

    /// Series and categories in order of first appearance: the index determines the look.
    let all (figure: Figure) : string list =
        figure.Panels |> List.collect _.Layers |> List.collect coloured |> List.distinct

    /// Categories without a value.
    let private vacant (panel: Panel) =
        panel.Layers
        |> List.collect (fun layer ->
            match layer with
            | Layer.Vacant named -> List.map fst named
            | _ -> [])

    /// The categories along x; none when the x axis is numeric.
    let categories (panel: Panel) : string list =
        panel.Layers
        |> List.collect (fun layer ->
            match layer with
            | Layer.Bars _
            | Layer.Dots _
            | Layer.Means _
            | Layer.Links _ -> coloured layer
            | _ -> [])
        |> fun named -> if named.IsEmpty then [] else named @ vacant panel
        |> List.distinct

    /// The rows of intervals, from the lowest up: the first category is on top.
    let private rows (panel: Panel) =
        panel.Layers
        |> List.collect (fun layer ->
            match layer with
            | Layer.Spans spans -> spans |> List.map _.Category
            | _ -> [])
        |> fun named ->
            if panel.Layers |> List.exists _.IsSpans then
                named @ vacant panel
            else
                []
        |> List.distinct
        |> List.rev

    /// The names along x from the left; none when the axis is numeric.
    let alongX (panel: Panel) : string list =
        match heatMap panel, categories panel with
        | Some map, _ -> map.Columns
        | None, [] -> panel.X.Places
        | None, categories -> categories

    /// The names along y from the lowest; none when the axis is numeric.
    let alongY (panel: Panel) : string list =
        match heatMap panel, rows panel with
        | Some map, _ -> map.Rows
        | None, [] -> panel.Y.Places
        | None, rows -> rows

    /// The texts at the ends of rows.
    let remarks (panel: Panel) : string list =
        panel.Layers
        |> List.collect (fun layer ->
            match layer with
            | Layer.Spans spans -> spans |> List.map _.Remark
            | _ -> [])
        |> List.filter ((<>) "")

    let private marks (figure: Figure) =
        figure.Panels
        |> List.collect _.Layers
        |> List.sumBy (fun layer ->
            match layer with
            | Layer.Marks marks -> marks.Length
            | _ -> 0)

    /// Whether points have their names beside them. More names than the palette's colours would hide one another, and go into the legend.
    let besideMarks (figure: Figure) = marks figure <= Palette.colours.Length

    let private inLegend (figure: Figure) (layer: Layer) =
        match layer with
        | Layer.Line(name, _)
        | Layer.Scatter(name, _) -> [ name ]
        | Layer.Marks marks when not (besideMarks figure) -> marks |> List.map _.Name
        | _ -> []

    /// The names that need a legend: series not named by an axis or a text beside them.
    let legend (figure: Figure) : string list =
        match
            figure.Panels
            |> List.collect _.Layers
            |> List.collect (inLegend figure)
            |> List.distinct
        with
        | [ _ ] -> []
        | names -> names

    /// Whether the legend names only lines.
    let onlyLines (figure: Figure) =
        figure.Panels
        |> List.collect _.Layers
        |> List.forall (fun layer -> layer.IsLine || (inLegend figure layer).IsEmpty)
