module Research.Tests.ForestPlotTests

open System
open Research
open Research.Language
open Research.Runs
open Xunit
open Research.Tables
open Research.Plots

let private column = test.r10

/// An arm this much better than InfoNCE, with noise that differs from seed to seed.
let private runs seeds arms = [
    for arm, shift in arms do
        for seed in 1..seeds do
            RunFolders.record arm seed [
                column.Key,
                0.1
                + shift
                + 0.01 * float seed
                + 0.002 * float ((seed * 7 + String.length arm) % 5)
            ]
]

let private arms = [ "InfoNCE", 0.0; "worse", -0.03; "same as it", 0.0005; "better", 0.05 ]

let private tableOf family runs =
    ResultTable.ofRuns
        {
            ResultTable.request [ column ] with
                Baseline = Some "InfoNCE"
                Family = family
        }
        runs

let private panelOf runs =
    ForestPlot.panel "" column (tableOf Family.Metric runs)

let private spans (panel: Panel) =
    panel.Layers
    |> List.collect (fun layer ->
        match layer with
        | Layer.Spans spans -> spans
        | _ -> [])

let private vacant (panel: Panel) =
    panel.Layers
    |> List.collect (fun layer ->
        match layer with
        | Layer.Vacant rows -> rows
        | _ -> [])

[<Fact>]
let ``arms are sorted by their difference in points, and only what is significant is coloured`` () =
    let panel = panelOf (runs 5 arms)

    Assert.Equal<(string * bool) list>(
        [ "better", true; "same as it", false; "worse", true ],
        spans panel |> List.map (fun span -> span.Category, span.Significant)
    )

    let better = (spans panel).Head
    Assert.InRange(better.Value, 4.5, 5.5)
    let low, high = better.Interval.Value
    Assert.True(0.0 < low && low < better.Value && better.Value < high)
    Assert.Equal("R@10, difference to InfoNCE (points)", PlotAxis.text panel.X)
    Assert.Contains("Upright 0.0", $"%A{panel.Layers}")

[<Fact>]
let ``the baseline's own mean, its interval and its seeds stand below the axis`` () =
    Assert.Matches(@"^InfoNCE: 13\.\d \[\d+\.\d, \d+\.\d\] %, n = 5$", (panelOf (runs 5 arms)).X.Remark)

[<Fact>]
let ``the best is on top where less is better`` () =
    let loss = training.loss

    let own =
        runs 5 arms
        |> List.map (fun run -> {
            run with
                Metrics = Map [ loss.Key, run.Metrics[column.Key] ]
        })

    let table =
        ResultTable.ofRuns
            {
                ResultTable.request [ loss ] with
                    Baseline = Some "InfoNCE"
            }
            own

    let panel = ForestPlot.panel "" loss table
    Assert.Equal("worse", (spans panel).Head.Category)
    Assert.EndsWith("; less is better", panel.X.Remark)

[<Fact>]
let ``under five seeds nothing is coloured, and the note says so`` () =
    let few = runs 4 arms
    Assert.All(spans (panelOf few), fun span -> Assert.False span.Significant)
    let note = ForestPlot.note [ (column, tableOf Family.Metric few) ]
    Assert.Contains("(n = 4)", note)
    Assert.Contains("Under 5 seeds no difference is called significant.", note)

[<Fact>]
let ``the note names n, the interval, the test and what it is corrected over`` () =
    let note family =
        ForestPlot.note [ (column, tableOf family (runs 5 arms)) ]

    Assert.Contains("(n = 5), with their 95 % t interval", note Family.Metric)
    Assert.Contains("p < 0.05 in a two-sided paired t-test, Holm-corrected over 3 arms", note Family.Metric)
    Assert.Contains("Holm-corrected over 3 comparisons", note Family.Table)

[<Fact>]
let ``an arm without a pair has its row and the reason, and one with fewer pairs its n`` () =
    let own =
        runs 5 (arms @ [ "broken", 0.0; "waiting", 0.0; "short", 0.02; "elsewhere", 0.1 ])
        |> List.map (fun run ->
            let unfinished state = {
                run with
                    State = state
                    Metrics = Map.empty
            }

            match run.Arm with
            | "broken" -> unfinished RunStatus.Failed
            | "waiting" -> unfinished RunStatus.Planned
            | "short" when run.Seed > 3 -> unfinished RunStatus.Interrupted
            | "elsewhere" -> { run with Seed = run.Seed + 10 }
            | _ -> run)

    let panel = panelOf own

    Assert.Equal<(string * string) list>(
        [
            "broken", "failed"
            "waiting", "not started"
            "elsewhere", "no seed in common with InfoNCE; unpaired g"
        ],
        vacant panel |> List.map (fun (arm, reason) -> arm, (reason.Split " = ")[0])
    )

    Assert.Matches("unpaired g = −?[0-9.]+ \\[−?[0-9.]+, −?[0-9.]+\\]$", vacant panel |> List.last |> snd)

    Assert.Equal<(string * string) list>(
        [
            "better", ""
            "short", "2 of 5 seeds not finished"
            "same as it", ""
            "worse", ""
        ],
        spans panel |> List.map (fun span -> span.Category, span.Remark)
    )

[<Fact>]
let ``a forest is drawn even where the baseline has failed`` () =
    let own =
        runs 5 arms
        |> List.map (fun run ->
            if run.Arm = "InfoNCE" then
                {
                    run with
                        State = RunStatus.Failed
                        Metrics = Map.empty
                }
            else
                run)

    let panel = panelOf own
    Assert.Empty(spans panel)
    Assert.Equal(3, (vacant panel).Length)
    Assert.Equal("InfoNCE: failed", panel.X.Remark)

[<Fact>]
let ``without a baseline there is no forest, and the message says what to name`` () =
    let error =
        Assert.Throws<ArgumentException>(fun () ->
            let table = ResultTable.ofRuns (ResultTable.request [ column ]) (runs 5 arms)
            ForestPlot.panel "" column table |> ignore)

    Assert.Contains("baseline", error.Message)
