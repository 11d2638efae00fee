module Research.Tests.ComparisonTests

open Research
open Research.Language
open Xunit
open Research.Stats

let private baseline = [| 10.0; 11.0; 12.0; 13.0; 14.0; 15.0 |]

let private shifted by =
    baseline |> Array.mapi (fun i x -> x + by + 0.1 * float (i % 3))

let private withTest test = { Comparison.options with Test = test }

[<Fact>]
let ``each test gives its own p-value`` () =
    let arm = shifted 1.0
    let differences = SampleStats.differences baseline arm

    let p test =
        (Comparison.paired (withTest test) baseline arm).P.Value

    Assert.Equal((SampleStats.tTest differences).P, p PairedTest.StudentT, 12)
    Assert.Equal(0.03125, p PairedTest.Wilcoxon, 12)
    Assert.Equal(0.03125, p PairedTest.SignFlip, 12)

[<Fact>]
let ``under five seeds there is neither a p-value nor a claim under any test`` () =
    for test in [ PairedTest.StudentT; PairedTest.Wilcoxon; PairedTest.SignFlip ] do
        let difference =
            Comparison.paired (withTest test) (Array.take 4 baseline) (Array.take 4 (shifted 5.0))

        Assert.Equal(None, difference.P)
        Assert.Equal(Significance.TooFewSeeds 4, difference.Significance)
        Assert.True difference.Interval.IsSome

[<Fact>]
let ``Holm's correction takes claims back, and arms without a test do not count in it`` () =
    let six = Comparison.paired (withTest PairedTest.SignFlip) baseline (shifted 1.0)

    let few =
        Comparison.paired (withTest PairedTest.SignFlip) (Array.take 3 baseline) (Array.take 3 (shifted 1.0))

    Assert.True six.Significance.IsSignificant

    let corrected family =
        Comparison.corrected (withTest PairedTest.SignFlip) family
        |> List.map _.Significance

    Assert.Equal<Significance list>(
        [ Significance.Significant 0.03125; Significance.TooFewSeeds 3 ],
        corrected [ six; few ]
    )

    Assert.Equal<Significance list>(
        [
            Significance.NotSignificant 0.0625
            Significance.TooFewSeeds 3
            Significance.NotSignificant 0.0625
        ],
        corrected [ six; few; six ]
    )

[<Fact>]
let ``bootstrap intervals start at five seeds`` () =
    let options = {
        Comparison.options with
            Interval = IntervalKind.Bca
    }

    Assert.Equal(None, (Comparison.summary options (Array.take 4 baseline)).Interval)
    let interval = (Comparison.summary options baseline).Interval.Value
    Assert.Equal(Bootstrap.bca 0.95 Bootstrap.resamples 0UL Array.average baseline, interval)
    Assert.True(interval.Low < 12.5 && 12.5 < interval.High)
