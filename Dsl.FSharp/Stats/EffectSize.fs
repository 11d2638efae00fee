namespace Research.Stats

open System
open MathNet.Numerics

/// The size of a paired difference in units of its own spread.
type EffectSize = {
    /// Cohen's d_z: mean over standard deviation of the paired differences.
    Dz: float
    /// Hedges' g_z: d_z without its small-sample bias.
    Gz: float
    /// The interval of g_z.
    Interval: Interval
}

/// How far two samples without pairs lie apart, in units of their common spread.
type UnpairedEffect = {
    /// Cohen's d: the difference of the means over the pooled standard deviation.
    D: float
    /// Hedges' g: d without its small-sample bias.
    G: float
    /// The interval of g.
    Interval: Interval
}

/// Effect sizes of paired differences, and of samples without pairs.
[<RequireQualifiedAccess>]
module EffectSize =
    /// Hedges' exact factor J(m) = Gamma(m / 2) / (sqrt(m / 2) Gamma((m - 1) / 2)) for m degrees of freedom (Hedges 1981, eq. 6e);
    /// 0 for one degree of freedom, where no unbiased estimate exists.
    let correction (freedom: int) : float =
        if freedom < 1 then
            raise (ArgumentException $"Hedges' correction needs at least 1 degree of freedom, not {freedom}.")
        elif freedom = 1 then
            0.0
        else
            let half = float freedom / 2.0

            exp (
                SpecialFunctions.GammaLn half
                - SpecialFunctions.GammaLn((float freedom - 1.0) / 2.0)
            )
            / sqrt half

    // Equal values leave a spread of rounding errors only.
    let private hasSpread (spread: float) (values: float[]) =
        spread > 1e-12 * (values |> Array.map abs |> Array.max)

    /// The interval of an effect that is `unit` times a t statistic of so many degrees of freedom.
    let private interval (level: float) (freedom: int) (t: float) (unit: float) : Interval =
        let edge probability =
            correction freedom
            * unit
            * NoncentralT.noncentrality (float freedom) t probability

        {
            Low = edge ((1.0 + level) / 2.0)
            High = edge ((1.0 - level) / 2.0)
            Level = level
        }

    /// d_z (Cohen 1988, section 2.3.5), g_z = J(n - 1) d_z, and the interval that inverts the noncentral t distribution: its ends are the
    /// effects under which the observed t is just the upper or the lower (1 - level) / 2 quantile (Cumming and Finch 2001), times J.
    /// None for fewer than three differences or differences without spread, where the ratio does not exist.
    let ofDifferences (level: float) (differences: float[]) : EffectSize option =
        SampleStats.checkLevel level
        SampleStats.checkValues "The differences" differences
        let n = differences.Length

        if n < 3 then
            None
        else
            let spread = SampleStats.sd differences

            if not (hasSpread spread differences) then
                None
            else
                let root = sqrt (float n)
                let dz = Array.average differences / spread

                Some {
                    Dz = dz
                    Gz = correction (n - 1) * dz
                    Interval = interval level (n - 1) (dz * root) (1.0 / root)
                }

    /// d = (mean of the arm - mean of the baseline) / pooled standard deviation, g = J(n + m - 2) d (Hedges 1981), and the interval that inverts
    /// the noncentral t distribution, as `ofDifferences` does. Equal variances are taken for granted. None where a side has fewer than two
    /// values, or neither has spread.
    let ofSamples (level: float) (baseline: float[]) (arm: float[]) : UnpairedEffect option =
        SampleStats.checkLevel level
        SampleStats.checkValues "The baseline" baseline
        SampleStats.checkValues "The arm" arm

        if baseline.Length < 2 || arm.Length < 2 then
            None
        else
            let freedom = baseline.Length + arm.Length - 2

            let squares (values: float[]) =
                float (values.Length - 1) * SampleStats.sd values ** 2.0

            let pooled = sqrt ((squares baseline + squares arm) / float freedom)

            if not (hasSpread pooled (Array.append baseline arm)) then
                None
            else
                let root = sqrt (1.0 / float baseline.Length + 1.0 / float arm.Length)
                let d = (Array.average arm - Array.average baseline) / pooled

                Some {
                    D = d
                    G = correction freedom * d
                    Interval = interval level freedom (d / root) root
                }
