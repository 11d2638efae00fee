namespace Research

open System
open MathNet.Numerics.Distributions
open Research.Randomness

/// A confidence interval.
type Interval = {
    Low: float
    High: float
    /// Its coverage, e.g. 0.95.
    Level: float
} with

    member this.HalfWidth = (this.High - this.Low) / 2.0

/// A sample in short.
type Summary = {
    N: int
    Mean: float
    /// The standard deviation with N - 1 in the denominator; None for a single value.
    Sd: float option
    /// The t interval of the mean; None for a single value.
    Interval: Interval option
}

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
    /// The t interval of the mean difference; None for a single pair.
    Interval: Interval option
    /// Of a two-sided paired t-test at 1 - the interval's level.
    Significance: Significance
}

/// A two-sided t-test.
type TTest = {
    T: float
    DegreesOfFreedom: int
    P: float
}

/// Statistics over seeds.
[<RequireQualifiedAccess>]
module Stats =
    /// Significance is claimed from this many paired seeds on.
    [<Literal>]
    let fewestSeeds = 5

    let private checkValues (what: string) (values: float[]) =
        if values.Length = 0 then
            raise (ArgumentException $"{what} has no values.")

        match values |> Array.tryFindIndex (Double.IsFinite >> not) with
        | Some i ->
            raise (ArgumentException $"{what} holds {values[i]} at position {i}: only finite numbers have statistics.")
        | None -> ()

    let private checkLevel (level: float) =
        if not (level > 0.0 && level < 1.0) then
            raise (ArgumentException $"The interval's level is {level}, but it lies between 0 and 1, e.g. 0.95.")

    /// The arithmetic mean.
    let mean (values: float[]) =
        checkValues "The sample" values
        Array.average values

    /// The sample standard deviation (N - 1 in the denominator). Needs two values.
    let sd (values: float[]) =
        checkValues "The sample" values

        if values.Length < 2 then
            raise (ArgumentException "A standard deviation needs two values or more.")

        let centre = Array.average values

        sqrt (
            (values |> Array.sumBy (fun x -> (x - centre) * (x - centre)))
            / float (values.Length - 1)
        )

    /// The t interval mean +- t(1 - (1 - level) / 2, n - 1) sd / sqrt n.
    let tInterval (level: float) (n: int) (mean: float) (sd: float) : Interval =
        checkLevel level

        if n < 2 then
            raise (ArgumentException $"A t interval needs two values or more, and has {n}.")

        let quantile = StudentT.InvCDF(0.0, 1.0, float (n - 1), 0.5 + level / 2.0)
        let half = quantile * sd / sqrt (float n)

        {
            Low = mean - half
            High = mean + half
            Level = level
        }

    /// Mean, standard deviation and t interval.
    let summary (level: float) (values: float[]) : Summary =
        checkLevel level
        let centre = mean values

        if values.Length = 1 then
            {
                N = 1
                Mean = centre
                Sd = None
                Interval = None
            }
        else
            let spread = sd values

            {
                N = values.Length
                Mean = centre
                Sd = Some spread
                Interval = Some(tInterval level values.Length centre spread)
            }

    /// Student's two-sided one-sample t-test of mean 0. A sample without spread has p = 0, or 1 when it is all zeros.
    let tTest (values: float[]) : TTest =
        let spread = sd values
        let centre = Array.average values
        let freedom = values.Length - 1

        let t =
            if centre = 0.0 then
                0.0
            else
                centre / (spread / sqrt (float values.Length))

        {
            T = t
            DegreesOfFreedom = freedom
            P = 2.0 * StudentT.CDF(0.0, 1.0, float freedom, -(abs t))
        }

    /// The paired t-test of `arm` against `baseline`, seed by seed: the one-sample test of their differences.
    let pairedT (baseline: float[]) (arm: float[]) : TTest =
        if baseline.Length <> arm.Length then
            raise (
                ArgumentException
                    $"A paired test needs as many values on both sides, and has {baseline.Length} and {arm.Length}."
            )

        tTest (Array.map2 (-) arm baseline)

    /// The paired difference with its t interval, and the verdict of the paired t-test at 1 - level from `fewestSeeds` seeds on.
    let paired (level: float) (baseline: float[]) (arm: float[]) : PairedDifference =
        if baseline.Length <> arm.Length then
            raise (
                ArgumentException
                    $"A paired difference needs as many values on both sides, and has {baseline.Length} and {arm.Length}."
            )

        let summary = summary level (Array.map2 (-) arm baseline)

        {
            N = summary.N
            Mean = summary.Mean
            Sd = summary.Sd
            Interval = summary.Interval
            Significance =
                if summary.N < fewestSeeds then
                    Significance.TooFewSeeds summary.N
                else
                    let p = (pairedT baseline arm).P

                    if p < 1.0 - level then
                        Significance.Significant p
                    else
                        Significance.NotSignificant p
        }

    /// The quantile of a sample, linear between order statistics (Hyndman and Fan's type 7).
    let quantile (probability: float) (values: float[]) =
        checkValues "The sample" values

        if not (probability >= 0.0 && probability <= 1.0) then
            raise (ArgumentException $"The quantile's probability is {probability}, but it lies in [0,1].")

        let sorted = Array.sort values
        let place = probability * float (sorted.Length - 1)
        let below = int (floor place)
        let above = min (below + 1) (sorted.Length - 1)
        sorted[below] + (place - float below) * (sorted[above] - sorted[below])

    /// The percentile bootstrap interval of a statistic (Efron 1979): resamples with replacement, a pure function of the seed.
    let bootstrap
        (level: float)
        (resamples: int)
        (seed: uint64)
        (statistic: float[] -> float)
        (values: float[])
        : Interval =
        checkLevel level
        checkValues "The sample" values

        if resamples < 1 then
            raise (ArgumentException $"The bootstrap's resamples are {resamples}, but at least one is needed.")

        let random = SeededRandom(Seed.Derive(seed, "bootstrap"))

        let draws =
            Array.init resamples (fun _ ->
                statistic (Array.init values.Length (fun _ -> values[random.NextInt values.Length])))

        {
            Low = quantile ((1.0 - level) / 2.0) draws
            High = quantile ((1.0 + level) / 2.0) draws
            Level = level
        }
