module Research.Tests.StatsTests

open System
open FsCheck
open FsCheck.FSharp
open Research
open Research.Language
open Xunit
open Research.Stats

let private near (digits: int) (expected: float) (actual: float) = Assert.Equal(expected, actual, digits)

// Student (1908), "The probable error of a mean": additional hours of sleep gained with two drugs by ten patients.
let private drug1 = [| 0.7; -1.6; -0.2; -1.2; -0.1; 3.4; 3.7; 0.8; 0.0; 2.0 |]
let private drug2 = [| 1.9; 0.8; 1.1; 0.1; -0.1; 4.4; 5.5; 1.6; 4.6; 3.4 |]

[<Fact>]
let ``Student's sleep data give the published paired t-test`` () =
    let test = SampleStats.pairedT drug2 drug1
    near 4 -4.0621 test.T
    Assert.Equal(9, test.DegreesOfFreedom)
    near 6 0.002833 test.P
    let difference = Comparison.paired Comparison.options drug2 drug1
    near 12 -1.58 difference.Mean
    near 7 -2.4598858 difference.Interval.Value.Low
    near 7 -0.7001142 difference.Interval.Value.High

    match difference.Significance with
    | Significance.Significant p -> near 6 0.002833 p
    | other -> failwith $"{other}"

[<Fact>]
let ``NIST's heat flow data give the published interval of the mean`` () =
    // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.2: ZARR13.DAT
    let interval = SampleStats.tInterval 0.95 195 9.261460 0.2278881e-01
    // To five places, since the published mean is itself rounded.
    near 5 9.258242 interval.Low
    near 5 9.264679 interval.High

[<Theory>]
[<InlineData(1, 12.706)>]
[<InlineData(2, 4.303)>]
[<InlineData(4, 2.776)>]
[<InlineData(9, 2.262)>]
[<InlineData(30, 2.042)>]
let ``intervals use the t table's quantiles`` (freedom: int, quantile: float) =
    let n = freedom + 1
    near 3 quantile (SampleStats.tInterval 0.95 n 0.0 (sqrt (float n))).High

[<Fact>]
let ``mean and standard deviation are the textbook's`` () =
    let values = [| 2.0; 4.0; 4.0; 4.0; 5.0; 5.0; 7.0; 9.0 |]
    near 12 5.0 (SampleStats.mean values)
    near 12 (sqrt (32.0 / 7.0)) (SampleStats.sd values)

[<Fact>]
let ``under five seeds nothing is significant, however clear the difference`` () =
    for n in 1..4 do
        let baseline = Array.init n float
        let arm = baseline |> Array.mapi (fun i x -> x + 100.0 + 0.001 * float i)
        Assert.Equal(Significance.TooFewSeeds n, (Comparison.paired Comparison.options baseline arm).Significance)

    let baseline = Array.init 5 float
    let arm = baseline |> Array.mapi (fun i x -> x + 100.0 + 0.001 * float i)
    Assert.True((Comparison.paired Comparison.options baseline arm).Significance.IsSignificant)

[<Fact>]
let ``pairing takes out what the seeds share`` () =
    let baseline = [| 10.0; 20.0; 30.0; 40.0; 50.0 |]
    let arm = [| 10.9; 21.1; 31.0; 41.1; 50.9 |]
    Assert.True((Comparison.paired Comparison.options baseline arm).Significance.IsSignificant)
    let again = Comparison.paired Comparison.options (Array.rev baseline) arm
    Assert.True(again.Significance.IsNotSignificant)

[<Fact>]
let ``differences without any spread have the test's limits`` () =
    Assert.Equal(1.0, (SampleStats.pairedT [| 1.0; 2.0 |] [| 1.0; 2.0 |]).P)
    Assert.Equal(0.0, (SampleStats.pairedT [| 1.0; 2.0 |] [| 2.0; 3.0 |]).P)

[<Fact>]
let ``one value has a mean and nothing more`` () =
    Assert.Equal(
        {
            N = 1
            Mean = 3.0
            Sd = None
            Interval = None
        },
        SampleStats.summary 0.95 [| 3.0 |]
    )

[<Fact>]
let ``a shift moves the interval and a scale widens it`` () =
    Check.QuickThrowOnFailure(fun (NonEmptyArray(raw: NormalFloat[])) (shift: int16) ->
        let values = raw |> Array.map (fun x -> Math.Clamp(x.Get, -1e6, 1e6))

        values.Length < 2
        || (let original = (SampleStats.summary 0.95 values).Interval.Value

            let moved =
                (SampleStats.summary 0.95 (values |> Array.map (fun x -> 2.0 * x + float shift))).Interval.Value

            let tolerance =
                1e-6 * (1.0 + abs original.Low + abs original.High + abs (float shift))

            abs (moved.Low - (2.0 * original.Low + float shift)) < tolerance
            && abs (moved.HalfWidth - 2.0 * original.HalfWidth) < tolerance))

[<Fact>]
let ``quantiles are linear between order statistics`` () =
    // R: quantile(c(1, 2, 3, 4, 10), c(0.1, 0.5, 0.9)), type 7
    let values = [| 10.0; 3.0; 1.0; 4.0; 2.0 |]
    near 12 1.4 (SampleStats.quantile 0.1 values)
    near 12 3.0 (SampleStats.quantile 0.5 values)
    near 12 7.6 (SampleStats.quantile 0.9 values)

[<Fact>]
let ``the bootstrap of two values has the exact distribution's quantiles`` () =
    // Resamples of {0, 1} have mean 0, 1/2, 1 with probabilities 1/4, 1/2, 1/4.
    let wide = Bootstrap.percentile 0.95 4000 1UL Array.average [| 0.0; 1.0 |]
    Assert.Equal({ Low = 0.0; High = 1.0; Level = 0.95 }, wide)
    let narrow = Bootstrap.percentile 0.4 4000 1UL Array.average [| 0.0; 1.0 |]
    Assert.Equal({ Low = 0.5; High = 0.5; Level = 0.4 }, narrow)

[<Fact>]
let ``the bootstrap is a function of its seed and near the t interval for many values`` () =
    let random = Research.Randomness.SeededRandom 5UL
    let values = Array.init 400 (fun _ -> random.NextDouble())

    let draw seed =
        Bootstrap.percentile 0.95 2000 seed Array.average values

    Assert.Equal(draw 7UL, draw 7UL)
    Assert.NotEqual(draw 7UL, draw 8UL)
    let exact = (SampleStats.summary 0.95 values).Interval.Value
    Assert.Equal(exact.Low, (draw 7UL).Low, 0.004)
    Assert.Equal(exact.High, (draw 7UL).High, 0.004)

[<Fact>]
let ``statistics refuse what has none, and say so`` () =
    let message (call: unit -> obj) =
        Assert.ThrowsAny<ArgumentException>(fun () -> call () |> ignore).Message

    Assert.Contains("no values", message (fun () -> SampleStats.mean [||]))
    Assert.Contains("position 1", message (fun () -> SampleStats.mean [| 1.0; nan |]))
    Assert.Contains("two values", message (fun () -> SampleStats.sd [| 1.0 |]))
    Assert.Contains("95", message (fun () -> SampleStats.summary 95.0 [| 1.0; 2.0 |]))
    Assert.Contains("2 and 1", message (fun () -> SampleStats.pairedT [| 1.0; 2.0 |] [| 1.0 |]))
