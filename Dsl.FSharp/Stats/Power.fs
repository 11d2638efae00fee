namespace Research.Stats

open System
open MathNet.Numerics.Distributions

/// The power of the two-sided paired t-test, and the number of seeds it takes.
[<RequireQualifiedAccess>]
module Power =
    let private check (level: float) (sd: float) (difference: float) =
        SampleStats.checkLevel level

        if not (sd > 0.0 && Double.IsFinite sd) then
            raise (ArgumentException $"The standard deviation of the paired differences is {sd}, but must be above 0.")

        if not (Double.IsFinite difference) || difference = 0.0 then
            raise (ArgumentException $"The difference to detect is {difference}, but must be a number other than 0.")

    /// The probability that `n` paired seeds show a true difference as significant at 1 - level, when the paired differences' standard
    /// deviation is `sd`: 1 - F(t*) + F(-t*), F the noncentral t distribution with n - 1 degrees of freedom and noncentrality
    /// difference sqrt(n) / sd (Cohen 1988, section 2.2). No correction for several arms.
    let ofSeeds (level: float) (sd: float) (difference: float) (n: int) : float =
        check level sd difference

        if n < 2 then
            raise (ArgumentException $"The power of a paired test needs two seeds or more, but has {n}.")

        let freedom = float (n - 1)
        let critical = StudentT.InvCDF(0.0, 1.0, freedom, 0.5 + level / 2.0)
        let delta = abs difference * sqrt (float n) / sd

        1.0 - NoncentralT.cdf freedom delta critical
        + NoncentralT.cdf freedom delta -critical

    /// The fewest paired seeds that reach a power (e.g. 0.8), at least `SampleStats.fewestSeeds`, below which nothing is called significant.
    /// None when even `atMost` seeds do not.
    let seedsNeeded (level: float) (power: float) (atMost: int) (sd: float) (difference: float) : int option =
        check level sd difference

        if not (power > 0.0 && power < 1.0) then
            raise (ArgumentException $"The power is {power}, but must be between 0 and 1, e.g. 0.8.")

        let enough n = ofSeeds level sd difference n >= power

        // Power rises with n, so bisection finds the smallest n.
        let rec search low high =
            if low = high then
                low
            else
                let middle = low + (high - low) / 2

                if enough middle then
                    search low middle
                else
                    search (middle + 1) high

        if atMost < SampleStats.fewestSeeds || not (enough atMost) then
            None
        else
            Some(search SampleStats.fewestSeeds atMost)
