/// What Plotly.NET writes against what npm's plotly.js reads: the two have versions of their own.
module Research.Tests.SchemaTests

open System
open System.Diagnostics
open System.IO
open System.Text.RegularExpressions
open Research
open Research.Language
open Xunit
open Research.Stats
open Research.Plots

let private percent = PlotAxis.create "R@10" "%"
let private number = PlotAxis.create "x" ""

let private point x y = {
    X = x
    Y = y
    Band = Some(y - 1.0, y + 1.0)
}

let private bar name = {
    Category = name
    Value = 2.0
    Interval = Some(1.0, 3.0)
}

let private dot name = {
    Dot.Category = name
    Value = 2.0
    Label = "seed 1"
}

/// Every layer that there is.
let private panels = [
    Figure.panel "Numbers" number percent [
        Layer.Fit("slope 1", [ point 0.0 1.0; point 1.0 2.0 ])
        Layer.Scatter("A", [ (0.0, 1.0); (1.0, 2.0) ])
        Layer.Line("A", [ point 0.0 1.0; point 1.0 2.0 ])
        Layer.Steps("front", [ (0.0, 1.0); (1.0, 1.0) ])
        Layer.Marks [
            {
                Name = "A"
                X = 0.0
                Y = 1.0
                Filled = false
            }
        ]
        Layer.Level("chance", 0.5)
    ]
    Figure.panel "Bars" number percent [ Layer.Bars [ bar "A"; bar "0.25" ]; Layer.Dots [ dot "A"; dot "0.25" ] ]
    Figure.panel "Seeds" number percent [
        Layer.Means [ bar "A"; bar "B" ]
        Layer.Links [ "seed 1", [ dot "A"; dot "B" ] ]
        Layer.Dots [ dot "A"; dot "B" ]
        Layer.Vacant [ "C", "failed" ]
    ]
    Figure.panel "Forest" (PlotAxis.remark "below" percent) number [
        Layer.Spans [
            {
                Category = "A"
                Value = 1.0
                Interval = Some(0.5, 1.5)
                Significant = true
                Remark = "n = 3"
            }
        ]
        Layer.Vacant [ "B", "failed" ]
        Layer.Upright 0.0
    ]
    Figure.panel "Wide" (PlotAxis.logarithmic number) percent [ Layer.Line("B", [ point 1.0 1.0; point 100.0 2.0 ]) ]
    Figure.panel "Heat" number percent [
        Layer.Heat {
            Columns = [ "0"; "1" ]
            Rows = [ "a" ]
            Cells = [
                {
                    X = 0
                    Y = 0
                    Value = 1.0
                    Text = "1.0\n±0.1"
                }
            ]
            Scale = percent
        }
        Layer.Gaps [ "1", "a", "failed" ]
    ]
]

let private many =
    Figure.panel "Curves" number percent [
        for i in 1..20 -> Layer.Line($"line {i}", [ point 0.0 1.0; point 1.0 (float i) ])
    ]

let private browsers = [ "/usr/bin/chromium"; "/usr/bin/google-chrome"; "/usr/bin/chromium-browser" ]

/// What plotly.js's own check says about the page's figure: unknown fields and values. That a field is not used here, such as the colour of a grid
/// that is not shown, is no mistake.
let private complaints (browser: string) (scratch: Scratch) (figure: Figure) : string =
    let page =
        (Plot.html figure)
            .Replace(
                "Plotly.newPlot('figure',",
                "const check = (data, layout) => Plotly.validate(data, layout) ?? [];\nconst found = check("
            )

    Assert.Contains("const found", page)
    let file = scratch.File $"{figure.Panels.Length}.html"

    File.WriteAllText(
        file,
        page.Replace(
            "</body>",
            "<pre id=\"out\"></pre><script>document.getElementById('out').textContent = 'checked: ' + found.filter(e => e.code !== 'unused').map(e => e.msg).join('; ')</script></body>"
        )
    )

    let start =
        ProcessStartInfo(
            browser,
            [
                "--headless"
                "--no-sandbox"
                "--disable-gpu"
                "--dump-dom"
                "--virtual-time-budget=30000"
                "--user-data-dir=" + scratch.File $"profile-{figure.Panels.Length}"
                Uri(file).AbsoluteUri
            ],
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    use child = new Process(StartInfo = start)
    child.Start() |> ignore
    let errors = child.StandardError.ReadToEndAsync()
    let output = child.StandardOutput.ReadToEnd()
    child.WaitForExit()
    errors.Wait()

    let found =
        Regex.Match(output, "<pre id=\"out\">(.*?)</pre>", RegexOptions.Singleline)

    Assert.True(found.Success, output.Substring(0, min 500 output.Length))
    found.Groups[1].Value

[<Fact>]
let ``plotly.js knows every field that is written, in figures of every layer`` () =
    // The launcher installs Chromium; without it there is nobody to ask.
    match browsers |> List.tryFind File.Exists with
    | None -> ()
    | Some browser ->
        use scratch = new Scratch()

        for panels in [ panels; [ many ] ] do
            Assert.Equal("checked: ", complaints browser scratch (Figure.create "T" panels |> Figure.note "note"))
