module Research.Tests.EffectTests

open System
open Research
open Research.Language
open Xunit
open Research.Stats

let private near (digits: int) (expected: float) (actual: float) = Assert.Equal(expected, actual, digits)

[<Theory>]
[<InlineData(2, 0.5642)>]
[<InlineData(3, 0.7236)>]
[<InlineData(4, 0.7979)>]
[<InlineData(9, 0.9139)>]
[<InlineData(10, 0.9227)>]
let ``Hedges' factor is that of his table`` (freedom: int, factor: float) =
    near 4 factor (EffectSize.correction freedom)

[<Fact>]
let ``Student's sleep data have the published effect`` () =
    // Differences of the two drugs: mean 1.58, standard deviation 1.23, d_z = 1.28.
    let differences = [| 1.2; 2.4; 1.3; 1.3; 0.0; 1.0; 1.8; 0.8; 4.6; 1.4 |]
    let effect = (EffectSize.ofDifferences 0.95 differences).Value
    near 3 1.285 effect.Dz
    near 3 (0.91388 * 1.2846) effect.Gz

    Assert.True(
        effect.Interval.Low > 0.0
        && effect.Interval.Low < effect.Gz
        && effect.Gz < effect.Interval.High
    )

[<Fact>]
let ``an effect's interval excludes zero exactly when the t-test is significant`` () =
    for shift in [ 0.1; 0.6; 0.9; 1.0; 1.1; 1.3; 2.0 ] do
        let differences = [| -1.0; -0.5; 0.0; 0.5; 1.0 |] |> Array.map ((+) shift)
        let effect = (EffectSize.ofDifferences 0.95 differences).Value
        Assert.Equal((SampleStats.tTest differences).P < 0.05, effect.Interval.Low > 0.0)

[<Fact>]
let ``what has no spread has no effect size`` () =
    Assert.Equal(None, EffectSize.ofDifferences 0.95 [| 0.1; 0.1; 0.1 |])
    Assert.Equal(None, EffectSize.ofDifferences 0.95 [| 0.3 - 0.2; 0.2 - 0.1; 0.1 |])
    Assert.Equal(None, EffectSize.ofDifferences 0.95 [| 0.1; 0.3 |])

[<Fact>]
let ``Student's sleep data as two groups have the published effect`` () =
    // Means 0.75 and 2.33, standard deviations 1.789 and 2.002; t(18) = 1.861, d = 0.832 and, by J(18) = 0.9576, g = 0.797.
    let first = [| 0.7; -1.6; -0.2; -1.2; -0.1; 3.4; 3.7; 0.8; 0.0; 2.0 |]
    let second = [| 1.9; 0.8; 1.1; 0.1; -0.1; 4.4; 5.5; 1.6; 4.6; 3.4 |]
    let effect = (EffectSize.ofSamples 0.95 first second).Value
    near 3 0.832 effect.D
    near 3 0.797 effect.G
    // p = 0.0792: the interval just holds 0.
    Assert.InRange(effect.Interval.Low, -0.15, 0.0)
    Assert.InRange(effect.Interval.High, 1.6, 1.8)
    let mirrored = (EffectSize.ofSamples 0.95 second first).Value
    near 9 -effect.G mirrored.G
    near 6 -effect.Interval.Low mirrored.Interval.High

[<Fact>]
let ``an effect without pairs is told where the seeds are not the same, and only there`` () =
    let seeds from values =
        values |> List.mapi (fun i value -> from + i, value)

    let baseline = seeds 1 [ 0.1; 0.2; 0.3 ]

    let unpaired arm =
        Comparison.unpaired Comparison.options baseline arm

    Assert.Equal(None, unpaired (seeds 1 [ 0.2; 0.4; 0.3 ]))
    Assert.Equal(None, unpaired [])
    Assert.Equal(None, unpaired (seeds 9 [ 0.2 ]))
    Assert.True((unpaired (seeds 9 [ 0.2; 0.4; 0.3 ])).IsSome)
    Assert.True((unpaired (seeds 1 [ 0.2; 0.4 ])).IsSome)
    Assert.Equal(None, EffectSize.ofSamples 0.95 [| 0.1; 0.1 |] [| 0.3; 0.3; 0.3 |])

[<Theory>]
[<InlineData(0.2, 0.8, 199)>]
[<InlineData(0.5, 0.8, 34)>]
[<InlineData(0.8, 0.8, 15)>]
[<InlineData(1.0, 0.8, 10)>]
[<InlineData(0.5, 0.95, 54)>]
[<InlineData(0.5, 0.9, 44)>]
let ``the seeds needed are G*Power's pairs`` (dz: float, power: float, pairs: int) =
    Assert.Equal(Some pairs, Power.seedsNeeded 0.95 power 10_000 1.0 dz)

[<Fact>]
let ``power at 34 pairs and half a standard deviation is G*Power's`` () =
    near 5 0.80778 (Power.ofSeeds 0.95 2.0 1.0 34)
    near 9 (Power.ofSeeds 0.95 2.0 1.0 34) (Power.ofSeeds 0.95 2.0 -1.0 34)

[<Fact>]
let ``no fewer seeds are promised than claims need, nor more than the limit`` () =
    Assert.Equal(Some SampleStats.fewestSeeds, Power.seedsNeeded 0.95 0.8 1000 0.001 1.0)
    Assert.Equal(None, Power.seedsNeeded 0.95 0.8 50 10.0 0.1)

[<Fact>]
let ``power rises with seeds and difference, and starts at the significance level`` () =
    let power n d = Power.ofSeeds 0.95 1.0 d n
    Assert.Equal(0.05, power 8 1e-6, 4)

    for n in 2..40 do
        Assert.True(power (n + 1) 0.7 > power n 0.7)

    for d in 1..20 do
        Assert.True(power 6 (float (d + 1) / 10.0) > power 6 (float d / 10.0))

[<Fact>]
let ``the noncentral t is the central one without noncentrality, and mirrors`` () =
    for freedom in [ 1.0; 3.0; 20.0; 500.0 ] do
        for t in [ -5.0; -1.0; 0.0; 0.3; 8.0 ] do
            let central = MathNet.Numerics.Distributions.StudentT.CDF(0.0, 1.0, freedom, t)
            Assert.Equal(central, NoncentralT.cdf freedom 0.0 t, 1e-9)
            Assert.Equal(1.0 - NoncentralT.cdf freedom 1.7 t, NoncentralT.cdf freedom -1.7 -t, 1e-9)

[<Fact>]
let ``mistakes name the number`` () =
    let message (call: unit -> obj) =
        Assert.ThrowsAny<ArgumentException>(fun () -> call () |> ignore).Message

    Assert.Contains("is 0", message (fun () -> Power.ofSeeds 0.95 0.0 1.0 5))
    Assert.Contains("other than 0", message (fun () -> Power.ofSeeds 0.95 1.0 0.0 5))
    Assert.Contains("two seeds", message (fun () -> Power.ofSeeds 0.95 1.0 1.0 1))
    Assert.Contains("80", message (fun () -> Power.seedsNeeded 0.95 80.0 100 1.0 1.0))
    Assert.Contains("0.5", message (fun () -> NoncentralT.cdf 0.5 0.0 1.0))
    Assert.Contains("at least 1", message (fun () -> EffectSize.correction 0))
