namespace Research

open System.IO
open System.Text

/// The course of a sweep with halving: a rung's runs decide which arms are on the next.
[<RequireQualifiedAccess>]
module Rungs =
    /// A rung with what each of its arms came to.
    type Rung = {
        Plan: SweepPlan
        Steps: int
        /// (arm, mean of the metric over the seeds, whether it went on).
        Figures: (string * float * bool) list
    }

    let private figures (metric: string) (out: string) (plan: SweepPlan) =
        plan.Runs
        |> List.choose (fun run ->
            let record = RunStore.read (PlanView.folderOf out run)
            Map.tryFind metric record.Metrics |> Option.map (fun value -> run.Arm, value))

    let private isComplete (out: string) (plan: SweepPlan) =
        plan.Runs
        |> List.forall (fun run -> RunStore.isFinished (PlanView.folderOf out run) run.Hash)

    /// Goes through the rungs. `run` makes a plan's runs; the next rung comes when all of a rung's runs are finished. Returns the rungs that
    /// were begun, the last one first.
    let climb
        (fingerprint: Data -> string)
        (sweep: Sweep)
        (halving: Halving)
        (out: string)
        (run: SweepPlan -> unit)
        : Rung list =
        let higher = MetricNames.higherIsBetter halving.Metric

        let rec next index arms rungs =
            let plan = SweepPlan.rung fingerprint sweep halving index arms
            run plan

            let complete = isComplete out plan
            let values = if complete then figures halving.Metric out plan else []
            let survivors = Halving.survivors higher halving sweep.Baseline arms values
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

    /// Writes halving.csv: which arm stood on which rung, and whether it went on.
    let write (out: string) (halving: Halving) (rungs: Rung list) : string =
        let content = StringBuilder()
        content.Append($"rung,steps,arm,{halving.Metric},kept\n") |> ignore

        for index, rung in List.indexed (List.rev rungs) do
            for arm, value, kept in rung.Figures do
                content.Append(
                    $"{index + 1},{rung.Steps},{Research.Printing.CsvCell.Of arm},{Words.number value},{kept}\n"
                )
                |> ignore

        let path = Path.Combine(out, "halving.csv")
        AtomicFile.write path (content.ToString())
        path
