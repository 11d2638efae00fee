namespace Research.Stats

open System
open MathNet.Numerics
open MathNet.Numerics.Distributions
open MathNet.Numerics.Integration

/// The noncentral t distribution: of (Z + delta) / sqrt(chi2 / freedom), with Z standard normal. The paired t statistic has it when the true
/// mean difference is not zero, so it is the base of power and of effect sizes' intervals.
[<RequireQualifiedAccess>]
module NoncentralT =
    let private rule = GaussLegendreRule(-1.0, 1.0, 16)
    let private panels = 12

    /// P(T <= t), to about 1e-10. `freedom` >= 1 degrees of freedom, any finite noncentrality `delta`.
    /// Integrates Phi(t x - delta) over the density of x = sqrt(chi2 / freedom), which avoids series that lose digits when delta is large.
    let cdf (freedom: float) (delta: float) (t: float) : float =
        if not (freedom >= 1.0 && Double.IsFinite freedom) then
            raise (ArgumentException $"The t distribution's degrees of freedom are {freedom}, but must be at least 1.")

        if not (Double.IsFinite delta && Double.IsFinite t) then
            raise (
                ArgumentException
                    $"The noncentral t distribution was called with t = {t}, delta = {delta}: both must be finite."
            )

        let spread = 12.0 * sqrt (2.0 * freedom)
        let low = sqrt (max 0.0 (freedom - spread) / freedom)
        let high = sqrt ((freedom + spread + 80.0) / freedom)

        let logConstant =
            log 2.0 + 0.5 * freedom * log (0.5 * freedom)
            - SpecialFunctions.GammaLn(0.5 * freedom)

        let density x =
            if x <= 0.0 then
                if freedom = 1.0 then exp logConstant else 0.0
            else
                exp (logConstant + (freedom - 1.0) * log x - 0.5 * freedom * x * x)

        let integrate (low: float) (high: float) =
            let width = (high - low) / float panels
            let mutable sum = 0.0

            for panel in 0 .. panels - 1 do
                let centre = low + (float panel + 0.5) * width

                for i in 0 .. rule.Order - 1 do
                    let x = centre + 0.5 * width * rule.GetAbscissa i

                    sum <-
                        sum
                        + 0.5 * width * rule.GetWeight i * density x * Normal.CDF(0.0, 1.0, t * x - delta)

            sum

        // Phi rises from 0 to 1 around x = delta / t, over a width of 1 / |t|: the integral is split there, so that no steep rise is missed.
        let turn = if t = 0.0 then low else delta / t
        let width = if t = 0.0 then 0.0 else 9.0 / abs t

        let cuts =
            [ low; turn - width; turn; turn + width; high ]
            |> List.map (fun x -> Math.Clamp(x, low, high))
            |> List.distinct

        cuts |> List.pairwise |> List.sumBy (fun (a, b) -> integrate a b) |> min 1.0

    /// The noncentrality for which `t` is the given quantile, i.e. P(T <= t) = probability. Falls as the probability rises.
    let noncentrality (freedom: float) (t: float) (probability: float) : float =
        if not (probability > 0.0 && probability < 1.0) then
            raise (ArgumentException $"The quantile's probability is {probability}, but must be between 0 and 1.")

        let excess delta = cdf freedom delta t - probability

        let rec below reach =
            if excess (t - reach) > 0.0 then
                t - reach
            else
                below (2.0 * reach)

        let rec above reach =
            if excess (t + reach) < 0.0 then
                t + reach
            else
                above (2.0 * reach)

        RootFinding.Brent.FindRoot(Func<float, float> excess, below 4.0, above 4.0, 1e-9, 200)
