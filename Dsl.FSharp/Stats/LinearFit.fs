namespace Research.Stats

open System
open MathNet.Numerics.Distributions
open Research.Language

/// A straight line through points by least squares.
type LinearFit = {
    N: int
    Slope: float
    Intercept: float
    /// None for two points, which a line always fits.
    SlopeInterval: Interval option
    /// The fraction of y's variance that the line explains; None when y does not vary.
    RSquared: float option
    /// The mean of x, where the line is most certain.
    Centre: float
    /// The sum of squared distances of x from its mean.
    Spread: float
    /// The standard deviation of the residuals, N - 2 in the denominator; None for two points.
    Residual: float option
    /// Coverage of the intervals.
    Level: float
}

[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module LinearFit =
    /// Fits y = intercept + slope x. Raises `ArgumentException` for fewer than two points, points that share one x, and values that are not
    /// finite.
    let ofPoints (level: float) (points: (float * float) list) : LinearFit =
        SampleStats.checkLevel level
        let x = points |> List.map fst |> Array.ofList
        let y = points |> List.map snd |> Array.ofList

        if x.Length < 2 then
            raise (ArgumentException $"A line needs two points or more, but has {x.Length}.")

        SampleStats.checkValues "The fit's x" x
        SampleStats.checkValues "The fit's y" y
        let centre, height = Array.average x, Array.average y
        let spread = x |> Array.sumBy (fun v -> (v - centre) * (v - centre))

        if spread <= 1e-24 * (x |> Array.sumBy (fun v -> v * v)) then
            raise (ArgumentException $"All {x.Length} points have x = {x[0]}: no line is fitted through them.")

        let slope =
            (Array.map2 (fun a b -> (a - centre) * (b - height)) x y |> Array.sum) / spread

        let intercept = height - slope * centre

        let error =
            Array.map2 (fun a b -> (b - intercept - slope * a) ** 2.0) x y |> Array.sum

        let total = y |> Array.sumBy (fun v -> (v - height) * (v - height))

        let residual =
            if x.Length > 2 then
                Some(sqrt (error / float (x.Length - 2)))
            else
                None

        {
            N = x.Length
            Slope = slope
            Intercept = intercept
            SlopeInterval =
                residual
                |> Option.map (fun residual ->
                    let half =
                        StudentT.InvCDF(0.0, 1.0, float (x.Length - 2), 0.5 + level / 2.0) * residual
                        / sqrt spread

                    {
                        Low = slope - half
                        High = slope + half
                        Level = level
                    })
            RSquared = if total > 0.0 then Some(1.0 - error / total) else None
            Centre = centre
            Spread = spread
            Residual = residual
            Level = level
        }

    /// The line's value at x.
    let at (fit: LinearFit) (x: float) : float = fit.Intercept + fit.Slope * x

    /// The interval of the line itself (of the mean of y) at x; None for two points.
    let bandAt (fit: LinearFit) (x: float) : Interval option =
        fit.Residual
        |> Option.map (fun residual ->
            let half =
                StudentT.InvCDF(0.0, 1.0, float (fit.N - 2), 0.5 + fit.Level / 2.0)
                * residual
                * sqrt (1.0 / float fit.N + (x - fit.Centre) * (x - fit.Centre) / fit.Spread)

            {
                Low = at fit x - half
                High = at fit x + half
                Level = fit.Level
            })
