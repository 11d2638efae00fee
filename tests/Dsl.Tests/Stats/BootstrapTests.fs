module Research.Tests.BootstrapTests

open System
open Research
open Research.Language
open Xunit
open Research.Stats

/// Spatial perception of 26 neurologically impaired children, part A (Efron and Tibshirani 1993, table 14.1).
let private spatial = [|
    48.0
    36.0
    20.0
    29.0
    42.0
    42.0
    20.0
    42.0
    22.0
    41.0
    45.0
    14.0
    6.0
    0.0
    33.0
    28.0
    34.0
    4.0
    32.0
    24.0
    47.0
    41.0
    24.0
    26.0
    30.0
    41.0
|]

/// The variance with N in the denominator, which is biased downwards: what the correction is for.
let private variance (values: float[]) =
    let centre = Array.average values
    values |> Array.averageBy (fun x -> (x - centre) * (x - centre))

[<Fact>]
let ``Efron and Tibshirani's spatial test has their 90 percent BCa interval`` () =
    Assert.Equal(171.5, variance spatial, 1)
    let interval = Bootstrap.bca 0.9 20_000 1UL variance spatial
    // The book, from 2000 resamples: (115.8, 259.6), and the percentile interval (100.8, 233.9).
    Assert.InRange(interval.Low, 112.0, 120.0)
    Assert.InRange(interval.High, 253.0, 267.0)
    let percentile = Bootstrap.percentile 0.9 20_000 1UL variance spatial
    Assert.InRange(percentile.Low, 96.0, 105.0)
    Assert.InRange(percentile.High, 228.0, 239.0)

[<Fact>]
let ``for a symmetric sample BCa is the percentile interval`` () =
    let values = [| for i in -10 .. 10 -> float i |]
    let bca = Bootstrap.bca 0.95 20_000 3UL Array.average values
    let percentile = Bootstrap.percentile 0.95 20_000 3UL Array.average values
    Assert.Equal(percentile.Low, bca.Low, 0.12)
    Assert.Equal(percentile.High, bca.High, 0.12)

[<Fact>]
let ``a skewed sample's interval reaches further on its long side`` () =
    let values = [| for i in 1..20 -> exp (float i / 4.0) |]
    let interval = Bootstrap.bca 0.95 10_000 1UL Array.average values
    let mean = Array.average values
    Assert.True(interval.High - mean > 1.3 * (mean - interval.Low))

[<Fact>]
let ``it is a function of the seed, moves with the sample and scales with it`` () =
    let values = [| 1.0; 4.0; 2.0; 8.0; 5.0; 7.0; 3.5 |]

    let interval seed values =
        Bootstrap.bca 0.95 4000 seed Array.average values

    Assert.Equal(interval 5UL values, interval 5UL values)
    Assert.NotEqual(interval 5UL values, interval 6UL values)
    let moved = interval 5UL (values |> Array.map (fun x -> 3.0 * x + 10.0))
    Assert.Equal(3.0 * (interval 5UL values).Low + 10.0, moved.Low, 9)
    Assert.Equal(3.0 * (interval 5UL values).High + 10.0, moved.High, 9)

[<Fact>]
let ``a sample without spread is its own interval`` () =
    Assert.Equal({ Low = 2.0; High = 2.0; Level = 0.95 }, Bootstrap.bca 0.95 100 1UL Array.average [| 2.0; 2.0; 2.0 |])

[<Fact>]
let ``what has no BCa interval says so`` () =
    let single =
        Assert.Throws<ArgumentException>(fun () -> Bootstrap.bca 0.95 100 1UL Array.average [| 1.0 |] |> ignore)

    Assert.Contains("two values", single.Message)

    // Every resample's share of the sample's own values is at most the sample's.
    let distinct (values: float[]) = float (Array.distinct values).Length

    let oneSided =
        Assert.Throws<InvalidOperationException>(fun () ->
            Bootstrap.bca 0.95 200 1UL distinct [| for i in 1..30 -> float i |] |> ignore)

    Assert.Contains("percentile", oneSided.Message)
