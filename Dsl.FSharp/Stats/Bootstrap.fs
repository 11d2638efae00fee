namespace Research.Stats

open System
open MathNet.Numerics.Distributions
open Research.Language
open Research.Randomness

/// Bootstrap intervals: pure functions of their seed.
[<RequireQualifiedAccess>]
module Bootstrap =
    /// The number of resamples behind the tables' intervals.
    [<Literal>]
    let resamples = 10_000

    let private drawn (count: int) (seed: uint64) (statistic: float[] -> float) (values: float[]) =
        SampleStats.checkValues "The sample" values

        if count < 1 then
            raise (ArgumentException $"The bootstrap's number of resamples is {count}, but must be at least 1.")

        let random = SeededRandom(Seed.Derive(seed, "bootstrap"))

        Array.init count (fun _ -> statistic (Array.init values.Length (fun _ -> values[random.NextInt values.Length])))

    /// The percentile interval of a statistic (Efron 1979).
    let percentile
        (level: float)
        (count: int)
        (seed: uint64)
        (statistic: float[] -> float)
        (values: float[])
        : Interval =
        SampleStats.checkLevel level
        let draws = drawn count seed statistic values

        {
            Low = SampleStats.quantile ((1.0 - level) / 2.0) draws
            High = SampleStats.quantile ((1.0 + level) / 2.0) draws
            Level = level
        }

    /// Efron's acceleration from the jackknife (Efron and Tibshirani 1993, eq. 14.15); 0 when leaving out a value changes nothing.
    let private acceleration (statistic: float[] -> float) (values: float[]) =
        let without =
            Array.init values.Length (fun i -> statistic (Array.removeAt i values))

        let centre = Array.average without

        let moment power =
            without |> Array.sumBy (fun x -> (centre - x) ** power)

        let spread = moment 2.0

        if spread = 0.0 then
            0.0
        else
            moment 3.0 / (6.0 * spread ** 1.5)

    /// The bias-corrected and accelerated interval (Efron 1987; Efron and Tibshirani 1993, eq. 14.9 to 14.15). Draws equal to the statistic count
    /// half below it. Needs two values. With five to ten seeds the resamples have few different means, so it is narrower than it should be:
    /// prefer the t interval there. A sample without spread gives its own value. Raises `InvalidOperationException` when all draws lie on
    /// one side of the statistic, which leaves the bias correction infinite.
    let bca (level: float) (count: int) (seed: uint64) (statistic: float[] -> float) (values: float[]) : Interval =
        SampleStats.checkLevel level

        if values.Length < 2 then
            raise (ArgumentException $"A BCa interval needs two values or more, but has {values.Length}.")

        let draws = drawn count seed statistic values
        let own = statistic values

        if draws |> Array.forall (fun draw -> draw = own) then
            { Low = own; High = own; Level = level }
        else
            let below =
                draws
                |> Array.sumBy (fun draw ->
                    if draw < own then 1.0
                    elif draw = own then 0.5
                    else 0.0)

            let share = below / float count

            if share <= 0.0 || share >= 1.0 then
                raise (
                    InvalidOperationException
                        "All draws of the bootstrap lie on one side of the statistic, so there is no BCa interval; use the percentile interval."
                )

            let bias = Normal.InvCDF(0.0, 1.0, share)
            let a = acceleration statistic values

            let edge probability =
                let z = bias + Normal.InvCDF(0.0, 1.0, probability)
                SampleStats.quantile (Normal.CDF(0.0, 1.0, bias + z / (1.0 - a * z))) draws

            {
                Low = edge ((1.0 - level) / 2.0)
                High = edge ((1.0 + level) / 2.0)
                Level = level
            }
