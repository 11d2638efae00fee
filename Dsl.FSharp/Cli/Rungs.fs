namespace Research

open System.IO
open System.Text
open Research.Language
open Research.Runs
open Research.Cli

/// The course of a sweep with halving: the runs of a rung decide which arms reach the next.
[<RequireQualifiedAccess>]
module Rungs =
    /// A rung with the result of each of its arms.
    type Rung = {
        Plan: SweepPlan
        Steps: int
        /// (arm, mean of the metric over the seeds, whether it went on).
        Figures: (string * float * bool) list
    }

    let private figures (metric: string) (records: RunRecord list) =
        records
        |> List.choose (fun record -> Map.tryFind metric record.Metrics |> Option.map (fun value -> record.Arm, value))

    let private isComplete (plan: SweepPlan) (records: RunRecord list) =
        records.Length = plan.Runs.Length
        && records |> List.forall (fun record -> record.State = RunStatus.Done)

    /// Goes through the rungs. `run` makes the runs of the first plan in the list, which the earlier rungs' plans follow, and `records` tells
    /// how a plan's runs ended; the next rung starts when all runs of a rung are finished. Returns the rungs that were started, the last
    /// one first.
    let climb
        (fingerprint: Data -> string)
        (sweep: Sweep)
        (halving: Halving)
        (records: SweepPlan -> RunRecord list)
        (run: SweepPlan list -> unit)
        : Rung list =
        let rec next index arms (rungs: Rung list) =
            let plan = SweepPlan.rung fingerprint sweep halving index arms
            run (plan :: List.map _.Plan rungs)

            let found = records plan
            let complete = isComplete plan found
            let values = if complete then figures halving.Metric.Key found else []
            let survivors = Halving.survivors halving sweep.Baseline arms values
            let isLast = index = halving.Rungs.Length - 1

            let rung = {
                Plan = plan
                Steps = halving.Rungs[index]
                Figures =
                    values
                    |> List.groupBy fst
                    |> List.map (fun (arm, values) ->
                        arm, values |> List.averageBy snd, isLast || List.contains arm survivors)
            }

            if complete && not isLast then
                next (index + 1) survivors (rung :: rungs)
            else
                rung :: rungs

        next 0 (Sweep.arms sweep |> List.map _.Name) []

    /// Writes halving.csv: the arms of each rung, and whether they went on.
    let write (out: string) (halving: Halving) (rungs: Rung list) : string =
        let content = StringBuilder()
        content.Append($"rung,steps,arm,{halving.Metric.Key},kept\n") |> ignore

        for index, rung in List.indexed (List.rev rungs) do
            for arm, value, kept in rung.Figures do
                content.Append(
                    $"{index + 1},{rung.Steps},{Research.Printing.CsvCell.Of arm},{Words.number value},{kept}\n"
                )
                |> ignore

        let path = Path.Combine(out, "halving.csv")
        AtomicFile.write path (content.ToString())
        path
