/// Against SciPy and against counting every case in Python: tests/golden/stats.py.
module Research.Tests.GoldenStatsTests

open System
open System.IO
open System.Text.Json
open Research
open Research.Language
open Xunit
open Research.Stats

let private golden =
    lazy
        (JsonDocument
            .Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "golden", "stats.json")))
            .RootElement)

let private rows (name: string) =
    golden.Value.GetProperty(name).EnumerateArray() |> List.ofSeq

let private number (name: string) (row: JsonElement) = row.GetProperty(name).GetDouble()

let private numbers (element: JsonElement) =
    element.EnumerateArray() |> Seq.map _.GetDouble() |> Array.ofSeq

let private array (name: string) (row: JsonElement) = numbers (row.GetProperty name)

let private close (tolerance: float) (expected: float) (actual: float) =
    Assert.True(abs (expected - actual) <= tolerance * (1.0 + abs expected), $"expected {expected:R}, got {actual:R}")

[<Fact>]
let ``paired t, signed ranks and sign flips give SciPy's p-values`` () =
    let cases = rows "continuous"
    Assert.Equal(7, cases.Length)

    for row in cases do
        let differences = array "differences" row
        let baseline = array "baseline" row
        let test = SampleStats.pairedT baseline (Array.map2 (+) baseline differences)
        close 1e-7 (number "t" row) test.T
        close 1e-7 (number "t_p" row) test.P
        let signed = Wilcoxon.test Zeros.Dropped differences
        Assert.True signed.Exact
        close 1e-12 (number "wilcoxon_p" row) signed.P
        close 1e-12 (number "flip_p" row) (SignFlip.test 0UL differences).P

[<Fact>]
let ``with ties and zeros the tests count every arrangement`` () =
    let cases = rows "tied"
    Assert.Equal(15, cases.Length)

    for row in cases do
        let differences = array "differences" row
        let dropped = Wilcoxon.test Zeros.Dropped differences
        close 1e-12 (number "dropped" row) dropped.WPlus
        close 1e-12 (number "dropped_p" row) dropped.P
        let pratt = Wilcoxon.test Zeros.Pratt differences
        close 1e-12 (number "pratt" row) pratt.WPlus
        close 1e-12 (number "pratt_p" row) pratt.P
        close 1e-12 (number "flip_p" row) (SignFlip.test 0UL differences).P

[<Fact>]
let ``a large sample has SciPy's normal approximation, ties included`` () =
    let large = golden.Value.GetProperty "large"
    let test = Wilcoxon.test Zeros.Dropped (array "differences" large)
    Assert.False test.Exact
    close 1e-6 (number "p" large) test.P

[<Fact>]
let ``the noncentral t distribution is SciPy's`` () =
    let cases = rows "noncentral"
    Assert.True(cases.Length > 80)

    for row in cases do
        match numbers row with
        | [| freedom; delta; t; expected |] -> close 1e-9 expected (NoncentralT.cdf freedom delta t)
        | other -> failwith $"{other}"

[<Fact>]
let ``effect sizes have the intervals that SciPy's noncentral t inverts to`` () =
    for row in rows "continuous" do
        match array "effect" row, EffectSize.ofDifferences 0.95 (array "differences" row) with
        | [| dz; gz; low; high |], Some effect ->
            close 1e-9 dz effect.Dz
            close 1e-9 gz effect.Gz
            close 1e-6 low effect.Interval.Low
            close 1e-6 high effect.Interval.High
        | other -> failwith $"{other}"

[<Fact>]
let ``effect sizes of two samples have the intervals that SciPy's noncentral t inverts to`` () =
    let cases = rows "unpaired"
    Assert.Equal(5, cases.Length)

    for row in cases do
        match array "effect" row, EffectSize.ofSamples 0.95 (array "baseline" row) (array "arm" row) with
        | [| d; g; low; high |], Some effect ->
            close 1e-9 d effect.D
            close 1e-9 g effect.G
            close 1e-6 low effect.Interval.Low
            close 1e-6 high effect.Interval.High
        | other -> failwith $"{other}"

[<Fact>]
let ``power is SciPy's`` () =
    let cases = rows "power"
    Assert.True(cases.Length >= 15)

    for row in cases do
        match numbers row with
        | [| n; d; expected |] -> close 1e-8 expected (Power.ofSeeds 0.95 2.0 (2.0 * d) (int n))
        | other -> failwith $"{other}"
