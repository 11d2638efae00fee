namespace Research.Plots

open System
open Research.Language
open Research.Plots.TextWidth

/// A name at the end of its line, with a thin line between the two.
type internal DirectLabel = {
    Name: string
    Lines: string list
    /// The line's end, in the axes' own numbers.
    X: float
    Y: float
    /// From the line's end to the text, in pixels to the right and downwards.
    Right: float
    Down: float
}

/// Names beside lines, for figures whose legend would fill a page. Their places depend on the ranges of both axes, so such
/// a panel has fixed ranges.
module internal DirectLabels =
    let font = 12

    /// From the plot's edge to the names.
    let reach = 26.0

    let private lines (width: float) (name: string) = wrapEvenly font width name

    let private heightOf (lines: string list) = 15.0 * float lines.Length + 3.0

    /// The names of a panel's lines in `direct`.
    let names (direct: string list) (panel: Panel) : string list =
        panel.Layers
        |> List.choose (fun layer ->
            match layer with
            | Layer.Line(name, points) when not points.IsEmpty && List.contains name direct -> Some name
            | _ -> None)

    /// The width of the names when broken to at most `width`.
    let width (width: float) (names: string list) : float =
        names |> List.map (lines width >> ofLines font) |> List.fold max 0.0

    /// The height of the names stacked vertically.
    let height (width: float) (names: string list) : float =
        names |> List.sumBy (lines width >> heightOf)

    let private scaled (axis: PlotAxis) (value: float) = if axis.Log then log10 value else value

    let private range (axis: PlotAxis) (room: float) (values: float list) =
        match axis.Limits with
        | Some(low, high) -> scaled axis low, scaled axis high
        | None ->
            let values = values |> List.map (scaled axis)
            let low, high = List.min values, List.max values
            let spread = if high > low then high - low else max 1.0 (abs high)
            low - room * spread, high + room * spread

    /// The ranges of a panel's axes, in powers of ten if logarithmic.
    let ranges (panel: Panel) : (float * float) * (float * float) =
        let values pick =
            panel.Layers |> List.collect (Figure.values >> pick)

        range panel.X 0.03 (values fst), range panel.Y 0.06 (values snd)

    /// Moves the tops of boxes apart, from the highest down, and back up where that passes the floor.
    let private apart (floor: float) (boxes: (float * float) list) : float list =
        let down =
            boxes
            |> List.mapFold
                (fun free (top, height) ->
                    let top = max free top
                    top, top + height)
                0.0
            |> fst

        List.foldBack2
            (fun top (_, height) (tops, floor) ->
                let top = min top (floor - height)
                top :: tops, top)
            down
            boxes
            ([], floor)
        |> fst

    /// The labels of the lines named in `direct` in a panel of this size, with names of at most `room` width.
    let place (direct: string list) (room: float) (width: float) (height: float) (panel: Panel) : DirectLabel list =
        let (left, right), (low, high) = ranges panel

        let across x =
            (scaled panel.X x - left) / (right - left) * width

        let down y =
            (high - scaled panel.Y y) / (high - low) * height

        let ends =
            panel.Layers
            |> List.choose (fun layer ->
                match layer with
                | Layer.Line(name, points) when not points.IsEmpty && List.contains name direct ->
                    let last = points |> List.maxBy _.X
                    Some(name, lines room name, last)
                | _ -> None)
            |> List.sortBy (fun (name, _, last) -> down last.Y, name)

        let boxes =
            ends
            |> List.map (fun (_, lines, last) -> down last.Y - heightOf lines / 2.0, heightOf lines)

        List.map3
            (fun (name, lines, (last: LinePoint)) top (_, size) -> {
                Name = name
                Lines = lines
                X = last.X
                Y = last.Y
                Right = width + reach - 6.0 - across last.X
                Down = top + size / 2.0 - down last.Y
            })
            ends
            (apart height boxes)
            boxes
