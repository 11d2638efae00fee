module Research.Tests.TableTests

open System
open System.IO
open Research
open Research.Language
open Research.Runs
open Xunit
open Research.Tables

let private key = "test.retrieval.r10"
let private hostile = "a_b & 50 % | <i>α</i>, \"q\""

/// Two arms with two seeds; differences 2 and 4 points.
let private runs = [
    RunFolders.record "InfoNCE" 1 [ key, 0.12; "train.loss", 1.5 ]
    RunFolders.record "InfoNCE" 2 [ key, 0.14; "train.loss", 1.25 ]
    RunFolders.record hostile 2 [ key, 0.18; "train.loss", 2.5 ]
    RunFolders.record hostile 1 [ key, 0.14; "train.loss", 2.0 ]
]

let private request = {
    ResultTable.request [ metric key; training.loss ] with
        Baseline = Some "InfoNCE"
}

let private table = ResultTable.ofRuns request runs

let private lines (text: string) = text.TrimEnd().Split '\n'

// t(0.975, 1) = 12.706: the half width over two seeds is 12.706 |a - b| / 2.

[<Fact>]
let ``Markdown escapes names and says what the numbers are`` () =
    let expected = [|
        "| arm | n | R@10 (%) | Δ (points) | training loss (nats) | Δ (nats) |"
        "| :--- | ---: | ---: | ---: | ---: | ---: |"
        "| InfoNCE | 2 | 13.0 ± 12.7 | baseline | **1.375 ± 1.588** | baseline |"
        @"| a\_b &amp; 50 % \| &lt;i&gt;α&lt;/i&gt;, ""q"" | 2 | **16.0 ± 25.4** | +3.0 ± 12.7 | 2.250 ± 3.177 | +0.875 ± 4.765 |"
        ""
        "Mean ± half the width of the 95 % t interval over n = 2 seeds. Δ: difference to InfoNCE, paired by seed, with the "
        + "interval of the paired difference. Under 5 seeds no difference is claimed to be significant. "
        + "Bold marks the best mean of its column, which by itself claims nothing."
    |]

    Assert.Equal<string>(expected, lines (Table.markdown table))

[<Fact>]
let ``CSV has one line an arm with unrounded numbers`` () =
    let plain =
        ResultTable.ofRuns
            {
                request with
                    Columns = [ metric key ]
            }
            runs

    let rows = lines (Table.csv plain)

    Assert.Equal(
        $"arm,baseline,seeds,{key}.n,{key}.mean,{key}.sd,{key}.ci_low,{key}.ci_high,{key}.difference,{key}.difference_ci_low,{key}.difference_ci_high,{key}.p,{key}.p_holm,{key}.g_z,{key}.g_z_ci_low,{key}.g_z_ci_high,{key}.g,{key}.g_ci_low,{key}.g_ci_high",
        rows[0]
    )

    Assert.StartsWith("InfoNCE,true,2,2,0.13,", rows[1])
    Assert.EndsWith(",,,,,,,,,,,", rows[1])
    Assert.StartsWith("\"a_b & 50 % | <i>α</i>, \"\"q\"\"\",false,2,2,0.16,", rows[2])
    let numbers = rows[2].Substring(rows[2].LastIndexOf "\"" + 1).Split ','
    Assert.Equal(0.03, float numbers[8], 12)
    Assert.Equal(0.03 - 12.7062047 * 0.01, float numbers[9], 7)
    Assert.Equal("", numbers[11])

[<Fact>]
let ``the long CSV has one line a run with every metric`` () =
    let withAxes =
        {
            RunFolders.record "PSD" 3 [ key, 0.5 ] with
                Axes = [ ("soft fraction", "0.8") ]
        }
        :: runs

    let rows = lines (Table.csvRuns withAxes)
    Assert.Equal("arm,axis.soft fraction,seed,state,steps,seconds,hash,test.retrieval.r10,train.loss", rows[0])
    Assert.Equal("PSD,0.8,3,done,100,1.5,00000000,0.5,", rows[1])
    Assert.Equal("InfoNCE,,1,done,100,1.5,00000000,0.12,1.5", rows[2])

[<Fact>]
let ``the terminal's table shows names that look like markup`` () =
    let text =
        Table.text (
            ResultTable.ofRuns { request with Baseline = None } [
                RunFolders.record "[red]x[/]" 1 [ key, 0.5; "train.loss", 1.0 ]
            ]
        )

    Assert.Contains("[red]x[/]", text)
    Assert.Contains("50.0", text)

[<Fact>]
let ``significance is marked from five seeds on and only when the test says so`` () =
    let arm name values =
        values
        |> List.mapi (fun i value -> RunFolders.record name (i + 1) [ key, value ])

    let runs =
        arm "base" [ 0.10; 0.12; 0.11; 0.13; 0.12 ]
        @ arm "better" [ 0.131; 0.149; 0.142; 0.158; 0.151 ]
        @ arm "unclear" [ 0.12; 0.10; 0.13; 0.11; 0.13 ]

    let table =
        ResultTable.ofRuns
            {
                ResultTable.request [ metric key ] with
                    Baseline = Some "base"
            }
            runs

    let rows = lines (Table.markdown table)
    Assert.EndsWith(@" \* |", rows[3])
    Assert.DoesNotContain("*", rows[4])
    Assert.Contains("Holm-corrected over the 2 arms", Table.markdown table)
    let tex = lines (Table.latex "" "t" table)
    Assert.Contains("^{*}$", tex |> Array.find _.Contains("{better}"))
    Assert.DoesNotContain("*", tex |> Array.find _.Contains("{unclear}"))
    let csv = lines (Table.csv table)
    let fields = csv[2].Split ','
    let header = csv[0].Split ','

    let field name =
        float fields[Array.IndexOf(header, $"{key}.{name}")]

    Assert.True(field "p" < 0.025)
    Assert.Equal(2.0 * field "p", field "p_holm", 12)
    Assert.True(field "g_z_ci_low" > 0.0 && field "g_z_ci_low" < field "g_z")

[<Fact>]
let ``pairs are formed by seed, not by place`` () =
    let cell = table.Rows[1].Cells[0]
    Assert.Equal<(int * float) list>([ (1, 0.14); (2, 0.18) ], cell.Values)
    Assert.Equal(0.03, cell.Difference.Value.Mean, 12)
    Assert.Equal(sqrt 2.0 * 0.01, cell.Difference.Value.Sd.Value, 12)

    let unmatched =
        ResultTable.ofRuns request (runs |> List.filter (fun run -> run.Arm = "InfoNCE" || run.Seed = 2))

    Assert.Equal(1, unmatched.Rows[1].Cells[0].Difference.Value.N)
    Assert.Equal(0.04, unmatched.Rows[1].Cells[0].Difference.Value.Mean, 12)

[<Fact>]
let ``arms of other seeds than the baseline's have an effect without pairs`` () =
    let shifted =
        runs
        |> List.map (fun run ->
            if run.Arm = hostile then
                { run with Seed = run.Seed + 10 }
            else
                run)

    let table =
        ResultTable.ofRuns
            {
                request with
                    Columns = [ metric key ]
            }
            shifted

    let cell = table.Rows[1].Cells[0]
    Assert.Equal(None, cell.Difference)
    // Means 13 and 16 points, variances 2 and 8 points: d = 3 / sqrt 5, and J(2) = 1 / sqrt pi.
    Assert.Equal(3.0 / sqrt (5.0 * Math.PI), cell.Unpaired.Value.G, 9)

    let csv = lines (Table.csv table)
    let fields = csv[2].Split ','
    Assert.Equal(cell.Unpaired.Value.G, float fields[fields.Length - 3], 12)
    Assert.Equal(cell.Unpaired.Value.Interval.High, float (Array.last fields), 12)

    let note =
        table.Notes |> List.find _.Contains("unpaired, Hedges' g with its interval")

    Assert.Contains($"{hostile}, R@10 g = 0.76 [", note)

[<Fact>]
let ``unfinished runs are left out and named`` () =
    let failed = {
        RunFolders.record "InfoNCE" 3 [] with
            State = RunStatus.Failed
    }

    let table = ResultTable.ofRuns request (runs @ [ failed ])
    Assert.Equal(2, table.Rows[0].Seeds)
    Assert.Contains("Not finished and left out: InfoNCE seed 3 (failed).", table.Notes)

[<Fact>]
let ``an arm without a finished run keeps its row`` () =
    let planned = {
        RunFolders.record "PSD" 1 [] with
            State = RunStatus.Planned
    }

    let row =
        Table.markdown (ResultTable.ofRuns request (runs @ [ planned ]))
        |> lines
        |> Array.item 4

    Assert.Equal("| PSD | 0 | not started |  | not started |  |", row)

[<Fact>]
let ``mistakes name the offender and what is allowed`` () =
    let message request runs =
        Assert.Throws<ArgumentException>(fun () -> ResultTable.ofRuns request runs |> ignore).Message

    let unknownBaseline = message { request with Baseline = Some "CLIP" } runs
    Assert.Contains("'CLIP'", unknownBaseline)
    Assert.Contains("InfoNCE", unknownBaseline)

    let unknownMetric =
        message
            {
                request with
                    Columns = [ metric "test.retrieval.r99" ]
            }
            runs

    Assert.Contains("r99", unknownMetric)
    Assert.Contains(key, unknownMetric)
    Assert.Contains("two runs of seed 1", message request (runs @ [ runs.Head ]))
    Assert.Contains("needs a metric", message { request with Columns = [] } runs)

[<Fact>]
let ``a table is saved in every format`` () =
    use scratch = new Scratch()
    let paths = Table.save scratch.Folder "A caption" table

    Assert.Equal<string list>(
        [ "table.md"; "table.tex"; "table.csv"; "runs.csv"; "clip_benchmark.csv" ],
        paths |> List.map (fun path -> FileInfo(path).Name)
    )

    Assert.Equal(Table.markdown table, File.ReadAllText paths.Head)

[<Fact>]
let ``a chance level has no column of differences and no best arm, and is told below the table`` () =
    let runs = [
        for arm, value in [ "base", 0.3; "other", 0.4 ] do
            for seed in 1..2 do
                RunFolders.record arm seed [ test.r10.Key, value; test.chance_r10.Key, 0.042 ]
    ]

    let table =
        ResultTable.ofRuns
            {
                ResultTable.request [ test.r10; test.chance_r10 ] with
                    Baseline = Some "base"
            }
            runs

    let markdown = lines (Table.markdown table)
    Assert.Equal("| arm | n | R@10 (%) | Δ (points) | chance of R@10 (%) |", markdown[0])
    Assert.EndsWith("| 4.2 ± 0.0 |", markdown[3])
    Assert.Contains("Chance alone would reach: R@10 4.2 %.", markdown[5])
    let header = (Table.csv table).Split('\n')[0]
    Assert.Contains("test.retrieval.r10.difference", header)
    Assert.DoesNotContain("chance.r10.difference", header)
