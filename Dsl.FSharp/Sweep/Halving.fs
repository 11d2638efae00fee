namespace Research.Language

open Research
open Research.Evaluation

/// Successive halving (Jamieson and Talwalkar 2016): all arms train for a few steps, the better ones for more, and so on.
/// A rung trains its arms anew with its own number of steps, so that the schedules of learning rate and soft fraction are those of an
/// ordinary run of that length, every run has its own hash and is reused like any other, and a rung's numbers can be compared.
/// If a share k is kept and the steps grow by 1/k, each earlier rung costs as much as the last one.
type Halving = {
    /// Training steps of the rungs, rising.
    Rungs: int list
    /// The share of arms, in (0, 1), that reaches the next rung; at least one does.
    Keep: float
    /// The validation metric that decides, by its mean over the seeds.
    Metric: Metric
}

[<RequireQualifiedAccess>]
module Halving =
    let problems (halving: Halving) = [
        match halving.Rungs with
        | []
        | [ _ ] -> "halving: at least two rungs are needed"
        | rungs ->
            if List.exists (fun steps -> steps < 1) rungs then
                "halving: every rung needs at least 1 step"

            for a, b in List.pairwise rungs do
                if a >= b then
                    $"halving: the rungs' steps must rise, but {a} comes before {b}"
        if not (halving.Keep > 0.0 && halving.Keep < 1.0) then
            $"halving: the share of arms kept is {Words.number halving.Keep}; it must be in (0, 1)"
        if not (halving.Metric.Key.StartsWith("val.", System.StringComparison.Ordinal)) then
            $"halving: {halving.Metric} is not a validation metric; choosing by test figures would bias them: write validation.r10"
        elif not halving.Metric.IsComparable then
            $"halving: {halving.Metric} has no better direction to choose by"
    ]

    /// How many of this many arms reach the next rung.
    let kept (halving: Halving) arms =
        max 1 (int (ceil (halving.Keep * float arms - 1e-9)))

    /// The number of arms on each rung; a baseline that would drop out goes on as one more.
    let counts (halving: Halving) arms : int list =
        halving.Rungs.Tail |> List.scan (fun arms _ -> kept halving arms) arms

    /// The arms that go on, in their order: the best by the mean over their runs, and the baseline in any case. An arm without a finite
    /// figure drops out; ties go to the arm that comes first.
    let survivors
        (halving: Halving)
        (baseline: string option)
        (arms: string list)
        (figures: (string * float) list)
        : string list =
        let means =
            figures
            |> List.groupBy fst
            |> List.map (fun (arm, values) -> arm, values |> List.averageBy snd)
            |> List.filter (snd >> System.Double.IsFinite)
            |> Map.ofList

        let best =
            arms
            |> List.filter means.ContainsKey
            |> List.sortBy (fun arm ->
                match halving.Metric.Better with
                | Better.Lower -> means[arm]
                | _ -> -means[arm])
            |> List.truncate (kept halving arms.Length)
            |> Set.ofList

        arms |> List.filter (fun arm -> best.Contains arm || baseline = Some arm)
