/// One at a time with others that say where Chromium is: that is a variable of the whole process.
[<Xunit.Collection "RESEARCH_CHROMIUM">]
module Research.Tests.ReportTests

open System
open System.IO
open Plotly.NET
open Research
open Research.Language
open Research.Runs
open Research.Launch
open Xunit
open Research.Papers
open Research.Reports

let private sweep' =
    sweep
        "report-test"
        (experiment {
            evaluate [ retrieval; zero_shot subgroups ]
            evaluate_on [ test ]
        }) {
        axis "objective" [ "InfoNCE", objective infonce; "HN-NCE", objective (hn_nce |> beta 0.5) ]
        axis "batch" [ "32", (batch 32); "64", (batch 64) ]
        seeds 2
        baseline "InfoNCE, 32"
    }

let private plan = SweepPlan.make (fun _ -> "fingerprint") sweep'

let private problems items =
    Report.problems (sweep' |> report items) sweep'

[<Fact>]
let ``what a report asks for is known before training`` () =
    Assert.Empty(
        problems [
            table [ test.r1; run.seconds ]
            bars test.top1
            curves training.mean_loss
            line test.r10 "batch"
            heat_map test.r10 "objective" "batch"
            scatter test.r10 test.top1
            pareto run.seconds test.r10
            paired test.r10
            forest test.r10
            small_multiples "batch" (bars test.r10)
            paper diht_hard_negatives
        ]
    )

    let one items =
        Assert.Single(problems items: string list)

    let wrong = one [ bars (metric "test.retrieval.r11") ]
    Assert.StartsWith("bars: no arm measures metric \"test.retrieval.r11\"; did you mean test.r1?", wrong)

    Assert.Contains(
        "validation.r10; it needs retrieval in evaluate and validation in evaluate_on",
        one [ table [ test.r10; validation.r10 ] ]
    )

    let axis = one [ small_multiples "teacher" (bars test.r10) ]
    Assert.Contains("no axis \"teacher\"", axis)
    Assert.Contains("objective, batch", axis)

    Assert.Contains("did you mean training.mean_loss?", one [ curves (metric "train.meanloss") ])
    let without = { sweep' with Baseline = None }
    let study = without |> report [ forest test.r10 ]
    Assert.Contains("names none", Assert.Single(Report.problems study without: string list))

[<Fact>]
let ``the metrics that a report uses are those of all its items`` () =
    let items = [
        table [ metric "a" ]
        small_multiples "batch" (scatter (metric "b") (metric "c"))
        curves training.loss
        bars (metric "a")
    ]

    Assert.Equal<string list>([ "a"; "b"; "c" ], Report.metricsUsed items |> List.map _.Key)

[<Fact>]
let ``mistakes in a report name the keyword`` () =
    let message action =
        Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

    Assert.Contains("heat_map", message (fun () -> heat_map test.r1 "a" "a" |> box))
    Assert.Contains("line: an axis's name is empty", message (fun () -> line test.r1 "" |> box))
    Assert.Contains("metric: the key is empty", message (fun () -> metric "" |> box))
    Assert.Contains("table is not a panel", message (fun () -> small_multiples "a" (table [ test.r1 ]) |> box))

    Assert.Contains(
        "chart is not a panel",
        message (fun () -> small_multiples "a" (chart (fun _ -> failwith "")) |> box)
    )

    let empty = message (fun () -> report [] sweep' |> box)

    for keyword in [ "table"; "forest"; "bars"; "small_multiples"; "chart"; "paper" ] do
        Assert.Contains(keyword, empty)

let private finished (sweep: string) =
    for run in plan.Runs do
        let value =
            0.1
            + (if run.Arm.StartsWith "HN" then 0.02 else 0.0)
            + (if run.Arm.EndsWith "64" then 0.01 else 0.0)
            + 0.003 * float run.Seed

        let folder = (PreparedRun.prepare sweep run).Folder

        for step in [ 10L; 20L ] do
            MetricsLog.append folder step [ "train.mean_loss", 5.0 / float step + value ]

        FinalMetrics.write folder {
            Metrics = Map [ "test.retrieval.r10", value; "test.zeroshot.top1", value / 2.0 ]
            Steps = 20L
            Seconds = 3.0 + value
        }

        RunState.write folder {
            RunState.planned with
                Status = RunStatus.Done
        }

    plan.Runs
    |> List.map (fun run -> RunStore.read (PlannedRun.identity run) (PlannedRun.folder sweep run))

/// Writes the report without images, which are another test's, and returns the files' names and what went to standard error.
let private written (scratch: Scratch) (items: ReportItem list) : string list * string list =
    let before = Environment.GetEnvironmentVariable "RESEARCH_CHROMIUM"
    let errors = Console.Error
    use captured = new StringWriter()

    try
        Environment.SetEnvironmentVariable("RESEARCH_CHROMIUM", scratch.File "no-browser")
        Console.SetError captured

        let paths =
            Report.write true scratch.Folder (sweep' |> report items) plan (finished (scratch.File "sweep"))

        paths |> List.map (fun path -> FileInfo(path).Name),
        captured.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
        |> Array.filter (fun line -> not (line.Contains "Chromium"))
        |> List.ofArray
    finally
        Console.SetError errors
        Environment.SetEnvironmentVariable("RESEARCH_CHROMIUM", before)

[<Fact>]
let ``a report that names no figure shows a forest of its first metric`` () =
    use scratch = new Scratch()

    let names, _ = written scratch [ table [ test.top1; test.r10 ] ]

    Assert.Contains("figure.html", names)
    let page = File.ReadAllText(scratch.File "figure.html")

    Assert.Contains(
        "zero-shot top-1, difference to InfoNCE, 32 (points)",
        page.Substring(page.LastIndexOf "Plotly.newPlot")
    )

    let items = [ table [ test.r10 ] ]
    Assert.Equal(1, (ReportItem.withDefault None items).Length)
    Assert.Equal(2, (ReportItem.withDefault (Some "InfoNCE, 32") items).Length)
    let asked = items @ [ curves training.mean_loss ]
    Assert.Equal(2, (ReportItem.withDefault (Some "InfoNCE, 32") asked).Length)

[<Fact>]
let ``a script's chart sees tidy rows and is drawn in a file of its own`` () =
    use scratch = new Scratch()
    let mutable seen: Observation list = []

    let own =
        chart (fun results ->
            seen <- results

            Chart.Column(values = (results |> List.filter (fun row -> row.Metric = test.r10) |> List.map _.Value)))

    let names, errors = written scratch [ table [ test.r10 ]; own; own ]
    Assert.Empty errors
    // A chart is a figure: no forest is added.
    Assert.Equal<string list>([ "chart.html"; "chart-2.html" ], names |> List.filter _.EndsWith(".html"))

    let row =
        seen
        |> List.find (fun row -> row.Arm = "HN-NCE, 64" && row.Seed = 2 && row.Metric = test.r10)

    Assert.Equal(0.1 + 0.02 + 0.01 + 0.006, row.Value, 12)
    Assert.Equal("64", row.On "batch")
    Assert.Contains(seen, fun row -> row.Metric = run.seconds)

    let message =
        Assert.Throws<ArgumentException>(fun () -> row.On "alpha" |> ignore).Message

    Assert.Contains("objective, batch", message)
    let page = File.ReadAllText(scratch.File "chart.html")
    let drawn = page.Substring(page.LastIndexOf "Plotly.newPlot")
    Assert.Contains("\"type\":\"bar\"", drawn)
    // Our palette, where the chart says nothing.
    Assert.Contains("#0072B2", drawn)
    Assert.True(page.Length < 1_300_000)

[<Fact>]
let ``a mistake in a chart is one line and costs that chart only`` () =
    use scratch = new Scratch()
    // What an earlier report drew.
    File.WriteAllText(scratch.File "chart.png", "old")

    let names, errors =
        written scratch [
            table [ test.r10 ]
            chart (fun results -> failwith $"no arm\nhas {results.Length + 1} rows")
            chart (fun _ -> Chart.Surface(zData = [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ]))
            chart (fun _ -> Chart.Point(xy = [ 1.0, 2.0 ]))
            bars test.r10
        ]

    match errors with
    | [ first; second ] ->
        Assert.StartsWith("chart: not drawn: no arm has ", first)
        Assert.StartsWith("chart-2: not drawn: a trace of type 'surface' cannot be drawn", second)
        Assert.Contains("heatmap", second)
    | other -> failwith $"{other}"

    Assert.Contains("table.md", names)
    Assert.False(File.Exists(scratch.File "chart.png"))
    Assert.Equal<string list>([ "figure.html"; "chart-3.html" ], names |> List.filter _.EndsWith(".html"))

[<Fact>]
let ``a study writes its tables, its paper's table and one figure with a panel for each item`` () =
    use scratch = new Scratch()
    let runs = finished (scratch.File "sweep")

    let study =
        sweep'
        |> report [
            table [ test.r10; run.seconds ]
            curves training.mean_loss
            line test.r10 "batch"
            heat_map test.r10 "batch" "objective"
            pareto run.seconds test.r10
            paired test.r10
            forest test.top1
            small_multiples "objective" (bars test.r10)
            small_multiples "objective" (forest test.r10)
            paper diht_zero_shot
        ]
        |> tested_by wilcoxon
        |> titled "All of it"

    let before = Environment.GetEnvironmentVariable "RESEARCH_CHROMIUM"

    try
        // Images are another test's; the page is enough here.
        Environment.SetEnvironmentVariable("RESEARCH_CHROMIUM", scratch.File "no-browser")

        let names =
            Report.write true scratch.Folder study plan runs
            |> List.map (fun path -> FileInfo(path).Name)

        Assert.Equal<string list>(
            [
                "table.md"
                "table.tex"
                "table.csv"
                "runs.csv"
                "clip_benchmark.csv"
                "paper-diht-zero-shot.md"
                "paper-diht-zero-shot.tex"
                "figure.html"
            ],
            names
        )
    finally
        Environment.SetEnvironmentVariable("RESEARCH_CHROMIUM", before)

    Assert.Contains("training and evaluation time (s)", File.ReadAllText(scratch.File "table.md"))
    let page = File.ReadAllText(scratch.File "figure.html")
    let drawn = page.Substring(page.LastIndexOf "Plotly.newPlot")
    // Six panels, one bar panel for each objective, and the baseline's objective alone has differences.
    Assert.Contains("\"yaxis9\"", drawn)
    Assert.DoesNotContain("\"yaxis10\"", drawn)
    Assert.Contains("objective: HN-NCE", drawn)
    Assert.Contains("Bands over training: lowest to highest seed.", drawn)
