namespace Research.Stats

open System
open System.Numerics
open Research.Language
open Research.Randomness

/// Fisher's randomisation test of paired differences, two-sided.
type SignFlipTest = {
    /// The mean difference.
    Mean: float
    /// The number of sign arrangements examined.
    Arrangements: int64
    /// Whether these are all arrangements.
    Exact: bool
    P: float
}

/// The sign-flip permutation test: if an arm and its baseline differ only by chance, each seed's difference could equally have the other sign.
[<RequireQualifiedAccess>]
module SignFlip =
    /// All 2^n arrangements are counted up to this many differences.
    [<Literal>]
    let exactUpTo = 20

    /// Random arrangements beyond `exactUpTo`.
    [<Literal>]
    let draws = 100_000

    /// Sums that differ only by rounding belong to the same arrangement.
    let private atLeast (sum: float) (differences: float[]) =
        let slack = 1e-12 * (differences |> Array.sumBy abs)
        let bound = abs sum - slack
        fun (other: float) -> abs other >= bound

    /// Walks through the arrangements in Gray code, one flip per step. The first sign stays: an arrangement's mirror image is equally far off.
    let private exact (differences: float[]) =
        let sum = Array.sum differences
        let extreme = atLeast sum differences
        let signs = Array.create differences.Length 1.0
        let count = 1L <<< (differences.Length - 1)
        let mutable current = sum
        let mutable hits = if extreme current then 1L else 0L

        for step in 1L .. count - 1L do
            let place = 1 + BitOperations.TrailingZeroCount step
            signs[place] <- -signs[place]
            current <- current + 2.0 * signs[place] * differences[place]

            if extreme current then
                hits <- hits + 1L

        {
            Mean = sum / float differences.Length
            Arrangements = 2L * count
            Exact = true
            P = float hits / float count
        }

    let private sampled (seed: uint64) (differences: float[]) =
        let sum = Array.sum differences
        let extreme = atLeast sum differences
        let random = SeededRandom(Seed.Derive(seed, "sign flips"))
        let mutable hits = 0

        for _ in 1..draws do
            let mutable drawn = 0.0

            for difference in differences do
                drawn <- drawn + (if random.NextInt 2 = 0 then difference else -difference)

            if extreme drawn then
                hits <- hits + 1

        {
            Mean = sum / float differences.Length
            Arrangements = int64 draws
            Exact = false
            // The observed arrangement is one of the possible ones, so P is never 0 (Phipson and Smyth 2010).
            P = float (hits + 1) / float (draws + 1)
        }

    /// The share of arrangements whose mean is at least as far from zero as the observed one (Fisher 1935, section 21): of all 2^n
    /// arrangements up to n = 20, otherwise of 100,000 random ones, a pure function of the seed.
    let test (seed: uint64) (differences: float[]) : SignFlipTest =
        SampleStats.checkValues "The differences" differences

        if differences.Length <= exactUpTo then
            exact differences
        else
            sampled seed differences
