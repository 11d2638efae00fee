/// One at a time with others that say where Chromium is: that is a variable of the whole process.
[<Xunit.Collection "RESEARCH_CHROMIUM">]
module Research.Tests.PlotTests

open System
open System.IO
open System.Text
open System.Text.Json
open Research
open Research.Language
open Research.Runs
open Xunit
open Research.Stats
open Research.Tables
open Research.Plots

let private hostile = "</script><b>50 %</b> & \"α\" %{x}"
let private y = PlotAxis.create "R@10" "%"
let private step = PlotAxis.create "training step" ""

let private bars = [
    {
        Bar.Category = "InfoNCE"
        Value = 13.0
        Interval = Some(12.0, 15.0)
    }
    {
        Bar.Category = hostile
        Value = 16.0
        Interval = None
    }
]

let private dots = [
    {
        Dot.Category = "InfoNCE"
        Value = 12.5
        Label = "seed 1"
    }
    {
        Dot.Category = hostile
        Value = 16.0
        Label = "seed 1"
    }
    {
        Dot.Category = "InfoNCE"
        Value = 13.5
        Label = "seed 2"
    }
]

let private line name offset =
    Layer.Line(
        name,
        [
            for x in 3.0 .. -1.0 .. 1.0 ->
                {
                    X = x
                    Y = x + offset
                    Band = Some(x, x + 2.0 * offset)
                }
        ]
    )

let private figure =
    Figure.create $"Title {hostile}" [
        Figure.panel "Bars" (PlotAxis.create "arm" "") y [
            Layer.Bars bars
            Layer.Dots dots
            Layer.Level("chance", 4.2)
        ]
        Figure.panel "Lines" step y [ line "InfoNCE" 1.0; line hostile 2.0 ]
    ]
    |> Figure.subtitle hostile
    |> Figure.note $"Bands reach from the lowest to the highest seed. {hostile}"

let private parse (figure: Figure) =
    JsonDocument.Parse(Plot.json figure).RootElement

let private traces (figure: Figure) =
    (parse figure).GetProperty("data").EnumerateArray() |> List.ofSeq

let private text (name: string) (element: JsonElement) =
    element.GetProperty(name).GetString() |> Unchecked.nonNull

[<Fact>]
let ``a figure is JSON of the trace types that the small plotly.js has`` () =
    let allowed = set [ "bar"; "scatter" ]
    let all = traces figure
    Assert.Equal(2 + 2 + 2 * 3, all.Length)
    Assert.All(all, fun trace -> Assert.Contains(text "type" trace, allowed))

[<Fact>]
let ``axes carry title and unit`` () =
    let layout = (parse figure).GetProperty "layout"

    let title (axis: string) =
        layout.GetProperty(axis).GetProperty("title") |> text "text"

    Assert.Equal("R@10 (%)", title "yaxis")
    Assert.Equal("arm", title "xaxis")
    Assert.Equal("training step", title "xaxis2")

    Assert.Throws<ArgumentException>(fun () -> PlotAxis.create " " "%" |> ignore)
    |> ignore

[<Fact>]
let ``one name has one colour in all panels and one legend entry`` () =
    let lines =
        traces figure
        |> List.filter (fun t -> text "type" t = "scatter" && (text "mode" t).StartsWith "lines")

    let named = lines |> List.filter (fun t -> t.TryGetProperty "name" |> fst)

    let colour (trace: JsonElement) =
        trace.GetProperty("line") |> text "color"

    Assert.Equal<string list>([ "#0072B2"; "#D55E00" ], named |> List.map colour)
    let bar = traces figure |> List.find (fun t -> text "type" t = "bar")
    Assert.Equal("#0072B2", bar.GetProperty("marker").GetProperty("line") |> text "color")

    let shown =
        traces figure
        |> List.filter (fun t -> t.GetProperty("showlegend").GetBoolean())
        |> List.map (text "name")

    Assert.Equal(2, shown.Length)
    Assert.Equal("InfoNCE", shown.Head)

[<Fact>]
let ``a line is drawn in order of x with its band around it`` () =
    let lines =
        traces figure
        |> List.filter (fun t -> text "type" t = "scatter" && (text "mode" t).StartsWith "lines")

    let numbers (name: string) (trace: JsonElement) =
        trace.GetProperty(name).EnumerateArray() |> Seq.map _.GetDouble() |> List.ofSeq

    Assert.Equal<float list>([ 1.0; 2.0; 3.0 ], numbers "y" lines[0])
    Assert.Equal<float list>([ 3.0; 4.0; 5.0 ], numbers "y" lines[1])
    Assert.Equal("tonexty", text "fill" lines[1])
    Assert.Equal<float list>([ 1.0; 2.0; 3.0 ], numbers "x" lines[2])
    Assert.Equal<float list>([ 2.0; 3.0; 4.0 ], numbers "y" lines[2])

[<Fact>]
let ``error bars reach the interval's ends`` () =
    let error = (traces figure).Head.GetProperty "error_y"

    let first (name: string) =
        (Seq.head (error.GetProperty(name).EnumerateArray())).GetDouble()

    Assert.Equal(2.0, first "array", 12)
    Assert.Equal(1.0, first "arrayminus", 12)

[<Fact>]
let ``users' names are text in plotly.js's own markup`` () =
    let bar = traces figure |> List.item 1
    Assert.Equal("&lt;/script&gt;&lt;b&gt;50 %&lt;/b&gt; &amp; \"α\" %{x}", text "name" bar)

[<Fact>]
let ``a panel refuses what cannot be drawn`` () =
    let message layers =
        Assert.Throws<ArgumentException>(fun () -> Figure.panel "P" step y layers |> ignore).Message

    Assert.Contains("nothing to draw", message [])
    Assert.Contains("nothing to draw", message [ Layer.Bars [] ])
    Assert.Contains("two panels", message [ Layer.Bars bars; line "a" 1.0 ])
    Assert.Contains("NaN", message [ Layer.Scatter("a", [ (1.0, nan) ]) ])

[<Fact>]
let ``learning curves are means over the steps that all seeds logged`` () =
    use scratch = new Scratch()

    let run seed (points: (int64 * float) list) =
        let sweep = scratch.File "sweep"
        let folder = RunFolders.planned sweep "InfoNCE" seed $"0000000{seed}"

        for step, value in points do
            MetricsLog.append folder step [ "val.retrieval.r10", value ]

        {
            RunFolders.read sweep $"0000000{seed}" with
                State = RunStatus.Done
        }

    let runs = [
        run 1 [ (10L, 0.1); (20L, 0.2); (30L, 0.3) ]
        run 2 [ (10L, 0.3); (20L, 0.5) ]
    ]

    let panel = Plot.learningCurves "" (validation.r10) runs

    match panel.Layers with
    | [ Layer.Line("InfoNCE", [ first; second ]) ] ->
        Assert.Equal(10.0, first.X)
        Assert.Equal(20.0, first.Y, 12)
        Assert.Equal(35.0, second.Y, 12)
        Assert.Equal(20.0, fst second.Band.Value, 12)
        Assert.Equal(50.0, snd second.Band.Value, 12)
    | other -> failwith $"{other}"

    let error =
        Assert.Throws<ArgumentException>(fun () -> Plot.learningCurves "" (training.loss) runs |> ignore)

    Assert.Contains("val.retrieval.r10", error.Message)

[<Fact>]
let ``arms show their mean, interval and seeds in percent`` () =
    let column = test.r10

    let table =
        ResultTable.ofRuns (ResultTable.request [ column ]) [
            RunFolders.record "a" 1 [ column.Key, 0.1 ]
            RunFolders.record "a" 2 [ column.Key, 0.2 ]
        ]

    match (Plot.arms "" column table).Layers with
    | [ Layer.Bars [ bar ]; Layer.Dots [ one; two ] ] ->
        Assert.Equal(15.0, bar.Value, 12)
        Assert.Equal(15.0 + 12.7062047 * 5.0, snd bar.Interval.Value, 5)
        Assert.Equal(10.0, one.Value, 12)
        Assert.Equal("seed 2", two.Label)
    | other -> failwith $"{other}"

[<Fact>]
let ``the page carries plotly.js, needs no network and survives hostile names`` () =
    let page = Plot.html figure
    Assert.True(page.Length > 1_000_000)
    Assert.True(page.Length < 1_500_000)
    Assert.DoesNotContain("<script src", page)
    Assert.Contains("\"showSendToCloud\":false", page)
    Assert.Contains("\"plotlyServerURL\":\"\"", page)
    let count (tag: string) = page.Split(tag).Length - 1
    Assert.Equal(2, count "<script>")
    Assert.Equal(2, count "</script>")
    Assert.Contains("<title>Title &lt;/script&gt;", page)
    // What the second script draws is the figure's own JSON.
    let call = page.Substring(page.LastIndexOf "Plotly.newPlot('figure', " + 25)
    let mutable reader = Utf8JsonReader(ReadOnlySpan(Encoding.UTF8.GetBytes call))
    Assert.Equal(10, JsonElement.ParseValue(&reader).GetArrayLength())

[<Fact>]
let ``without Chromium the page is still written and one line names the package`` () =
    use scratch = new Scratch()
    let before = Environment.GetEnvironmentVariable "RESEARCH_CHROMIUM"
    let errors = Console.Error
    use captured = new StringWriter()

    try
        Environment.SetEnvironmentVariable("RESEARCH_CHROMIUM", scratch.File "no-such-browser")
        Console.SetError captured
        let paths = Plot.save scratch.Folder "figure" [ ImageFormat.Svg ] figure
        Assert.Equal<string list>([ scratch.File "figure.html" ], paths)
    finally
        Console.SetError errors
        Environment.SetEnvironmentVariable("RESEARCH_CHROMIUM", before)

    let lines = captured.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
    let line = Assert.Single(lines |> Array.filter _.Contains("Chromium"))
    Assert.Contains("'chromium'", line)

[<Fact>]
let ``Chromium reads no files for a page, and keeps its sandbox unless it is root's`` () =
    use scratch = new Scratch()
    let browser = scratch.File "browser"

    File.WriteAllText(
        browser,
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >'"
        + scratch.File "arguments"
        + "'\necho 'FATAL: No usable sandbox! more words' >&2\nexit 133\n"
    )

    File.SetUnixFileMode(browser, UnixFileMode.UserRead ||| UnixFileMode.UserExecute)

    let before = Environment.GetEnvironmentVariable "RESEARCH_CHROMIUM"

    try
        Environment.SetEnvironmentVariable("RESEARCH_CHROMIUM", browser)

        let error =
            Assert.Throws<InvalidOperationException>(fun () ->
                Plot.save scratch.Folder "figure" [ ImageFormat.Png ] figure |> ignore)

        Assert.Contains("'chromium-sandbox'", error.Message)
    finally
        Environment.SetEnvironmentVariable("RESEARCH_CHROMIUM", before)

    let arguments = File.ReadAllLines(scratch.File "arguments")
    Assert.Contains("--headless", arguments)
    Assert.DoesNotContain("--allow-file-access-from-files", arguments)
    Assert.Equal(Environment.IsPrivilegedProcess, Array.contains "--no-sandbox" arguments)

[<Fact>]
let ``Chromium draws the figure as SVG, PNG and PDF, the same each time`` () =
    // The launcher installs Chromium; where somebody runs the tests without it, the test above says what happens.
    if List.exists File.Exists [ "/usr/bin/chromium"; "/usr/bin/google-chrome"; "/usr/bin/chromium-browser" ] then
        use scratch = new Scratch()
        let formats = [ ImageFormat.Svg; ImageFormat.Png; ImageFormat.Pdf ]

        match Plot.save scratch.Folder "figure" formats figure with
        | [ page; svg; png; pdf ] ->
            let content = File.ReadAllText svg
            Assert.StartsWith("<svg", content)
            let document = System.Xml.Linq.XDocument.Parse content
            let text = (Unchecked.nonNull document.Root).Value
            Assert.Contains("training step", text)
            Assert.Contains("</script><b>50 %</b>", text)
            let bytes = File.ReadAllBytes png
            Assert.Equal<byte>([| 0x89uy; 0x50uy; 0x4Euy; 0x47uy |], bytes[..3])
            let width = int bytes[18] * 256 + int bytes[19]
            Assert.Equal(2 * figure.Width, width)
            Assert.Equal("%PDF", Encoding.ASCII.GetString((File.ReadAllBytes pdf)[..3]))
            let again = Plot.save (scratch.File "again") "figure" [ ImageFormat.Svg ] figure
            Assert.Equal(content, File.ReadAllText again[1])
            // What did not change is not drawn again, and what changed is.
            File.WriteAllText(svg, "kept")
            Assert.Equal<string list>([ page; svg; png; pdf ], Plot.save scratch.Folder "figure" formats figure)
            Assert.Equal("kept", File.ReadAllText svg)

            Plot.save scratch.Folder "figure" formats { figure with Title = "Another" }
            |> ignore

            Assert.Contains("Another", File.ReadAllText svg)
        | other -> failwith $"{other}"

[<Fact>]
let ``a letter that no installed font has is named with its package, and drawn again with the next report`` () =
    if List.exists File.Exists [ "/usr/bin/chromium"; "/usr/bin/google-chrome"; "/usr/bin/chromium-browser" ] then
        use scratch = new Scratch()
        let errors = Console.Error
        use captured = new StringWriter()
        // A code point for private use, which nobody's font has.
        let strange = {
            figure with
                Title = "A \uE001 figure"
        }

        let save () =
            Plot.save scratch.Folder "figure" [ ImageFormat.Png ] strange |> ignore

        try
            Console.SetError captured
            save ()
            File.WriteAllText(scratch.File "figure.png", "old")
            save ()
        finally
            Console.SetError errors

        // Tests that run beside this one write to the same standard error.
        let lines =
            captured.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            |> Array.filter _.StartsWith("figure: ")

        Assert.Equal(2, lines.Length)
        Assert.StartsWith("figure: no installed font has \uE001", lines[0])
        Assert.Contains("fonts-noto-core", lines[0])
        Assert.NotEqual<string>("old", File.ReadAllText(scratch.File "figure.png"))

[<Fact>]
let ``a figure grows rather than squeeze its panels between long texts`` () =
    let words count = String.replicate count "eleven words "

    let long = {
        figure with
            Title = words 30
            Note = words 200
    }

    let height (figure: Figure) =
        (parse figure).GetProperty("layout").GetProperty("height").GetInt32()

    Assert.Equal(
        520,
        height {
            figure with
                Title = "T"
                Subtitle = ""
                Note = ""
        }
    )

    Assert.True(height long > 700)
    let margin = (parse long).GetProperty("layout").GetProperty("margin")
    let side (name: string) = margin.GetProperty(name).GetInt32()
    Assert.True(height long - side "t" - side "b" >= 220)
