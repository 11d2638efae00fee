/// Figures whose names are many, long or look like numbers, in the JSON that plotly.js gets.
module Research.Tests.ManyNamesTests

open System.Text.Json
open Research
open Research.Language
open Xunit
open Research.Stats
open Research.Plots

let private percent = PlotAxis.create "R@10" "%"
let private number = PlotAxis.create "x" ""

let private long = [
    for i in 1..24 -> $"a rather long label of an arm that says what it does, number {i}"
]

let private curves names =
    Figure.panel "Curves" (PlotAxis.create "training step" "") percent [
        for i, name in List.indexed names do
            Layer.Line(name, [ for x in 0.0 .. 3.0 -> { X = x; Y = float i * x; Band = None } ])
    ]

let private bars names =
    Figure.panel "Bars" (PlotAxis.create "arm" "") percent [
        Layer.Bars [
            for name in names ->
                {
                    Category = name
                    Value = 20.0
                    Interval = Some(19.0, 21.0)
                }
        ]
        Layer.Dots [
            for name in names do
                for seed in 1..5 ->
                    {
                        Category = name
                        Value = 19.0 + float seed / 3.0
                        Label = $"seed {seed}"
                    }
        ]
    ]

let private span category = {
    Category = category
    Value = 1.0
    Interval = Some(0.5, 2.0)
    Significant = false
    Remark = ""
}

let private forest names =
    Figure.panel "Forest" percent (PlotAxis.create "arm" "") [
        Layer.Spans(List.map span names)
        Layer.Vacant [ "none", "failed" ]
        Layer.Upright 0.0
    ]

let private parse (panels: Panel list) =
    JsonDocument.Parse(Plot.json (Figure.create "T" panels)).RootElement

let private layout (panels: Panel list) = (parse panels).GetProperty "layout"

let private items (name: string) (element: JsonElement) =
    element.GetProperty(name).EnumerateArray() |> List.ofSeq

let private text (element: JsonElement) =
    element.GetString() |> Unchecked.nonNull

let private texts (name: string) (element: JsonElement) =
    items name element |> List.map (fun item -> text item)

let private whole (name: string) (element: JsonElement) = element.GetProperty(name).GetDouble()

/// Without the line ends.
let private joined (label: string) = label.Replace("<br>", " ")

[<Fact>]
let ``arms that look like numbers and dates stay names`` () =
    let names = [ "0"; "0.25"; "2024-01-01"; "1e3" ]
    let all = parse [ bars names; forest names ]
    let x = all.GetProperty("layout").GetProperty "xaxis"
    Assert.Equal("category", text (x.GetProperty "type"))
    Assert.Equal<string list>(names, texts "categoryarray" x)
    Assert.Equal<string list>(names, texts "ticktext" x)
    let y = all.GetProperty("layout").GetProperty "yaxis2"
    Assert.Equal("category", text (y.GetProperty "type"))
    Assert.Equal<string list>("none" :: List.rev names, texts "categoryarray" y)

    let drawn =
        items "data" all
        |> List.filter (fun trace -> text (trace.GetProperty "type") = "bar")
        |> List.collect (fun trace -> texts "x" trace)

    Assert.Equal<string list>(names, drawn)

[<Fact>]
let ``what stands in a row goes by the row's number, not by a name that looks like one`` () =
    let panel =
        Figure.panel "Forest" percent (PlotAxis.create "arm" "") [
            Layer.Spans [ { span "0" with Remark = "n = 3" }; span "1"; span "2" ]
            Layer.Vacant [ "3", "failed" ]
        ]

    let place (content: string) =
        items "annotations" (layout [ panel ])
        |> List.find (fun annotation -> text (annotation.GetProperty "text") = content)
        |> whole "y"

    // "0" is the highest of four rows, "3" the lowest.
    Assert.Equal(3.0, place "n = 3")
    Assert.Equal(0.0, place "failed")

[<Fact>]
let ``a heat map's names are categories on both axes`` () =
    let panel =
        Figure.panel "Heat" (PlotAxis.create "alpha" "") (PlotAxis.create "beta" "") [
            Layer.Heat {
                Columns = [ "0"; "0.5" ]
                Rows = [ "1"; "2" ]
                Cells = [
                    {
                        X = 1
                        Y = 0
                        Value = 1.0
                        Text = "1.0"
                    }
                ]
                Scale = percent
            }
        ]

    let all = parse [ panel ]

    for axis in [ "xaxis"; "yaxis" ] do
        Assert.Equal("category", text (all.GetProperty("layout").GetProperty(axis).GetProperty "type"))

    let cell = items "data" all |> List.last
    Assert.Equal<string list>([ "0.5" ], texts "x" cell)
    Assert.Equal<string list>([ "1" ], texts "y" cell)

[<Fact>]
let ``names that have no room below the axis become rows, whole and with a height of their own`` () =
    let all = layout [ bars long ]
    let y = all.GetProperty "yaxis"
    Assert.Equal("category", text (y.GetProperty "type"))
    // The first is on top.
    Assert.Equal<string list>(List.rev long, texts "ticktext" y |> List.map joined)
    let lines = texts "ticktext" y |> List.map (fun label -> label.Split("<br>").Length)
    let margin = all.GetProperty "margin"
    let height = whole "height" all - whole "t" margin - whole "b" margin
    Assert.True(height >= 24.0 * 16.0 * float (List.max lines), $"{height}")
    let few = layout [ bars [ "InfoNCE"; "PSD" ] ]
    Assert.Equal<string list>([ "InfoNCE"; "PSD" ], texts "ticktext" (few.GetProperty "xaxis"))

[<Fact>]
let ``a long legend becomes names at the lines' ends, which do not overlap`` () =
    let all = layout [ curves long ]
    Assert.False(all.GetProperty("showlegend").GetBoolean())

    let low, high =
        match items "range" (all.GetProperty "yaxis") |> List.map _.GetDouble() with
        | [ low; high ] -> low, high
        | other -> failwith $"{other}"

    let margin = all.GetProperty "margin"
    let height = whole "height" all - whole "t" margin - whole "b" margin

    let boxes =
        items "annotations" all
        |> List.filter (fun annotation -> annotation.GetProperty("showarrow").GetBoolean())
        |> List.map (fun annotation ->
            let name = text (annotation.GetProperty "text")

            let middle =
                (high - whole "y" annotation) / (high - low) * height + whole "ay" annotation

            let half = 7.0 * float (name.Split("<br>").Length)
            joined name, middle - half, middle + half)
        |> List.sortBy (fun (_, top, _) -> top)

    Assert.Equal<string list>(List.sort long, boxes |> List.map (fun (name, _, _) -> name) |> List.sort)

    for (name, _, bottom), (next, top, _) in List.pairwise boxes do
        Assert.True(bottom <= top, $"{name} overlaps {next}")

    let _, first, _ = boxes.Head
    let _, _, last = List.last boxes
    Assert.InRange(first, 0.0, height)
    Assert.InRange(last, 0.0, height)

[<Fact>]
let ``the legend of many points has room for all of them below the axis`` () =
    let panel =
        Figure.panel "Scatter" number percent [
            for i, name in List.indexed long -> Layer.Scatter(name, [ (float i, float i) ])
        ]

    let all = layout [ panel ]
    Assert.True(all.GetProperty("showlegend").GetBoolean())
    let legend = all.GetProperty "legend"
    let height = whole "height" all
    let margin = all.GetProperty "margin"
    let below = -(whole "y" legend) * (height - whole "t" margin - whole "b" margin)
    // One below the other, each in 20 pixels.
    Assert.True(whole "b" margin >= below + 24.0 * 19.0, "legend is cut")
    Assert.True(whole "maxheight" legend >= 24.0 * 19.0)
    Assert.InRange(whole "entrywidth" legend, 300.0, 640.0)

[<Fact>]
let ``few names keep their legend, and no two of many have one look`` () =
    Assert.True((layout [ curves [ "A"; "B"; "C" ] ]).GetProperty("showlegend").GetBoolean())

    let looks =
        items "data" (parse [ curves long ])
        |> List.map (fun trace ->
            text (trace.GetProperty("line").GetProperty "color"),
            text (trace.GetProperty("line").GetProperty "dash"),
            trace.GetProperty("marker").GetProperty("symbol").ToString())

    Assert.Equal(24, looks.Length)
    Assert.Equal(24, (List.distinct looks).Length)

[<Fact>]
let ``a forest has one colour for what is significant and grey for the rest`` () =
    let panel =
        Figure.panel "Forest" percent (PlotAxis.create "arm" "") [
            Layer.Spans [
                for i in 1..10 ->
                    {
                        span $"arm {i}" with
                            Significant = i % 2 = 0
                    }
            ]
        ]

    let colours =
        items "data" (parse [ panel ])
        |> List.map (fun trace -> text (trace.GetProperty("marker").GetProperty "color"))

    Assert.Equal<string list>([ "#5E3C99"; "#8c8c8c" ], colours |> List.distinct |> List.sort)
    Assert.Equal(5, colours |> List.filter ((=) "#5E3C99") |> List.length)
