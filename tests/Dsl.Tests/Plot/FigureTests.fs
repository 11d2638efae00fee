/// Layout and looks, in the JSON that plotly.js gets.
module Research.Tests.FigureTests

open System
open System.Text.Json
open System.Text.RegularExpressions
open Research
open Research.Language
open Xunit
open Research.Stats
open Research.Plots

let private number = PlotAxis.create "x" ""
let private percent = PlotAxis.create "R@10" "%"

let private line name =
    Layer.Line(name, [ for x in 0.0 .. 3.0 -> { X = x; Y = x; Band = None } ])

let private panel = Figure.panel "P" number percent [ line "A"; line "B"; line "C" ]

let private heat =
    Figure.panel "Heat" (PlotAxis.create "alpha" "") (PlotAxis.create "beta" "") [
        Layer.Heat {
            Columns = [ "0"; "1" ]
            Rows = [ "<low>"; "high" ]
            Cells = [
                {
                    X = 0
                    Y = 0
                    Value = 1.0
                    Text = "1.0\n±<0.1>"
                }
                {
                    X = 1
                    Y = 1
                    Value = 3.0
                    Text = "3.0"
                }
            ]
            Scale = percent
        }
    ]

let private parse (figure: Figure) =
    JsonDocument.Parse(Plot.json figure).RootElement

let private traces figure =
    (parse figure).GetProperty("data").EnumerateArray() |> List.ofSeq

let private text (name: string) (element: JsonElement) =
    element.GetProperty(name).GetString() |> Unchecked.nonNull

let private domain (axis: string) (layout: JsonElement) =
    match
        layout.GetProperty(axis).GetProperty("domain").EnumerateArray()
        |> Seq.map _.GetDouble()
        |> List.ofSeq
    with
    | [ low; high ] -> low, high
    | other -> failwith $"{other}"

[<Fact>]
let ``series differ in colour, symbol and dashes, so that they are told apart in black and white`` () =
    let lines = traces (Figure.create "T" [ panel ])

    let distinct (read: JsonElement -> string) =
        (lines |> List.map read |> List.distinct).Length

    Assert.Equal(3, distinct (fun trace -> trace.GetProperty("line") |> text "dash"))
    Assert.Equal(3, distinct (fun trace -> trace.GetProperty("marker") |> text "symbol"))
    Assert.Equal(3, distinct (fun trace -> trace.GetProperty("line") |> text "color"))

[<Theory>]
[<InlineData(1, 1)>]
[<InlineData(2, 2)>]
[<InlineData(3, 3)>]
[<InlineData(4, 2)>]
[<InlineData(5, 3)>]
[<InlineData(9, 3)>]
let ``panels stand in rows that do not overlap`` (count: int, columns: int) =
    let figure = Figure.create "T" (List.replicate count panel)
    Assert.Equal(columns, figure.Columns)
    let layout = (parse figure).GetProperty "layout"

    let boxes = [
        for i in 1..count do
            let suffix = if i = 1 then "" else string i
            domain $"xaxis{suffix}" layout, domain $"yaxis{suffix}" layout
    ]

    for (left, right), (low, high) in boxes do
        Assert.True(0.0 <= left && left < right && right <= 1.0 + 1e-9)
        Assert.True(0.0 <= low && low < high && high <= 1.0 + 1e-9)

    for i in 0 .. count - 1 do
        for j in i + 1 .. count - 1 do
            let ((l1, r1), (b1, t1)), ((l2, r2), (b2, t2)) = boxes[i], boxes[j]
            Assert.True(r1 < l2 || r2 < l1 || t1 < b2 || t2 < b1, $"panels {i} and {j} overlap")

    // The first is on top.
    Assert.Equal(boxes |> List.map (snd >> snd) |> List.max, snd (snd boxes.Head))

[<Fact>]
let ``names below an axis that would touch are smaller, and upright where even that does not do`` () =
    let axisOf names =
        let points = [ for x in 0 .. List.length names - 1 -> { X = float x; Y = 1.0; Band = None } ]

        let panel =
            Figure.panel "P" (PlotAxis.named names number) percent [ Layer.Line("A", points) ]

        (parse (Figure.create "T" [ panel ])).GetProperty("layout").GetProperty "xaxis"

    let labels names =
        let axis = axisOf names

        axis.GetProperty("tickfont").GetProperty("size").GetDouble(),
        axis.GetProperty("tickangle").GetInt32(),
        axis.GetProperty("ticktext").EnumerateArray()
        |> Seq.map (fun label -> string (label.GetString()))
        |> List.ofSeq

    let few = [ "none"; "RandAugment" ]
    Assert.Equal<float * int * string list>((13.0, 0, few), labels few)
    let longer = [ for i in 10..14 -> $"RandAugment{i}" ]
    let size, angle, shown = labels longer
    Assert.InRange(size, 10.0, 12.0)
    Assert.Equal(0, angle)
    Assert.Equal<string list>(longer, shown)
    let longest = [ for i in 10..21 -> String.replicate 2 "RandAugment" + string i ]
    let _, angle, shown = labels longest
    Assert.Equal(-90, angle)
    Assert.Equal<string list>(longest, shown |> List.map _.Replace("-<br>", ""))

[<Fact>]
let ``a heat map has cells, texts of the better contrast, and names what its colours mean`` () =
    let figure = Figure.create "T" [ heat ]
    let all = traces figure
    let map = all |> List.find (fun trace -> text "type" trace = "heatmap")

    let rows =
        map.GetProperty("z").EnumerateArray()
        |> Seq.map (fun row -> row.EnumerateArray() |> List.ofSeq)
        |> List.ofSeq

    let cell y x : JsonElement = List.item x (List.item y rows)
    Assert.Equal(1.0, (cell 0 0).GetDouble())
    Assert.Equal(JsonValueKind.Null, (cell 0 1).ValueKind)
    Assert.Equal(3.0, (cell 1 1).GetDouble())

    let texts =
        all
        |> List.filter (fun trace -> text "type" trace = "scatter" && text "mode" trace = "text")
        |> List.map (fun trace ->
            trace.GetProperty("textfont") |> text "color",
            (Seq.head (trace.GetProperty("text").EnumerateArray())).GetString())

    Assert.Equal<(string * (string | null)) list>([ "#ffffff", "1.0<br>±&lt;0.1&gt;"; "#000000", "3.0" ], texts)
    let layout = (parse figure).GetProperty "layout"

    Assert.Contains("R@10 (%)", layout.GetProperty("annotations").EnumerateArray() |> Seq.map (text "text"))

    Assert.Equal(
        "&lt;low&gt;",
        (Seq.head (layout.GetProperty("yaxis").GetProperty("ticktext").EnumerateArray())).GetString()
    )

[<Fact>]
let ``a heat map takes the larger plotly.js, and its page stays under 1.6 MB and needs no network`` () =
    let page = Plot.html (Figure.create "T" [ heat; panel ])
    Assert.InRange(page.Length, 1_400_000, 1_600_000)
    Assert.DoesNotContain("<script src", page)
    Assert.DoesNotMatch(Regex("<link|@import"), page.Substring(0, 2000))
    Assert.True((Plot.html (Figure.create "T" [ panel ])).Length < 1_300_000)

[<Fact>]
let ``intervals lie in rows, the first category on top, hollow where nothing is claimed`` () =
    let span category significant = {
        Span.Category = category
        Value = 1.0
        Interval = Some(0.5, 2.0)
        Significant = significant
        Remark = ""
    }

    let figure =
        Figure.create "T" [
            Figure.panel "Spans" percent (PlotAxis.create "arm" "") [
                Layer.Spans [ span "first" true; span "second" false ]
                Layer.Upright 0.0
            ]
        ]

    match traces figure with
    | [ first; second ] ->
        let place (trace: JsonElement) =
            string ((Seq.head (trace.GetProperty("y").EnumerateArray())).GetString())

        Assert.Equal("first", place first)
        Assert.Equal("second", place second)
        // plotly.js's numbers of the filled and the hollow circle.
        Assert.Equal("0", first.GetProperty("marker") |> text "symbol")
        Assert.Equal("100", second.GetProperty("marker") |> text "symbol")
        Assert.Equal(1.0, (Seq.head (first.GetProperty("error_x").GetProperty("array").EnumerateArray())).GetDouble())
    | other -> failwith $"{other.Length} traces"

    let shape =
        Seq.exactlyOne ((parse figure).GetProperty("layout").GetProperty("shapes").EnumerateArray())

    Assert.Equal("y domain", text "yref" shape)

[<Fact>]
let ``a panel refuses axes that do not fit its layers`` () =
    let message x y layers =
        Assert.Throws<ArgumentException>(fun () -> Figure.panel "P" x y layers |> ignore).Message

    let cell x y = { X = x; Y = y; Value = 1.0; Text = "" }

    let map cells =
        Layer.Heat {
            Columns = [ "a" ]
            Rows = [ "b" ]
            Cells = cells
            Scale = percent
        }

    Assert.Contains("(1, 0) lies outside", message number percent [ map [ cell 1 0 ] ])
    Assert.Contains("(0, 0) is there twice", message number percent [ map [ cell 0 0; cell 0 0 ] ])
    Assert.Contains("nothing to draw", message number percent [ map [] ])
    Assert.Contains("two panels", message number percent [ map [ cell 0 0 ]; line "A" ])
    Assert.Contains("two heat maps", message number percent [ map [ cell 0 0 ]; map [ cell 0 0 ] ])
    Assert.Contains("logarithmic", message (PlotAxis.logarithmic number) percent [ line "A" ])
    Assert.Contains("x", message (PlotAxis.logarithmic number) percent [ line "A" ])
