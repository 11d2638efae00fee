namespace Research

open System
open Research.Language
open Research.Runs
open Research.Evaluation

/// One number of one finished run, for the charts that a script draws: tidy data, a row for each arm, seed and metric.
type Observation = {
    Arm: string
    /// The sweep's axes in order, each with the label of the arm's value.
    Axes: (string * string) list
    Seed: int
    /// Such as test.r10; run.seconds and run.steps are a run's costs.
    Metric: Metric
    /// As it is stored: recalls and accuracies from 0 to 1, times in seconds.
    Value: float
} with

    /// The label on an axis of the sweep. Raises `ArgumentException`, which names the axes, where the arm has no such axis.
    member this.On(axis: string) : string =
        match this.Axes |> List.tryFind (fst >> (=) axis) with
        | Some(_, label) -> label
        | None ->
            raise (
                ArgumentException
                    $"the arm '{this.Arm}' has no axis '{axis}'; its axes are {Words.list (List.map fst this.Axes)}"
            )

[<RequireQualifiedAccess>]
module internal Observation =
    /// All finite metrics of the runs, in their order.
    let ofRuns (runs: RunRecord list) : Observation list = [
        for run in runs do
            for key, value in Map.toSeq run.Metrics do
                if Double.IsFinite value then
                    {
                        Arm = run.Arm
                        Axes = run.Axes
                        Seed = run.Seed
                        Metric = Evaluations.metricOf key
                        Value = value
                    }
    ]
