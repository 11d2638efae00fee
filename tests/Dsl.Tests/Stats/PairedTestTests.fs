module Research.Tests.PairedTestTests

open System
open FsCheck
open FsCheck.FSharp
open Research
open Research.Language
open Xunit
open Research.Stats

let private near (digits: int) (expected: float) (actual: float) = Assert.Equal(expected, actual, digits)

/// Darwin's maize: crossed minus self-fertilised height in eighths of an inch (Fisher 1935, The Design of Experiments, section 17).
let private maize = [|
    49.0
    -67.0
    8.0
    16.0
    6.0
    23.0
    28.0
    41.0
    14.0
    29.0
    56.0
    24.0
    75.0
    60.0
    -48.0
|]

/// Hamilton depression scale before and after, nine patients (Hollander and Wolfe 1973, table 3.1).
let private before = [| 1.83; 0.50; 1.62; 2.48; 1.68; 1.88; 1.55; 3.06; 1.30 |]
let private after = [| 0.878; 0.647; 0.598; 2.05; 1.06; 1.29; 1.06; 3.14; 1.29 |]

[<Fact>]
let ``Fisher's randomisation of Darwin's maize finds 863 of 16384 arrangements in each tail`` () =
    let test = SignFlip.test 0UL maize
    Assert.True test.Exact
    Assert.Equal(32768L, test.Arrangements)
    near 12 (314.0 / 15.0) test.Mean
    // Section 21: 1726 of the 32768 arrangements are as extreme, 5.267 per cent.
    near 12 (1726.0 / 32768.0) test.P

[<Fact>]
let ``Student's test of Darwin's maize is Fisher's`` () =
    // Section 17: t = 2.148, section 21: 4.970 per cent.
    let test = SampleStats.tTest maize
    near 3 2.148 test.T
    near 4 0.0497 test.P

[<Fact>]
let ``the signed-rank test of Darwin's maize is the tabled one`` () =
    let test = Wilcoxon.test Zeros.Dropped maize
    near 12 24.0 test.WMinus
    near 12 96.0 test.WPlus
    near 5 0.04126 test.P

[<Fact>]
let ``the signed-rank test of Hollander and Wolfe's patients is theirs`` () =
    let test = Wilcoxon.test Zeros.Dropped (SampleStats.differences after before)
    near 12 40.0 test.WPlus
    near 12 5.0 test.WMinus
    // One-sided 0.0195 in the book.
    near 12 (2.0 * 10.0 / 512.0) test.P

[<Fact>]
let ``ranks share the mean of their places`` () =
    Assert.Equal<float>([| 4.0; 1.5; 1.5; 3.0; 5.0 |], Wilcoxon.ranks [| 7.0; 2.0; 2.0; 5.0; 9.0 |])

[<Fact>]
let ``sizes that differ by rounding errors are ties`` () =
    let differences = [| 0.3 - 0.2; 0.2 - 0.1; -(0.4 - 0.3); 0.5 |]
    Assert.True((differences |> Array.take 3 |> Array.map abs |> Array.distinct).Length > 1)
    near 12 8.0 (Wilcoxon.test Zeros.Dropped differences).WPlus
    near 12 2.0 (Wilcoxon.test Zeros.Dropped differences).WMinus

[<Fact>]
let ``Holm's adjusted p-values are the textbook's`` () =
    // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    Assert.Equal<float>(
        [| 0.03; 0.06; 0.06; 0.02 |],
        Holm.adjust [| 0.01; 0.04; 0.03; 0.005 |]
        |> Array.map (fun p -> Math.Round(p, 12))
    )

    Assert.Equal<float>([| 1.0; 1.0 |], Holm.adjust [| 0.6; 0.9 |])
    Assert.Empty(Holm.adjust [||])

[<Fact>]
let ``five seeds cannot be significant under signs alone, six can`` () =
    let clear n =
        Array.init n (fun i -> 1.0 + 0.1 * float i)

    near 12 0.0625 (Wilcoxon.test Zeros.Dropped (clear 5)).P
    near 12 0.0625 (SignFlip.test 0UL (clear 5)).P
    near 12 0.03125 (Wilcoxon.test Zeros.Dropped (clear 6)).P
    near 12 0.03125 (SignFlip.test 0UL (clear 6)).P

[<Fact>]
let ``no difference at all has p = 1`` () =
    let zeros = Array.zeroCreate 6
    Assert.Equal(1.0, (Wilcoxon.test Zeros.Dropped zeros).P)
    Assert.Equal(1.0, (Wilcoxon.test Zeros.Pratt zeros).P)
    Assert.Equal(0, (Wilcoxon.test Zeros.Pratt zeros).N)
    Assert.Equal(1.0, (SignFlip.test 0UL zeros).P)

[<Fact>]
let ``more than twenty differences are sampled, near the exact p and by the seed alone`` () =
    let twenty = [| for i in 1..20 -> if i % 3 = 0 then -float i else float i |]
    let exact = (SignFlip.test 1UL twenty).P
    // A zero adds an arrangement's twin and changes no sum.
    let sampled = SignFlip.test 1UL (Array.append twenty [| 0.0 |])
    Assert.False sampled.Exact
    Assert.InRange(sampled.P, exact - 0.006, exact + 0.006)
    Assert.Equal(sampled, SignFlip.test 1UL (Array.append twenty [| 0.0 |]))
    Assert.NotEqual(sampled.P, (SignFlip.test 2UL (Array.append twenty [| 0.0 |])).P)
    let clear = SignFlip.test 1UL (Array.create 40 1.0)
    near 12 (1.0 / 100001.0) clear.P

let private sample =
    Gen.choose (-40, 40)
    |> Gen.map float
    |> Gen.arrayOf
    |> Gen.filter (fun xs -> xs.Length >= 2 && xs.Length <= 12)

let private holds (property: float[] -> bool) =
    Check.QuickThrowOnFailure(Prop.forAll (Arb.fromGen sample) property)

let private tests: (float[] -> float) list = [
    fun xs -> (Wilcoxon.test Zeros.Dropped xs).P
    fun xs -> (Wilcoxon.test Zeros.Pratt xs).P
    fun xs -> (SignFlip.test 0UL xs).P
]

[<Fact>]
let ``p is a probability, at least that of the most extreme arrangements`` () =
    holds (fun xs ->
        tests
        |> List.forall (fun p -> p xs <= 1.0 && p xs >= 2.0 ** float (1 - xs.Length) - 1e-12))

[<Fact>]
let ``p is the same for mirrored, scaled and reordered differences`` () =
    holds (fun xs ->
        tests
        |> List.forall (fun p ->
            let same ys = abs (p ys - p xs) < 1e-12

            same (Array.map (~-) xs)
            && same (Array.map (fun x -> 0.1 * x) xs)
            && same (Array.rev xs)))

[<Fact>]
let ``ranks add up to n (n + 1) / 2 and the sums to the ranks`` () =
    holds (fun xs ->
        let n = float xs.Length
        let test = Wilcoxon.test Zeros.Dropped xs
        let kept = float test.N

        abs (Array.sum (Wilcoxon.ranks xs) - n * (n + 1.0) / 2.0) < 1e-9
        && abs (test.WPlus + test.WMinus - kept * (kept + 1.0) / 2.0) < 1e-9)

[<Fact>]
let ``adjusted p-values are larger, keep the order and are safe to reorder`` () =
    let ps = Gen.choose (0, 1000) |> Gen.map (fun i -> float i / 1000.0) |> Gen.arrayOf

    Check.QuickThrowOnFailure(
        Prop.forAll (Arb.fromGen ps) (fun ps ->
            let adjusted = Holm.adjust ps
            let pairs = Array.zip ps adjusted |> Array.sortBy fst

            Array.forall2 (fun p q -> q >= p && q <= 1.0) ps adjusted
            && pairs |> Array.pairwise |> Array.forall (fun ((_, a), (_, b)) -> a <= b)
            && Holm.adjust (Array.rev ps)
               |> Array.map2 (fun a b -> abs (a - b) < 1e-15) (Array.rev adjusted)
               |> Array.forall id)
    )

[<Fact>]
let ``mistakes are named`` () =
    let message (call: unit -> obj) =
        Assert.ThrowsAny<ArgumentException>(fun () -> call () |> ignore).Message

    Assert.Contains("position 1", message (fun () -> Wilcoxon.test Zeros.Dropped [| 1.0; infinity |]))
    Assert.Contains("no values", message (fun () -> SignFlip.test 0UL [||]))
    Assert.Contains("1.5", message (fun () -> Holm.adjust [| 0.1; 1.5 |]))
