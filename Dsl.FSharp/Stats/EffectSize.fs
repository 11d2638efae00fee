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

/// Effect sizes of paired differences.
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
            let centre = Array.average differences

            // Equal differences have a spread of rounding errors only.
            if spread <= 1e-12 * (differences |> Array.map abs |> Array.max) then
                None
            else
                let root = sqrt (float n)
                let freedom = n - 1
                let j = correction freedom
                let dz = centre / spread

                let edge probability =
                    j * NoncentralT.noncentrality (float freedom) (dz * root) probability / root

                Some {
                    Dz = dz
                    Gz = j * dz
                    Interval = {
                        Low = edge ((1.0 + level) / 2.0)
                        High = edge ((1.0 - level) / 2.0)
                        Level = level
                    }
                }
