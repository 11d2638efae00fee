module Research.Tests.LatexTests

open System
open System.Text.RegularExpressions
open Research
open Research.Language
open Research.Runs
open Xunit
open Research.Tables

let private key = "test.retrieval.r10"
let private hostile = @"a_b & 50 % | <i>α</i>, ""q"" \input{x} $y$ #1 ^ ~ [z]"

let private runs arms seeds = [
    for i, arm in List.indexed arms do
        for seed in 1..seeds do
            RunFolders.record arm seed [
                key, 0.1 + 0.03 * float i + 0.01 * float ((seed * (i + 2)) % 4)
                "train.loss", 12.5 - float i
            ]
]

let private tableOf baseline arms seeds =
    ResultTable.ofRuns
        {
            ResultTable.request [ metric key; training.loss ] with
                Baseline = baseline
        }
        (runs arms seeds)

/// The columns that a tabular's preamble declares.
let private columnsOf (tex: string) =
    let start = tex.IndexOf @"\begin{tabular}{" + @"\begin{tabular}{".Length
    let preamble = tex.Substring(start, tex.IndexOf(@"\toprule", start) - start)
    let bare = Regex.Replace(preamble, @"\[[^\]]*\]|@\{[^{}]*\}|\s", "")
    bare.TrimEnd('}').Length

/// The columns that a row fills. Cells end at an & that no backslash escapes.
let private width (row: string) =
    Regex.Split(row, @"(?<!\\)&")
    |> Array.sumBy (fun cell ->
        let spans = Regex.Match(cell, @"\\multicolumn\{(\d+)\}")
        if spans.Success then int spans.Groups[1].Value else 1)

/// What TeX would stumble over: unbalanced braces, unescaped specials in text, math that does not close, rows of another width.
let private check (tex: string) =
    let body = Regex.Replace(tex, @"(?m)^%.*$", "")
    let mutable depth = 0
    let mutable math = false
    let mutable i = 0

    while i < body.Length do
        match body[i] with
        | '\\' ->
            Assert.True(i + 1 < body.Length, "a backslash at the end")
            i <- i + 1
        | '{' -> depth <- depth + 1
        | '}' ->
            depth <- depth - 1
            Assert.True(depth >= 0, "a brace closes that was never opened")
        | '$' -> math <- not math
        | '^'
        | '_' ->
            Assert.True(
                math,
                $"'{body[i]}' outside math in: {body.Substring(max 0 (i - 30), min 60 (body.Length - max 0 (i - 30)))}"
            )
        | '%'
        | '#'
        | '~' -> failwith $"an unescaped '{body[i]}'"
        | '\n' -> Assert.False(math, "math across lines")
        | c -> Assert.False(Char.IsControl c, "a control character")

        i <- i + 1

    Assert.Equal(0, depth)
    let opened = [ for m in Regex.Matches(body, @"\\begin\{(\w+)\}") -> m.Groups[1].Value ]
    let closed = [ for m in Regex.Matches(body, @"\\end\{(\w+)\}") -> m.Groups[1].Value ]
    Assert.Equal<string list>(opened, List.rev closed)
    let columns = columnsOf tex

    let rows =
        tex.Split '\n'
        |> Array.filter (fun line -> line.EndsWith(@" \\", StringComparison.Ordinal))

    Assert.True(rows.Length >= 2)

    for row in rows do
        Assert.True(width row = columns, $"{width row} of {columns} columns in: {row}")

    rows

[<Fact>]
let ``any names, seeds and baselines give LaTeX that balances and fills its columns`` () =
    for baseline in [ None; Some hostile ] do
        for seeds in [ 1; 2; 6 ] do
            let table = tableOf baseline [ hostile; "PSD \\"; "[x]"; "}{" ] seeds
            let rows = check (Table.latex hostile hostile table)
            Assert.Equal(5, rows.Length)

[<Fact>]
let ``user text is escaped`` () =
    let tex = Table.latex "50 % of_x" "quick start" (tableOf None [ hostile ] 2)
    Assert.Contains(@"\caption{50 \% of\_x}", tex)
    Assert.Contains(@"\label{tab:quick-start}", tex)

    Assert.Contains(
        @"{a\_b \& 50 \% $|$ $<$i$>$$\alpha$$<$/i$>$, ''q'' \textbackslash{}input\{x\} \$y\$ \#1 \textasciicircum{} \textasciitilde{} {[}z{]}}",
        tex
    )

[<Fact>]
let ``numbers stand in S columns with room for their digits and signs`` () =
    let tex = Table.latex "c" "l" (tableOf (Some "A") [ "A"; "B" ] 2)
    Assert.Contains(@"lS[table-format=1.0]", tex)
    // Means 12.0 and 15.0, halves 12.7 and 0.0, difference +3.5 ± 6.4, or what the numbers give: two digits, one behind the point.
    Assert.Contains(@"S[table-format=2.1]@{}c@{}S[table-format=2.1]@{}l", tex)
    Assert.Matches(@"S\[table-format=\+\d\.1\]@\{\}c@\{\}S\[table-format=\d+\.1\]@\{\}l", tex)
    Assert.Contains(@"S[table-format=2.3]", tex)
    let row = check tex |> Array.find _.Contains("{B}")

    Assert.Matches(
        @"^    \{B\} & 2 & \\bfseries \d+\.\d & \$\\,\\pm\\,\$ & \d+\.\d &  & \+\d\.\d & \$\\,\\pm\\,\$ & \d+\.\d &  & ",
        row
    )

    Assert.Contains(@"\multicolumn{4}{c}{baseline}", (check tex)[1])

[<Fact>]
let ``one seed has no interval and no difference in spread`` () =
    let row =
        check (Table.latex "c" "l" (tableOf (Some "A") [ "A"; "B" ] 1))
        |> Array.find _.Contains("{B}")

    Assert.DoesNotContain(@"\pm", row)

[<Fact>]
let ``an arm without results keeps its place`` () =
    let planned = {
        RunFolders.record "PSD" 1 [] with
            State = RunStatus.Planned
    }

    let table =
        ResultTable.ofRuns
            {
                ResultTable.request [ metric key ] with
                    Baseline = Some "A"
            }
            (planned :: runs [ "A"; "B" ] 2)

    let row = check (Table.latex "c" "l" table) |> Array.find _.Contains("{PSD}")
    Assert.Contains(@"\multicolumn{4}{c}{not started} & \multicolumn{4}{c}{--}", row)
