/// Names and messages that a terminal, a log, a spreadsheet or an image would obey, through everything that prints them.
[<Xunit.Collection "RESEARCH_CHROMIUM">]
module Research.Tests.HostileNameTests

open System
open System.IO
open Research
open Research.Language
open Research.Runs
open Research.Worker
open Research.Launch
open Research.Stats
open Research.Tables
open Research.Plots
open Research.Papers
open Research.Reports
open Research.Commands
open Research.Evaluation
open Research.Printing
open Xunit

let private key = "test.retrieval.r10"

/// ESC, bell, right-to-left override, CR, a C1 control, a zero-width space.
let private name = "\u001b[2Jx\a\u202Egnp\rq\u009b1m\u200b"

let private shown = @"\u001b[2Jx\u0007\u202egnp\u000dq\u009b1m\u200b"
let private formulas = [ "=1+1"; "+cmd"; "-s1"; "@SUM(A1)"; "\tx" ]

let private check (what: string) (text: string) =
    Assert.True(PrintableText.IsPrintable(text, lines = true), $"{what}: {PrintableText.Of text}")

let private table =
    ResultTable.ofRuns
        {
            ResultTable.request [ metric key ] with
                Baseline = Some name
        }
        [
            for arm in name :: formulas do
                for seed in 1..2 do
                    RunFolders.record arm seed [ key, 0.1 * float seed; "test.retrieval.t2i.r5", 0.1 ]
        ]

[<Fact>]
let ``tables show them as escapes in every format`` () =
    for what, text, expected in
        [
            "terminal", Table.text table, shown
            "Markdown", Table.markdown table, shown.Replace("\\", "\\\\").Replace("[", "\\[")
            "LaTeX", Table.latex name "tab" table, @"\textbackslash{}u001b{[}2Jx\textbackslash{}u0007"
            "CSV", Table.csv table, shown
            "CSV of runs", Table.csvRuns table.Runs, shown
            "CLIP_benchmark", Table.csvBenchmark table.Runs, shown
        ] do
        check what text
        Assert.Contains(expected, text)

[<Fact>]
let ``no cell of a CSV is a formula, and no number is touched`` () =
    let text = Table.csv table
    let starts = text.Split '\n' |> Array.map (fun line -> line.Split(',')[0])

    for formula in formulas do
        Assert.Contains("'" + formula, starts)
        Assert.DoesNotContain(formula, starts)

    // Differences to the baseline are nothing, or negative by rounding: numbers as they are.
    Assert.DoesNotContain("'0", text)
    Assert.DoesNotContain("'-0", text)

let private figure =
    let bar category value = {
        Bar.Category = category
        Value = value
        Interval = None
    }

    Figure.create name [
        Figure.panel name (PlotAxis.create name "") (PlotAxis.create name "%") [
            Layer.Bars [ bar name 13.0; bar "PSD" 16.0 ]
        ]
    ]

[<Fact>]
let ``a figure shows them as escapes and its images are drawn`` () =
    use scratch = new Scratch()
    let formats = [ ImageFormat.Svg; ImageFormat.Png; ImageFormat.Pdf ]

    let drawn =
        List.exists File.Exists [ "/usr/bin/chromium"; "/usr/bin/google-chrome"; "/usr/bin/chromium-browser" ]

    let paths = Plot.save scratch.Folder name (if drawn then formats else []) figure
    Assert.Equal((if drawn then 4 else 1), paths.Length)

    for path in paths do
        Assert.True(FileInfo(path).Length > 0L)
        check "file name" (nonNull (Path.GetFileName path))

    let page = File.ReadAllText paths.Head

    let call =
        page.Substring(page.LastIndexOf("Plotly.newPlot('figure'", StringComparison.Ordinal))

    check "page" call
    Assert.Contains(@"\\u001b[2Jx\\u0007", call)
    Assert.DoesNotContain("\"\\u001b", call) // which JSON would make an ESC again

    if drawn then
        let document = Xml.Linq.XDocument.Parse(File.ReadAllText paths[1])
        Assert.Contains(@"\u001b[2Jx", (nonNull document.Root).Value)

[<Fact>]
let ``progress, failures and a run's log show what a worker says as escapes`` () =
    use sweep =
        new ScriptedSweep("printf 'bad \\033[31m\\007 end\\n' >&2; printf 'stray \\033c\\n'; exit 2")

    let output = new StringWriter()

    let run = {
        (sweep.Runs 1).Head with
            Label = name
    }

    let result =
        Local.run
            {
                sweep.Options with
                    Output = new PrintableWriter(output)
            }
            [ run ]

    Assert.True(result.Head.Outcome.IsFailed)
    let text = output.ToString()
    check "progress" text
    Assert.Contains($"failed: {shown}, seed 1:", text)
    Assert.Contains(@"bad \u001b[31m\u0007 end", text)
    let log = File.ReadAllText(RunFolder.log run.Folder)
    check "log" log
    Assert.Contains(@"bad \u001b[31m\u0007 end", log)
    Assert.Contains(@"stray \u001bc", log)
    Assert.IsType<PrintableWriter>(LocalOptions.standard.Output) |> ignore
    Assert.IsType<PrintableWriter>(SlurmOptions.standard.Output) |> ignore

[<Fact>]
let ``the runs command and its refusals show them as escapes`` () =
    use scratch = new Scratch()

    RunFolders.finished (scratch.File "one") name 1 "aaaaaaa1" [ "train.loss", 0.5 ]
    |> ignore

    let runs arguments =
        Toolkit.dotnet ([ Toolkit.library; "runs"; "--in"; scratch.Folder ] @ arguments) (fun _ _ -> ())

    let listed = runs []
    Assert.True((listed.Code = 0), listed.Errors)
    check "runs" listed.Output
    Assert.Contains(shown, listed.Output)

    let json = runs [ "--json" ]
    check "runs --json" json.Output
    let read = Text.Json.JsonDocument.Parse(json.Output).RootElement[0]
    Assert.Equal(name, read.GetProperty("arm").GetString())

    let refused = runs [ "--show"; "\u001b[31m\u202e" ]
    Assert.NotEqual(0, refused.Code)
    check "refusal" refused.Errors
    Assert.Contains(@"--show \u001b[31m\u202e", refused.Errors)

[<Fact>]
let ``a sweep does not take such names`` () =
    let message (declare: unit -> Sweep) =
        Assert.Throws<ArgumentException>(fun () -> declare () |> ignore).Message

    let basis = experiment { name "base" }
    let twice n = (batch n)

    for declare in
        [
            fun () -> sweep "study" basis { axis "batch" [ "small", twice 16; "\u001b[31mlarge", twice 32 ] }
            fun () -> sweep "study" basis { axis "ba\u001b[31mtch" [ 16; 32 ] twice }
            fun () -> sweep "st\u001b[31mudy" basis { }
            fun () -> sweep "study" (experiment { name "\u001b[31mbase" }) { }
        ] do
        let text = message declare
        check "refusal" text
        Assert.Contains(@"\u001b[31m", text)
        Assert.Contains("has a control or invisible formatting character", text)

    // Emoji of several characters, other scripts and what a spreadsheet fears are names.
    sweep "study" basis { axis "batch" [ "👩‍👩‍👧", twice 16; "=σ می‌خواهم", twice 32 ] }
    |> ignore

[<Fact>]
let ``nothing but the mouth writes past it`` () =
    let sources =
        Directory.GetFiles(Path.Combine(Repository.root.Value, "Dsl.FSharp"), "*.fs", SearchOption.AllDirectories)
        |> Array.filter (fun path -> Path.GetFileName path <> "Printed.fs")

    Assert.True(sources.Length > 100)

    for path in sources do
        let text = File.ReadAllText path

        for past in
            [
                "Markup.Escape"
                "OpenStandardOutput"
                "OpenStandardError"
                "Output = Console.Error"
            ] do
            Assert.False(text.Contains(past, StringComparison.Ordinal), $"{path}: {past}")
