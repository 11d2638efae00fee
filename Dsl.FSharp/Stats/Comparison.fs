namespace Research

open System

/// The test behind a claim.
[<RequireQualifiedAccess>]
type PairedTest =
    /// Student's paired t-test: the differences are about normal. The only one of the three that can reach 0.05 with five seeds.
    | StudentT
    /// Wilcoxon's signed-rank test, zeros dropped: the differences are symmetric. At least six seeds for 0.05.
    | Wilcoxon
    /// Fisher's sign-flip permutation test: the differences' signs are exchangeable. At least six seeds for 0.05.
    | SignFlip

    /// As it is written below a table.
    member this.Title =
        match this with
        | StudentT -> "paired t-test"
        | Wilcoxon -> "Wilcoxon signed-rank test"
        | SignFlip -> "sign-flip permutation test"

/// How intervals of means are made.
[<RequireQualifiedAccess>]
type IntervalKind =
    /// mean +- t sd / sqrt n.
    | StudentT
    /// The bootstrap's BCa interval of the mean over 10,000 resamples, from `Stats.fewestSeeds` values on; fewer have none.
    | Bca

    member this.Title =
        match this with
        | StudentT -> "t interval"
        | Bca -> "BCa bootstrap interval"

/// What a test allows to say. Too few seeds allow nothing: the type has no p-value to misread then.
[<RequireQualifiedAccess>]
type Significance =
    /// Under `Stats.fewestSeeds` pairs: no claim is made, whatever the numbers.
    | TooFewSeeds of n: int
    | NotSignificant of p: float
    | Significant of p: float

/// The difference of two arms over the seeds that both have.
type PairedDifference = {
    N: int
    /// Mean of (arm - baseline).
    Mean: float
    Sd: float option
    /// Of the mean difference; None for a single pair.
    Interval: Interval option
    /// The test's own two-sided p-value, not corrected; None under `Stats.fewestSeeds` pairs.
    P: float option
    /// None without spread, and under three pairs.
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
    /// What resampling draws from.
    Seed: uint64
}

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
        let student = Stats.summary options.Level values

        match options.Interval with
        | IntervalKind.StudentT -> student
        | IntervalKind.Bca when values.Length < Stats.fewestSeeds -> { student with Interval = None }
        | IntervalKind.Bca -> {
            student with
                Interval = Some(Bootstrap.bca options.Level Bootstrap.resamples options.Seed Array.average values)
          }

    /// The two-sided p-value of the paired differences under the chosen test.
    let pValue (options: ComparisonOptions) (differences: float[]) : float =
        match options.Test with
        | PairedTest.StudentT -> (Stats.tTest differences).P
        | PairedTest.Wilcoxon -> (Wilcoxon.test Zeros.Dropped differences).P
        | PairedTest.SignFlip -> (SignFlip.test options.Seed differences).P

    let private verdict (options: ComparisonOptions) p =
        if p < 1.0 - options.Level then
            Significance.Significant p
        else
            Significance.NotSignificant p

    /// The difference of an arm to its baseline, pair by pair, and the test's verdict from `Stats.fewestSeeds` pairs on.
    let paired (options: ComparisonOptions) (baseline: float[]) (arm: float[]) : PairedDifference =
        let differences = Stats.differences baseline arm
        let summary = summary options differences

        let p =
            if differences.Length < Stats.fewestSeeds then
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

    /// `paired` over the seeds that both arms have, each value with its seed; None where they share no seed.
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
