/// No figure and no table leaves an arm out because its runs failed.
module Research.Tests.FailedArmTests

open System
open System.Text.Json
open Research
open Research.Language
open Research.Runs
open Xunit
open Research.Stats
open Research.Tables
open Research.Plots

let private column = test.r10
let private other = test.r1

let private run arm axes seed state = {
    RunFolders.record
        arm
        seed
        (if state = RunStatus.Done then
             [ column.Key, 0.1 + 0.01 * float seed; other.Key, 0.05 ]
         else
             []) with
        Axes = axes
        State = state
}

/// Five seeds an arm: all finished, all failed, two failed, none started.
let private runs = [
    for seed in 1..5 do
        run "whole" [ "rate", "0.1"; "kind", "a" ] seed RunStatus.Done
        run "broken" [ "rate", "0.2"; "kind", "a" ] seed RunStatus.Failed
        run "partly" [ "rate", "0.1"; "kind", "b" ] seed (if seed > 3 then RunStatus.Failed else RunStatus.Done)
        run "waiting" [ "rate", "0.2"; "kind", "b" ] seed RunStatus.Planned
]

let private table =
    ResultTable.ofRuns
        {
            ResultTable.request [ column ] with
                Baseline = Some "whole"
        }
        runs

let private below =
    "failed: broken; 2 of 5 seeds failed: partly; not started: waiting"

let private vacant (panel: Panel) =
    panel.Layers
    |> List.collect (fun layer ->
        match layer with
        | Layer.Vacant named -> named
        | _ -> [])

/// The texts of the figure, each with its place.
let private annotations (panel: Panel) =
    JsonDocument
        .Parse(Plot.json (Figure.create "T" [ panel ]))
        .RootElement.GetProperty("layout")
        .GetProperty("annotations")
        .EnumerateArray()
    |> Seq.map (fun annotation ->
        string (annotation.GetProperty "text"),
        ((annotation.GetProperty "x").GetDouble(), (annotation.GetProperty "y").GetDouble()))
    |> List.ofSeq

let private tickTexts (axis: string) (panel: Panel) =
    JsonDocument
        .Parse(Plot.json (Figure.create "T" [ panel ]))
        .RootElement.GetProperty("layout")
        .GetProperty(axis)
        .GetProperty("ticktext")
        .EnumerateArray()
    |> Seq.map string
    |> List.ofSeq

[<Fact>]
let ``bars and paired marks keep the place of a failed arm, and name the arms of which seeds are missing`` () =
    for panel in [ Plot.arms "" column table; PairedPlot.seeds "" column table ] do
        Assert.Equal<(string * string) list>([ "broken", "failed"; "waiting", "not started" ], vacant panel)
        Assert.Equal("2 of 5 seeds failed: partly", panel.X.Remark)
        Assert.Equal<string list>([ "whole"; "partly"; "broken"; "waiting" ], tickTexts "xaxis" panel)
        Assert.Contains(("failed", (2.0, 0.0)), annotations panel)
        Assert.Contains(("not started", (3.0, 0.0)), annotations panel)

[<Fact>]
let ``a failed arm's row is kept where bars lie on their sides`` () =
    let long (arm: string) =
        $"{arm}, which has a name that is much too long to stand beside eleven others of its kind below an axis"

    let panel =
        ResultTable.ofRuns
            (ResultTable.request [ column ])
            (runs
             |> List.collect (fun run -> [ for i in 1..3 -> { run with Arm = long $"{run.Arm} {i}" } ]))
        |> Plot.arms "" column

    let ticks = tickTexts "yaxis" panel
    Assert.Equal(12, ticks.Length)

    let row name =
        ticks |> List.findIndex (fun tick -> tick.Replace("<br>", " ") = long name)

    let failed = annotations panel |> List.filter (fst >> (=) "failed") |> List.map snd
    Assert.Equal<Set<float * float>>(set [ for i in 1..3 -> 0.0, float (row $"broken {i}") ], set failed)

[<Fact>]
let ``a forest's rows say how many seeds failed`` () =
    let panel = ForestPlot.panel "" column table
    Assert.Equal<(string * string) list>([ "broken", "failed"; "waiting", "not started" ], vacant panel)

    let remarks =
        panel.Layers
        |> List.collect (fun layer ->
            match layer with
            | Layer.Spans spans -> spans |> List.map _.Remark
            | _ -> [])

    Assert.Equal<string list>([ "2 of 5 seeds failed" ], remarks)

[<Fact>]
let ``lines, points and fronts name failed arms below their axis`` () =
    let panels = [
        AxisPlot.line Comparison.options "" column "rate" runs
        ScatterPlot.fitted 0.95 "" other column runs
        ScatterPlot.pareto "" other column runs
    ]

    for panel in panels do
        Assert.Equal(below, panel.X.Remark)

    // The place of what failed stays on an axis of names.
    let named = runs |> List.map (fun run -> { run with Axes = [ "arm", run.Arm ] })

    Assert.Equal<string list>(
        [ "whole"; "broken"; "partly"; "waiting" ],
        (AxisPlot.line Comparison.options "" column "arm" named).X.Places
    )

[<Fact>]
let ``curves are those of finished runs, and name the arms that failed`` () =
    use scratch = new Scratch()

    let logged =
        runs
        |> List.map (fun run ->
            let folder = scratch.File $"{run.Arm}-{run.Seed}"
            IO.Directory.CreateDirectory folder |> ignore

            for step in [ 1L; 2L ] do
                MetricsLog.append folder step [ "train.loss", 3.0 / float step + 0.1 * float run.Seed ]

            { run with Folder = folder })

    let panel = Plot.learningCurves "" training.loss logged
    Assert.Equal(below, panel.X.Remark)

    Assert.Equal<string list>(
        [ "whole"; "partly" ],
        panel.Layers
        |> List.choose (fun layer ->
            match layer with
            | Layer.Line(name, _) -> Some name
            | _ -> None)
    )

[<Fact>]
let ``a heat map writes into the cell what failed there`` () =
    let panel = AxisPlot.heatMap Comparison.options "" column "rate" "kind" runs

    match panel.Layers with
    | [ Layer.Heat map; Layer.Gaps gaps ] ->
        Assert.Equal<(string * string * string) list>([ "0.2", "a", "failed"; "0.2", "b", "not started" ], gaps)
        let partly = map.Cells |> List.find (fun cell -> map.Rows[cell.Y] = "b")
        Assert.EndsWith("\n3 of 5", partly.Text)
        let whole = map.Cells |> List.find (fun cell -> map.Rows[cell.Y] = "a")
        Assert.DoesNotContain(" of ", whole.Text)
        let column = List.findIndex ((=) "0.2") map.Columns
        let row = List.findIndex ((=) "a") map.Rows
        Assert.Contains(("failed", (float column, float row)), annotations panel)
    | other -> failwith $"{other}"

[<Fact>]
let ``the letters of a heat map's cells are as small as the narrowest cell needs`` () =
    let size columns =
        let panel =
            AxisPlot.heatMap Comparison.options "" column "rate" "kind" [
                for i in 1..columns do
                    for kind in [ "a"; "b" ] do
                        for seed in 1..5 do
                            run $"{i}{kind}" [ "rate", string i; "kind", kind ] seed RunStatus.Done
            ]

        JsonDocument.Parse(Plot.json (Figure.create "T" [ panel ])).RootElement.GetProperty("data").EnumerateArray()
        |> Seq.filter (fun trace -> string (trace.GetProperty "type") = "scatter")
        |> Seq.map _.GetProperty("textfont").GetProperty("size").GetDouble()
        |> Seq.distinct
        |> Seq.exactlyOne

    Assert.Equal(13.0, size 3)
    Assert.InRange(size 14, 7.0, 12.0)
    Assert.True(size 20 < size 14)

[<Fact>]
let ``a table says failed where a figure would stand`` () =
    let rows = (Table.markdown table).Split '\n'
    Assert.Contains("| broken | 0 | failed |", rows |> Array.find _.Contains("broken"))
    Assert.Contains("| waiting | 0 | not started |", rows |> Array.find _.Contains("waiting"))
    Assert.Contains("failed", (Table.latex "" "t" table).Split '\n' |> Array.find _.Contains("{broken}"))
    Assert.Contains("failed", (Table.text table).Split '\n' |> Array.find _.Contains("broken"))

[<Fact>]
let ``what is said of an arm counts its failed seeds first`` () =
    let words states =
        states
        |> List.mapi (fun i state -> run "a" [] (i + 1) state)
        |> ResultTable.ofRuns (ResultTable.request [ column ])
        |> fun table -> table.Rows.Head.Unfinished

    Assert.Equal(None, words [ RunStatus.Done; RunStatus.Done ])
    Assert.Equal(Some "failed", words [ RunStatus.Failed ])
    Assert.Equal(Some "1 of 3 seeds failed", words [ RunStatus.Failed; RunStatus.Running; RunStatus.Done ])
    Assert.Equal(Some "not finished", words [ RunStatus.Interrupted; RunStatus.Planned ])
    Assert.Equal(Some "1 of 2 seeds not started", words [ RunStatus.Planned; RunStatus.Done ])
