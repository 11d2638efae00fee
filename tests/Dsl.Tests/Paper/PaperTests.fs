module Research.Tests.PaperTests

open System
open System.IO
open Research
open Research.Language
open Xunit
open Research.Stats
open Research.Tables
open Research.Plots
open Research.Papers
open Research.Evaluation

let private top1 = "test.zeroshot.top1"

let private figure value mark = Some { Value = value; Mark = mark }

let private table: PaperTable = {
    Key = "made-up"
    Paper = "A & B, 2020"
    Title = "Made up for the test"
    Columns = [
        {
            Title = "top-1"
            Unit = "%"
            Decimals = 1
            Better = Better.Higher
            Metric = Some test.top1
        }
    ]
    Rows = [
        for title, value in
            [
                "CLIP", figure 20.0 PaperMark.Published
                "ours", figure 30.0 PaperMark.Published
                "recalled", figure 77.7 PaperMark.Recalled
                "guess", figure 88.8 PaperMark.Ours
                "empty", None
            ] do
            {
                Title = title
                Mark = PaperMark.Published
                Arm = Some title
                Figures = [ value ]
            }
    ]
    Claims = [
        {
            Text = "ours is better"
            Mark = PaperMark.Published
            Row = "ours"
            Than = "CLIP"
            Column = "top-1"
        }
    ]
    NotComparable = None
    Tolerance = 0.1
    Notes = []
}

let private noise = [ 0.002; -0.003; 0.001; 0.003; -0.002; 0.000 ]

let private arm name centre seeds =
    noise
    |> List.take seeds
    |> List.mapi (fun i shift ->
        RunFolders.record name (i + 1) [ top1, centre + shift + (if name = "ours" then 0.0005 * float i else 0.0) ])

let private compare' table runs =
    PaperComparison.ofRuns Comparison.options table runs

let private status title (comparison: PaperComparison) =
    let _, cells = comparison.Rows |> List.find (fun (row, _) -> row.Title = title)
    cells.Head.Status

[<Fact>]
let ``a figure is reproduced when our interval holds it`` () =
    let comparison = compare' table (arm "CLIP" 0.2 6 @ arm "ours" 0.35 6)
    Assert.Equal(PaperStatus.Reproduced, status "CLIP" comparison)
    Assert.Equal(PaperStatus.Differs, status "ours" comparison)
    Assert.Equal(PaperStatus.NotRun, status "empty" comparison)

[<Fact>]
let ``one run agrees within the tolerance and the paper's rounding`` () =
    let at value =
        status "CLIP" (compare' table [ RunFolders.record "CLIP" 1 [ top1, value ] ])

    Assert.Equal(PaperStatus.Reproduced, at 0.2014)
    Assert.Equal(PaperStatus.Differs, at 0.2016)

[<Fact>]
let ``figures of other data are not compared, claims are`` () =
    let other = {
        table with
            NotComparable = Some "other data"
    }

    let comparison = compare' other (arm "CLIP" 0.2 6 @ arm "ours" 0.3 6)
    Assert.Equal(PaperStatus.NotComparable, status "CLIP" comparison)
    Assert.Equal(PaperStatus.Reproduced, comparison.Verdicts.Head.Status)
    Assert.Contains("not comparable: other data", Paper.markdown comparison)
    Assert.Equal(PaperStatus.Reproduced, status "CLIP" (compare' (PaperTable.comparable other) (arm "CLIP" 0.2 6)))

[<Fact>]
let ``a claim is decided by significance alone`` () =
    let verdict runs = (compare' table runs).Verdicts.Head
    Assert.Equal(PaperStatus.Reproduced, (verdict (arm "CLIP" 0.2 6 @ arm "ours" 0.25 6)).Status)
    Assert.Equal(PaperStatus.Differs, (verdict (arm "CLIP" 0.2 6 @ arm "ours" 0.15 6)).Status)
    Assert.Equal(PaperStatus.Undecided, (verdict (arm "CLIP" 0.2 4 @ arm "ours" 0.25 4)).Status)
    Assert.Equal(PaperStatus.NotRun, (verdict (arm "CLIP" 0.2 6)).Status)
    let undecided = verdict (arm "CLIP" 0.2 4 @ arm "ours" 0.25 4)
    Assert.Equal(Significance.TooFewSeeds 4, undecided.Difference.Value.Significance)

[<Fact>]
let ``what is recalled or ours never stands as the paper's`` () =
    for runs in [ []; arm "recalled" 0.777 6 @ arm "guess" 0.888 6 ] do
        let comparison = compare' table runs

        let markdown = Paper.markdown comparison

        for title in [ "recalled"; "guess" ] do
            Assert.NotEqual(PaperStatus.Reproduced, status title comparison)
            Assert.Contains($@"| {title} \[P\] | – |", markdown)

        Assert.Contains(@"not the paper's: recalled, top-1: 77.7 \[R\]; guess, top-1: 88.8 \[O\]", markdown)

[<Fact>]
let ``the built-in tables hold together, and print published figures only`` () =
    for table in [ PsdPaper.scheduleAblation; DihtPaper.hardNegatives; DihtPaper.zeroShot ] do
        Assert.Empty(PaperTable.problems table)
        let comparison = compare' table []

        Assert.All(
            comparison.Rows,
            fun (_, cells) -> Assert.All(cells, fun cell -> Assert.Equal(PaperStatus.NotRun, cell.Status))
        )

    let released = Paper.markdown (compare' DihtPaper.zeroShot [])

    Assert.Contains(
        @"| DiHT ViT-L/14@336 \[P\] | 77.9 | not run | 49.3 | not run | 65.3 | not run | 78.2 | not run | 91.1 | not run |",
        released
    )

    Assert.Contains(
        @"| CLIP ViT-B/32 \[P\] | 63.3 | not run | 30.4 | not run | – | not run | 58.8 | not run | – | not run |",
        released
    )

    let schedule = Paper.markdown (compare' PsdPaper.scheduleAblation [])
    Assert.Contains(@"| cosine, 0 to 0.8 \[O\] | – | not run | – | not run | – | not run |", schedule)

[<Fact>]
let ``rows and columns take arms and metrics by their titles`` () =
    let own =
        DihtPaper.hardNegatives
        |> PaperTable.arms [ "(1, 0.25)", "beta 0.25" ]
        |> PaperTable.metrics [ "zero-shot top-1", validation.top1 ]

    Assert.Equal(Some "beta 0.25", (own.Rows |> List.find (fun row -> row.Title = "(1, 0.25)")).Arm)
    Assert.Equal(Some "1, 0", own.Rows.Head.Arm)
    Assert.Equal(Some validation.top1, own.Columns[2].Metric)

    let message action =
        Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

    let unknownRow = message (fun () -> PaperTable.arms [ "(2, 2)", "x" ] own)
    Assert.Contains("\"(2, 2)\"", unknownRow)
    Assert.Contains("(0.999, 0.5)", unknownRow)
    Assert.Contains("\"top-9\"", message (fun () -> PaperTable.metrics [ "top-9", test.top1 ] own))

[<Fact>]
let ``a table whose data does not fit says where`` () =
    let broken = {
        table with
            Rows = table.Rows |> List.map (fun row -> { row with Figures = [] })
            Claims = [ { table.Claims.Head with Than = "BLIP" } ]
    }

    let problems = PaperTable.problems broken |> String.concat "; "
    Assert.Contains("row \"CLIP\": 0 figures for 1 columns", problems)
    Assert.Contains("names the row \"BLIP\"", problems)

    Assert.Throws<ArgumentException>(fun () -> compare' broken [] |> ignore)
    |> ignore

[<Fact>]
let ``every format shows ours, the verdict and the marks, with text escaped`` () =
    use scratch = new Scratch()
    let comparison = compare' table (arm "CLIP" 0.2 6 @ arm "ours" 0.3 6)
    let markdown = Paper.markdown comparison
    Assert.Matches(@"\| CLIP \\\[P\\\] \| 20\.0 \| 20\.0 ± 0\.\d \(reproduced\) \|", markdown)

    Assert.Matches(
        @"\* \\\[P\\\] ours is better \(ours against CLIP in top-1\): reproduced: \+10\.1 ± 0\.\d points over 6 seeds; p = 0\.?\d*\.",
        markdown
    )

    let tex = Paper.latex comparison
    Assert.Contains(@"(A \& B, 2020)", tex)
    Assert.Contains("{[}P{]}", tex)
    Assert.Equal(tex |> Seq.filter ((=) '{') |> Seq.length, tex |> Seq.filter ((=) '}') |> Seq.length)
    Assert.Contains("reproduced", Paper.text comparison)

    Assert.Equal<string list>(
        [ "paper-made-up.md"; "paper-made-up.tex" ],
        Paper.save scratch.Folder comparison
        |> List.map (fun path -> FileInfo(path).Name)
    )
