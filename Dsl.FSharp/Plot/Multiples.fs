namespace Research.Plots

open System
open Research.Language
open Research.Runs

/// The same panel for every value of an axis, on one scale.
[<RequireQualifiedAccess>]
module Multiples =
    let private union (ranges: (float * float) list) =
        let low, high =
            ranges |> List.map fst |> List.min, ranges |> List.map snd |> List.max

        let room = 0.06 * (high - low)
        let room = if room > 0.0 then room else max 0.5 (0.1 * abs high)
        // Quantities that are never negative get no room below zero.
        let bottom = low - room
        (if low >= 0.0 && bottom < 0.0 then 0.0 else bottom), high + room

    let private range values =
        match values with
        | [] -> None
        | values -> Some(List.min values, List.max values)

    /// Gives all panels a common y axis, and heat maps a common range of colours.
    let shared (panels: Panel list) : Panel list =
        let isHeat (panel: Panel) = panel.Layers |> List.exists _.IsHeat

        let valuesOf (panel: Panel) =
            panel.Layers |> List.collect (Figure.values >> snd)

        let lines =
            panels
            |> List.filter (fun (panel: Panel) -> not (isHeat panel) && not panel.Y.Log)
            |> List.choose (fun panel ->
                let values = valuesOf panel

                range (
                    if panel.Layers |> List.exists _.IsBars then
                        0.0 :: values
                    else
                        values
                ))

        let colours = panels |> List.filter isHeat |> List.collect valuesOf |> range

        panels
        |> List.map (fun (panel: Panel) ->
            if isHeat panel then
                {
                    panel with
                        Layers =
                            panel.Layers
                            |> List.map (fun layer ->
                                match layer with
                                | Layer.Heat map ->
                                    Layer.Heat {
                                        map with
                                            Scale = { map.Scale with Limits = colours }
                                    }
                                | layer -> layer)
                }
            elif lines.IsEmpty || panel.Y.Log then
                panel
            else
                let low, high = union lines

                {
                    panel with
                        Y = PlotAxis.limits low high panel.Y
                })

    /// The runs of each value of an axis, in run order, with arms named by their other axes. Raises `ArgumentException` when no run has
    /// the axis.
    let split (axis: string) (runs: RunRecord list) : (string * RunRecord list) list =
        AxisPlot.labels axis runs
        |> List.map (fun label ->
            label,
            runs
            |> List.filter (fun run -> AxisPlot.labelOn axis run = Some label)
            |> List.map (fun run ->
                let others = run.Axes |> List.filter (fst >> (<>) axis)

                {
                    run with
                        Axes = others
                        Arm =
                            if others.IsEmpty then
                                run.Arm
                            else
                                String.Join(", ", List.map snd others)
                }))
