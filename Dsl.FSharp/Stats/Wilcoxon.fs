namespace Research.Stats

open System
open MathNet.Numerics.Distributions

/// How the signed-rank test treats differences of exactly zero.
[<RequireQualifiedAccess>]
type Zeros =
    /// They are left out before ranking (Wilcoxon 1945), as in R and in most textbooks.
    | Dropped
    /// They are ranked with the others and left out of both sums (Pratt 1959).
    | Pratt

/// Wilcoxon's signed-rank test, two-sided.
type WilcoxonTest = {
    /// The sum of the ranks of positive differences; ties share the mean of their ranks.
    WPlus: float
    WMinus: float
    /// The number of nonzero differences.
    N: int
    /// Whether P is exact, or a large sample's normal approximation.
    Exact: bool
    P: float
}

/// Wilcoxon's signed-rank test of paired differences.
[<RequireQualifiedAccess>]
module Wilcoxon =
    /// P is exact up to this many nonzero differences.
    [<Literal>]
    let exactUpTo = 200

    /// The ranks of the values from 1 on; ties share the mean of their ranks.
    let ranks (values: float[]) : float[] =
        let order = Array.init values.Length id |> Array.sortBy (fun i -> values[i])
        let ranks = Array.zeroCreate values.Length
        let mutable start = 0

        while start < order.Length do
            let mutable stop = start + 1

            while stop < order.Length && values[order[stop]] = values[order[start]] do
                stop <- stop + 1

            for i in start .. stop - 1 do
                ranks[order[i]] <- float (start + 1 + stop) / 2.0

            start <- stop

        ranks

    /// P of W+ given the ranks, each positive with probability 1/2 independently: exact also with shared ranks, because these are
    /// halves of whole numbers, over which the sum's distribution is built up rank by rank.
    let private exactP (ranks: float[]) (wPlus: float) =
        let twice = ranks |> Array.map (fun rank -> int (round (2.0 * rank)))
        let mutable chances = Array.zeroCreate (Array.sum twice + 1)
        chances[0] <- 1.0
        let mutable reached = 0

        for rank in twice do
            for sum in reached + rank .. -1 .. 0 do
                let without = if sum <= reached then chances[sum] else 0.0
                let including = if sum >= rank then chances[sum - rank] else 0.0
                chances[sum] <- (without + including) / 2.0

            reached <- reached + rank

        let seen = int (round (2.0 * wPlus))
        let below = Array.sum chances[..seen]
        let above = Array.sum chances[seen..]
        min 1.0 (2.0 * min below above)

    /// The normal approximation with continuity correction; the variance is that of the actual ranks, hence right with ties.
    let private normalP (ranks: float[]) (wPlus: float) =
        let mean = Array.sum ranks / 2.0
        let spread = sqrt ((ranks |> Array.sumBy (fun rank -> rank * rank)) / 4.0)
        let distance = max 0.0 (abs (wPlus - mean) - 0.5)
        2.0 * Normal.CDF(0.0, 1.0, -distance / spread)

    /// The test that the differences are symmetric about zero. P is exact for up to 200 nonzero differences, with or without ties,
    /// and 1 when all are zero. Sizes that agree to 1e-9 of the largest count as equal, and as zero when below it: differences of
    /// fractions carry rounding errors. With n differences P is never below 2^(1-n): 0.0625 for five seeds.
    let test (zeros: Zeros) (differences: float[]) : WilcoxonTest =
        SampleStats.checkValues "The differences" differences
        let grain = 1e-9 * (differences |> Array.map abs |> Array.max)

        let rounded =
            differences
            |> Array.map (fun x -> if grain = 0.0 then 0.0 else Math.Round(x / grain))

        let ranked =
            match zeros with
            | Zeros.Dropped -> rounded |> Array.filter (fun x -> x <> 0.0)
            | Zeros.Pratt -> rounded

        let signed =
            Array.zip ranked (ranks (ranked |> Array.map abs))
            |> Array.filter (fun (x, _) -> x <> 0.0)

        let sumWhere keep =
            signed |> Array.filter (fst >> keep) |> Array.sumBy snd

        let kept = signed |> Array.map snd
        let wPlus = sumWhere (fun x -> x > 0.0)
        let exact = kept.Length <= exactUpTo

        {
            WPlus = wPlus
            WMinus = sumWhere (fun x -> x < 0.0)
            N = kept.Length
            Exact = exact
            P =
                if kept.Length = 0 then 1.0
                elif exact then exactP kept wPlus
                else normalP kept wPlus
        }
