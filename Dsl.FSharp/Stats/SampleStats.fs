namespace Research.Stats

open System
open MathNet.Numerics.Distributions

/// A confidence interval.
type Interval = {
    Low: float
    High: float
    /// Its coverage, e.g. 0.95.
    Level: float
} with

    member this.HalfWidth = (this.High - this.Low) / 2.0

/// A summary of a sample.
type Summary = {
    N: int
    Mean: float
    /// The standard deviation with N - 1 in the denominator; None for a single value.
    Sd: float option
    /// The t interval of the mean; None for a single value.
    Interval: Interval option
}

/// A two-sided t-test.
type TTest = {
    T: float
    DegreesOfFreedom: int
    P: float
}

/// Statistics over seeds.
[<RequireQualifiedAccess>]
module SampleStats =
    /// The fewest paired seeds for which significance is claimed.
    [<Literal>]
    let fewestSeeds = 5

    let internal checkValues (what: string) (values: float[]) =
        if values.Length = 0 then
            raise (ArgumentException $"{what} has no values.")

        match values |> Array.tryFindIndex (Double.IsFinite >> not) with
        | Some i -> raise (ArgumentException $"{what} holds {values[i]} at position {i}: values must be finite.")
        | None -> ()

    let internal checkLevel (level: float) =
        if not (level > 0.0 && level < 1.0) then
            raise (ArgumentException $"The interval's level is {level}, but must be between 0 and 1, e.g. 0.95.")

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
            raise (ArgumentException $"A t interval needs two values or more, but has {n}.")

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

    /// `arm` minus `baseline`, seed by seed. Raises `ArgumentException` for sides of different lengths.
    let differences (baseline: float[]) (arm: float[]) : float[] =
        if baseline.Length <> arm.Length then
            raise (
                ArgumentException
                    $"A paired comparison needs equally many values on both sides, but has {baseline.Length} and {arm.Length}."
            )

        Array.map2 (-) arm baseline

    /// The paired t-test of `arm` against `baseline`, seed by seed: the one-sample test of their differences.
    let pairedT (baseline: float[]) (arm: float[]) : TTest = tTest (differences baseline arm)

    /// The quantile of a sample, linear between order statistics (Hyndman and Fan's type 7).
    let quantile (probability: float) (values: float[]) =
        checkValues "The sample" values

        if not (probability >= 0.0 && probability <= 1.0) then
            raise (ArgumentException $"The quantile's probability is {probability}, but must be in [0,1].")

        let sorted = Array.sort values
        let place = probability * float (sorted.Length - 1)
        let below = int (floor place)
        let above = min (below + 1) (sorted.Length - 1)
        sorted[below] + (place - float below) * (sorted[above] - sorted[below])
