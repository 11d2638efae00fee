namespace Research.Plots

open System
open Plotly.NET
open Plotly.NET.LayoutObjects
open Research.Language
open Research.Plots.Palette
open Research.Plots.PlotlyTraces
open Research.Plots.TextWidth

/// A panel's axes.
module internal PlotlyAxes =
    let private range (low: float) (high: float) = StyleParam.Range.ofMinMax (low, high)

    /// Bars always start at zero; lines do when zero is near, where a cut axis would only exaggerate differences.
    let private fromZero (panel: Panel) =
        let values = panel.Layers |> List.collect (Figure.values >> snd)

        not values.IsEmpty
        && not panel.Y.Log
        && panel.Y.Limits.IsNone
        && (panel.Layers |> List.exists _.IsBars
            || List.min values >= 0.0 && List.min values < 0.4 * List.max values)

    /// Room beyond the outer categories, in units of their distance.
    let private edge (panel: Panel) =
        if (FigureNames.heatMap panel).IsSome then 0.5
        elif not panel.X.Places.IsEmpty then 0.3
        else 0.6

    let private limits (axis: PlotAxis) =
        match axis.Limits with
        | Some(low, high) when axis.Log -> Some(range (log10 low) (log10 high))
        | Some(low, high) -> Some(range low high)
        | None -> None

    let private title (lines: string list) (remark: string list) =
        let small =
            remark
            |> List.map (fun line ->
                $"<span style=\"font-size:{FigureLayout.remarkFont}px;color:{faint}\">{escape line}</span>")

        Title.init (
            Text = String.Join("<br>", List.map escape lines @ small),
            Font = font FigureLayout.axisFont ink,
            Standoff = 14
        )

    /// An axis whose names are categories: a name such as "0.25" or "2024-01-01" must not become a number or a date.
    let private ofNames (names: AxisNames) room =
        let keys = names.Names |> List.map escape

        LinearAxis.init (
            AxisType = StyleParam.AxisType.Category,
            CategoryOrder = StyleParam.CategoryOrder.Array,
            CategoryArray = keys,
            TickMode = StyleParam.TickMode.Array,
            TickVals = keys,
            TickText = (names.Lines |> List.map joined),
            TickAngle = (if names.Upright then -90 else 0),
            TickFont = font names.Font ink,
            Range = range -room (float names.Names.Length - 1.0 + room),
            FixedRange = true
        )

    let private ofNumbers (definition: PlotAxis) limits =
        LinearAxis.init (
            AxisType =
                (if definition.Log then
                     StyleParam.AxisType.Log
                 else
                     StyleParam.AxisType.Linear),
            TickFont = font FigureLayout.tickFont ink,
            NTicks = 7,
            ?Range = limits
        )

    let private looks (axis: LinearAxis) =
        axis
        |> LinearAxis.style (
            LineColor = colour "#888888",
            LineWidth = 1.0,
            ZeroLine = false,
            GridColor = colour gridColour
        )

    /// A panel's axes: x, y and, if something stands beside categories, the numbers over them.
    let ofPanel (direct: string list) (ground: PlotlyGround) =
        let panel, place = ground.Panel, ground.Place
        let isHeat = (FigureNames.heatMap panel).IsSome

        let xDefinition, yDefinition =
            if place.Sideways then
                panel.Y, panel.X
            else
                panel.X, panel.Y

        let fixedX, fixedY =
            if (DirectLabels.names direct panel).IsEmpty then
                limits xDefinition, limits yDefinition
            else
                let (left, right), (low, high) = DirectLabels.ranges panel
                Some(range left right), Some(range low high)

        let tozero axis =
            if fromZero panel && fixedY.IsNone then
                axis |> LinearAxis.style (RangeMode = StyleParam.RangeMode.ToZero)
            else
                axis

        let x =
            match place.XNames with
            | Some names -> ofNames names (edge panel) |> LinearAxis.style (ShowGrid = false)
            | None ->
                ofNumbers xDefinition fixedX
                |> (if place.Sideways then tozero else id)
                |> LinearAxis.style (
                    Ticks = StyleParam.TickOptions.Outside,
                    TickLen = 5,
                    TickColor = colour "#888888",
                    ShowGrid = place.YNames.IsSome
                )

        let y =
            match place.YNames with
            | Some names -> ofNames names (edge panel) |> LinearAxis.style (ShowGrid = false)
            | None -> ofNumbers yDefinition fixedY |> tozero

        let beside =
            if panel.Layers |> List.exists _.IsBars then
                let count = float (FigureNames.categories panel).Length

                LinearAxis.init (
                    AxisType = StyleParam.AxisType.Linear,
                    Range = range -(edge panel) (count - 1.0 + edge panel),
                    FixedRange = true,
                    Visible = false,
                    Overlaying = (if place.Sideways then ground.Y else ground.X),
                    Anchor = (if place.Sideways then ground.X else ground.Y)
                )
                |> Some
            else
                None

        x
        |> looks
        |> LinearAxis.style (
            Title = title place.XTitle place.XRemark,
            Domain = range (fst place.X) (snd place.X),
            Anchor = ground.Y,
            ShowLine = not isHeat
        ),
        y
        |> looks
        |> LinearAxis.style (
            Title = title place.YTitle [],
            Domain = range (fst place.Y) (snd place.Y),
            Anchor = ground.X,
            ShowLine = false
        ),
        beside
