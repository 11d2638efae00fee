module Research.Tests.AxisPlotTests

open System
open Research
open Research.Language
open Xunit
open Research.Stats
open Research.Tables
open Research.Plots

let private key = "test.retrieval.r10"
let private column = metric key

let private run axes seed value = {
    RunFolders.record (axes |> List.map snd |> String.concat ", ") seed [ key, value ] with
        Axes = axes
}

let private grid = [
    for seed in 1..2 do
        for objective, shift in [ "InfoNCE", 0.0; "PSD", 0.1 ] do
            for noise in [ "0.5"; "0"; "0.25" ] do
                run [ "objective", objective; "noise", noise ] seed (shift + 0.1 * float noise + 0.01 * float seed)
]

let private message (action: unit -> obj) =
    Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

[<Fact>]
let ``a line runs over an axis of numbers, one for each value of the other axes`` () =
    let panel = AxisPlot.line Comparison.options "" column "noise" grid
    Assert.Equal("noise", panel.X.Title)
    Assert.Empty panel.X.Places
    Assert.False panel.X.Log

    match panel.Layers with
    | [ Layer.Line("InfoNCE", points); Layer.Line("PSD", others) ] ->
        Assert.Equal<float list>([ 0.5; 0.0; 0.25 ], points |> List.map _.X)
        Assert.Equal(6.5, points.Head.Y, 9)
        Assert.Equal(16.5, others.Head.Y, 9)
        // Two seeds one point apart: half width 12.706 / 2 points.
        Assert.Equal(6.5 + 6.353102, snd points.Head.Band.Value, 5)
    | other -> failwith $"{other}"

[<Fact>]
let ``an axis of names has places, and a wide one of numbers is logarithmic`` () =
    let schedules =
        [ "cosine 0 to 0.8"; "constant" ]
        |> List.mapi (fun i label -> run [ "schedule", label ] 1 (0.1 * float (i + 1)))

    let panel = AxisPlot.line Comparison.options "" column "schedule" schedules
    Assert.Equal<string list>([ "cosine 0 to 0.8"; "constant" ], panel.X.Places)

    match panel.Layers with
    | [ Layer.Line(_, [ first; second ]) ] ->
        Assert.Equal(0.0, first.X)
        Assert.Equal(20.0, second.Y, 9)
        Assert.Equal(None, first.Band)
    | other -> failwith $"{other}"

    let sizes =
        [ "100"; "1000"; "10000" ]
        |> List.map (fun label -> run [ "pairs", label ] 1 0.1)

    Assert.True (AxisPlot.line Comparison.options "" column "pairs" sizes).X.Log

[<Fact>]
let ``runs without the axis are levels beside the line`` () =
    let panel =
        AxisPlot.line Comparison.options "" column "beta" [
            run [ "objective", "InfoNCE" ] 1 0.2
            run [ "objective", "HN-NCE"; "beta", "0.5" ] 1 0.3
            run [ "objective", "HN-NCE"; "beta", "1" ] 1 0.4
        ]

    match panel.Layers with
    | [ Layer.Line("HN-NCE", points); Layer.Level("InfoNCE", level) ] ->
        Assert.Equal(2, points.Length)
        Assert.Equal(20.0, level, 9)
    | other -> failwith $"{other}"

[<Fact>]
let ``axes that go together are one axis`` () =
    let zipped =
        grid
        |> List.map (fun own -> {
            own with
                Axes = own.Axes @ [ "steps", string (100.0 * float (snd own.Axes[1])) ]
        })

    match (AxisPlot.line Comparison.options "" column "noise" zipped).Layers with
    | [ Layer.Line("InfoNCE", points); Layer.Line("PSD", _) ] -> Assert.Equal(3, points.Length)
    | other -> failwith $"{other}"

    match (AxisPlot.heatMap Comparison.options "" column "noise" "objective" zipped).Layers with
    | [ Layer.Heat map ] -> Assert.Equal(6, map.Cells.Length)
    | other -> failwith $"{other}"

[<Fact>]
let ``a heat map's numbers rise to the right and upwards, names go to the right and downwards`` () =
    let panel = AxisPlot.heatMap Comparison.options "" column "noise" "objective" grid

    match panel.Layers with
    | [ Layer.Heat map ] ->
        Assert.Equal<string list>([ "0"; "0.25"; "0.5" ], map.Columns)
        Assert.Equal<string list>([ "PSD"; "InfoNCE" ], map.Rows)
        Assert.Equal(6, map.Cells.Length)
        let cell = map.Cells |> List.find (fun cell -> cell.X = 2 && cell.Y = 0)
        Assert.Equal(16.5, cell.Value, 9)
        Assert.Equal("16.5\n±6.4", cell.Text)
        Assert.Equal("R@10", map.Scale.Title)
        Assert.Equal("%", map.Scale.Unit)
    | other -> failwith $"{other}"

[<Fact>]
let ``a heat map of two axes refuses to mix a third`` () =
    let third =
        grid
        |> List.collect (fun own -> [
            for batch in [ "64"; "128" ] ->
                {
                    own with
                        Axes = own.Axes @ [ "batch", batch ]
                }
        ])

    let heat runs x y =
        message (fun () -> AxisPlot.heatMap Comparison.options "" column x y runs)

    Assert.Contains("small_multiples \"batch\"", heat third "noise" "objective")
    Assert.Contains("'noise' twice", heat grid "noise" "noise")
    Assert.Contains("no run has the axis 'beta'", (heat grid "beta" "noise").ToLowerInvariant())
    Assert.Contains("objective, noise", heat grid "beta" "noise")

[<Fact>]
let ``an unknown axis or metric is named with those that there are`` () =
    let line column axis =
        message (fun () -> AxisPlot.line Comparison.options "" column axis grid)

    Assert.Contains("objective, noise", line column "alpha")
    Assert.Contains(key, line (test.top1) "noise")

[<Fact>]
let ``small multiples part the runs by an axis and name arms by the others`` () =
    match Multiples.split "objective" grid with
    | [ "InfoNCE", own; "PSD", others ] ->
        Assert.Equal<string list>([ "0.5"; "0"; "0.25" ], own |> List.map _.Arm |> List.distinct)
        Assert.Equal(6, others.Length)
        Assert.Equal<(string * string) list>([ "noise", "0.5" ], own.Head.Axes)
    | other -> failwith $"{other}"

[<Fact>]
let ``small multiples share one scale`` () =
    let panels =
        Multiples.split "objective" grid
        |> List.map (fun (_, own) -> AxisPlot.line Comparison.options "" column "noise" own)
        |> Multiples.shared

    let limits = panels |> List.map _.Y.Limits |> List.distinct
    Assert.Single limits |> ignore
    let low, high = limits.Head.Value

    for panel in panels do
        for value in panel.Layers |> List.collect (Figure.values >> snd) do
            Assert.InRange(value, low, high)

    let heats =
        [ 0.1; 0.3 ]
        |> List.map (fun shift ->
            AxisPlot.heatMap
                Comparison.options
                ""
                column
                "noise"
                "objective"
                (grid
                 |> List.map (fun own -> {
                     own with
                         Metrics = own.Metrics |> Map.map (fun _ value -> value + shift)
                 })))
        |> Multiples.shared

    let ranges =
        heats
        |> List.collect _.Layers
        |> List.choose (fun layer ->
            match layer with
            | Layer.Heat map -> map.Scale.Limits
            | _ -> None)

    Assert.Equal(2, ranges.Length)
    Assert.Equal(ranges[0], ranges[1])
    Assert.Equal(11.5, fst ranges[0], 9)
    Assert.Equal(46.5, snd ranges[0], 9)
