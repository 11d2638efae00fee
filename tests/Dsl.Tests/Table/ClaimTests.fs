/// Which differences a table calls significant.
module Research.Tests.ClaimTests

open Research
open Research.Language
open Xunit
open Research.Stats
open Research.Tables

let private first = "test.retrieval.r10"
let private second = "test.zeroshot.top1"

/// Six seeds; "clear" is better in every seed of both metrics, "weak" in the first metric by much less than its spread.
let private runs =
    let noise = [ 0.000; 0.004; -0.003; 0.002; -0.002; 0.003 ]

    [
        for seed, shift in List.indexed noise do
            let at arm a b =
                RunFolders.record arm (seed + 1) [ first, 0.2 + a; second, 0.3 + b ]

            at "base" 0.0 0.0
            at "clear" (0.05 + shift) (0.04 + shift)
            at "weak" (0.0028 + shift) shift
    ]

let private table change =
    let request = {
        ResultTable.request [ metric first; metric second ] with
            Baseline = Some "base"
    }

    ResultTable.ofRuns (change request) runs

let private difference (table: ResultTable) arm column =
    (table.Rows |> List.find (fun row -> row.Arm = arm)).Cells[column].Difference.Value

let private p (difference: PairedDifference) =
    match difference.Significance with
    | Significance.Significant p
    | Significance.NotSignificant p -> p
    | Significance.TooFewSeeds n -> failwith $"{n} seeds"

let private notes (table: ResultTable) = String.concat " " table.Notes

[<Fact>]
let ``by default the arms of one metric are one family`` () =
    let table = table id
    let clear = difference table "clear" 0
    let weak = difference table "weak" 0
    Assert.Equal(2.0 * clear.P.Value, p clear, 12)
    Assert.Equal(max (p clear) weak.P.Value, p weak, 12)
    Assert.True clear.Significance.IsSignificant

    Assert.Contains("two-sided paired t-test, Holm-corrected over the 2 arms compared in a metric", notes table)

[<Fact>]
let ``the whole table can be the family`` () =
    let table =
        table (fun (request: TableRequest) -> { request with Family = Family.Table })

    let smallest =
        [
            for arm in [ "clear"; "weak" ] do
                for column in [ 0; 1 ] -> difference table arm column
        ]
        |> List.minBy _.P.Value

    Assert.Equal(4.0 * smallest.P.Value, p smallest, 12)
    Assert.Contains("over the 4 comparisons of the table", notes table)

[<Fact>]
let ``the test is chosen, named, and says when it can claim nothing`` () =
    let flipped (request: TableRequest) = {
        request with
            Comparison = {
                request.Comparison with
                    Test = PairedTest.SignFlip
            }
    }

    let six = table flipped
    Assert.Equal(0.03125, (difference six "clear" 0).P.Value, 12)
    Assert.False (difference six "clear" 0).Significance.IsSignificant
    Assert.Contains("sign-flip permutation test", notes six)
    Assert.DoesNotContain("at least", notes six)

    let five =
        ResultTable.ofRuns
            (flipped {
                ResultTable.request [ metric first ] with
                    Baseline = Some "base"
            })
            (runs |> List.filter (fun run -> run.Seed <= 5))

    Assert.Contains("With 5 seeds this test's p is at least 0.0625, so nothing can be significant.", notes five)

[<Fact>]
let ``intervals can be the bootstrap's and are named so`` () =
    let table =
        table (fun (request: TableRequest) -> {
            request with
                Comparison = {
                    request.Comparison with
                        Interval = IntervalKind.Bca
                }
        })

    Assert.Contains("95 % BCa bootstrap interval", notes table)
    let cell = (table.Rows |> List.find (fun row -> row.Arm = "clear")).Cells[0]

    Assert.Equal(
        Some(Bootstrap.bca 0.95 Bootstrap.resamples 0UL Array.average (cell.Values |> List.map snd |> Array.ofList)),
        cell.Summary.Value.Interval
    )

[<Fact>]
let ``a table says how many seeds one point would take`` () =
    let table = table id

    let sd arm column = (difference table arm column).Sd.Value

    let needed column =
        let pooled = sqrt ((sd "clear" column ** 2.0 + sd "weak" column ** 2.0) / 2.0)
        (Power.seedsNeeded 0.95 0.8 1000 pooled 0.01).Value

    Assert.Contains($"from this many seeds on: R@10 {needed 0}, zero-shot top-1 {needed 1}.", notes table)

    let two =
        ResultTable.ofRuns
            {
                ResultTable.request [ metric first ] with
                    Baseline = Some "base"
            }
            (runs |> List.filter (fun run -> run.Seed <= 2))

    Assert.DoesNotContain("this many seeds on", notes two)
