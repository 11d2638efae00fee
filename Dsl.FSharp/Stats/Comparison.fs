namespace Research.Stats

open System
open Research.Language

/// The test behind a claim.
[<RequireQualifiedAccess>]
type PairedTest =
    /// Student's paired t-test: the differences are about normal. The only one of the three that can reach 0.05 with five seeds.
    | StudentT
    /// Wilcoxon's signed-rank test, zeros dropped: the differences are symmetric. At least six seeds for 0.05.
    | Wilcoxon
    /// Fisher's sign-flip permutation test: the differences' signs are exchangeable. At least six seeds for 0.05.
    | SignFlip

    /// The name below a table.
    member this.Title =
        match this with
        | StudentT -> "paired t-test"
        | Wilcoxon -> "Wilcoxon signed-rank test"
        | SignFlip -> "sign-flip permutation test"

/// The kinds of intervals of means.
[<RequireQualifiedAccess>]
type IntervalKind =
    /// mean +- t sd / sqrt n.
    | StudentT
    /// The bootstrap's BCa interval of the mean over 10,000 resamples; needs `SampleStats.fewestSeeds` values.
    | Bca

    member this.Title =
        match this with
        | StudentT -> "t interval"
        | Bca -> "BCa bootstrap interval"

/// What a test lets us claim. Too few seeds allow no claim, and then the type has no p-value to misread.
[<RequireQualifiedAccess>]
type Significance =
    /// Fewer than `SampleStats.fewestSeeds` pairs: no claim, whatever the numbers.
    | TooFewSeeds of n: int
    | NotSignificant of p: float
    | Significant of p: float

/// The difference between two arms over their common seeds.
type PairedDifference = {
    N: int
    /// Mean of (arm - baseline).
    Mean: float
    Sd: float option
    /// Of the mean difference; None for a single pair.
    Interval: Interval option
    /// The test's own two-sided p-value, not corrected; None with fewer than `SampleStats.fewestSeeds` pairs.
    P: float option
    /// None without spread, and with fewer than three pairs.
    Effect: EffectSize option
    /// The verdict at 1 - level. Its p-value is corrected once `Comparison.corrected` has seen the family.
    Significance: Significance
}

/// How arms are compared with their baseline.
type ComparisonOptions = {
    /// Coverage of intervals; 1 - level is the significance level.
    Level: float
    Test: PairedTest
    Interval: IntervalKind
    /// The seed of the resampling.
    Seed: uint64
}

/// Correction for the number of comparisons.
[<RequireQualifiedAccess>]
module Holm =
    /// Holm's step-down adjusted p-values (Holm 1979), in the order given: the k-th smallest of m times m - k + 1, at least the previous one,
    /// at most 1. Comparing them with alpha keeps the chance of any false claim in the family below alpha, however the tests depend.
    let adjust (ps: float[]) : float[] =
        match ps |> Array.tryFindIndex (fun p -> not (p >= 0.0 && p <= 1.0)) with
        | Some i -> raise (ArgumentException $"The p-value at position {i} is {ps[i]}, but must be in [0,1].")
        | None -> ()

        let order = Array.init ps.Length id |> Array.sortBy (fun i -> ps[i])
        let adjusted = Array.zeroCreate ps.Length
        let mutable largest = 0.0

        for place, i in Array.indexed order do
            largest <- max largest (min 1.0 (float (ps.Length - place) * ps[i]))
            adjusted[i] <- largest

        adjusted

/// Paired comparisons of arms with a baseline.
[<RequireQualifiedAccess>]
module Comparison =
    /// Paired t-test, t intervals of 95 %.
    let options: ComparisonOptions = {
        Level = 0.95
        Test = PairedTest.StudentT
        Interval = IntervalKind.StudentT
        Seed = 0UL
    }

    /// Mean, standard deviation and the interval of the chosen kind.
    let summary (options: ComparisonOptions) (values: float[]) : Summary =
        let student = SampleStats.summary options.Level values

        match options.Interval with
        | IntervalKind.StudentT -> student
        | IntervalKind.Bca when values.Length < SampleStats.fewestSeeds -> { student with Interval = None }
        | IntervalKind.Bca -> {
            student with
                Interval = Some(Bootstrap.bca options.Level Bootstrap.resamples options.Seed Array.average values)
          }

    /// The two-sided p-value of the paired differences under the chosen test.
    let pValue (options: ComparisonOptions) (differences: float[]) : float =
        match options.Test with
        | PairedTest.StudentT -> (SampleStats.tTest differences).P
        | PairedTest.Wilcoxon -> (Wilcoxon.test Zeros.Dropped differences).P
        | PairedTest.SignFlip -> (SignFlip.test options.Seed differences).P

    let private verdict (options: ComparisonOptions) p =
        if p < 1.0 - options.Level then
            Significance.Significant p
        else
            Significance.NotSignificant p

    /// The difference between an arm and its baseline, pair by pair, and the test's verdict from `SampleStats.fewestSeeds` pairs on.
    let paired (options: ComparisonOptions) (baseline: float[]) (arm: float[]) : PairedDifference =
        let differences = SampleStats.differences baseline arm
        let summary = summary options differences

        let p =
            if differences.Length < SampleStats.fewestSeeds then
                None
            else
                Some(pValue options differences)

        {
            N = summary.N
            Mean = summary.Mean
            Sd = summary.Sd
            Interval = summary.Interval
            P = p
            Effect = EffectSize.ofDifferences options.Level differences
            Significance =
                match p with
                | None -> Significance.TooFewSeeds summary.N
                | Some p -> verdict options p
        }

    /// `paired` over the common seeds of both arms, each value with its seed; None without a common seed.
    let bySeed options (baseline: (int * float) list) (arm: (int * float) list) : PairedDifference option =
        let pairs =
            arm
            |> List.choose (fun (seed, value) ->
                baseline
                |> List.tryFind (fst >> (=) seed)
                |> Option.map (fun (_, other) -> other, value))

        if pairs.IsEmpty then
            None
        else
            Some(paired options (pairs |> List.map fst |> Array.ofList) (pairs |> List.map snd |> Array.ofList))

    /// Hedges' g over all seeds of both, each value with its seed; None where the seeds are the same, which `bySeed` pairs, and where there is
    /// no g.
    let unpaired options (baseline: (int * float) list) (arm: (int * float) list) : UnpairedEffect option =
        let seeds values = values |> List.map fst |> Set.ofList

        if baseline.IsEmpty || arm.IsEmpty || seeds baseline = seeds arm then
            None
        else
            EffectSize.ofSamples
                options.Level
                (baseline |> List.map snd |> Array.ofList)
                (arm |> List.map snd |> Array.ofList)

    /// The same differences with verdicts by Holm's correction over the family that they form together. Those with too few seeds make no claim
    /// and hence do not count in it.
    let corrected (options: ComparisonOptions) (family: PairedDifference list) : PairedDifference list =
        let adjusted =
            family |> List.choose _.P |> Array.ofList |> Holm.adjust |> List.ofArray

        let rec spread (family: PairedDifference list) adjusted =
            match family, adjusted with
            | [], _ -> []
            | difference :: rest, p :: ps when difference.P.IsSome ->
                {
                    difference with
                        Significance = verdict options p
                }
                :: spread rest ps
            | difference :: rest, ps -> difference :: spread rest ps

        spread family adjusted

    /// The words of tests and intervals, for `./research words`.
    let words: Word list = [
        let word = Word.create "statistics"

        word
            "t_test"
            "Student's t-test of the differences paired by seed; the only one that can reach 0.05 with five seeds"
            "study |> tested_by t_test"

        word
            "wilcoxon"
            "Wilcoxon's signed-rank test of the differences paired by seed; needs six seeds for 0.05"
            "study |> tested_by wilcoxon"

        word
            "sign_flips"
            "Fisher's sign-flip permutation test of the differences paired by seed; needs six seeds for 0.05"
            "study |> tested_by sign_flips"

        word "t_intervals" "95 % intervals by Student's t" "study |> with_intervals t_intervals"

        word
            "bca_intervals"
            "95 % bootstrap intervals, bias-corrected and accelerated"
            "study |> with_intervals bca_intervals"
    ]

namespace Research

open Research.Stats

/// Tests and intervals in scripts: `|> tested_by wilcoxon`.
[<AutoOpen>]
module StatisticsWords =
    /// Student's t-test of the differences paired by seed: the default.
    let t_test = PairedTest.StudentT

    /// Wilcoxon's signed-rank test of the differences paired by seed.
    let wilcoxon = PairedTest.Wilcoxon

    /// The sign-flip permutation test of the differences paired by seed.
    let sign_flips = PairedTest.SignFlip

    /// 95 % intervals by Student's t: the default.
    let t_intervals = IntervalKind.StudentT

    /// 95 % bootstrap intervals, bias-corrected and accelerated.
    let bca_intervals = IntervalKind.Bca
