namespace Research.Tables

open Research
open Research.Language
open Research.Evaluation
open Research.Stats
open Research.Runs

/// Which comparisons with the baseline are corrected together.
[<RequireQualifiedAccess>]
type Family =
    /// The arms of one metric: protects a claim about a metric against having tried many arms.
    | Metric
    /// All arms in all metrics of the table: also protects against having looked at many metrics.
    | Table

/// One metric of one arm.
type ResultCell = {
    /// The values by seed, in seed order.
    Values: (int * float) list
    /// None when no finished run has the metric.
    Summary: Summary option
    /// Against the baseline over common seeds; None for the baseline itself, without a baseline, and for a metric that has no better end.
    Difference: PairedDifference option
    /// Against the baseline over all seeds of both, where they are not the same seeds; None as `Difference`, and without spread.
    Unpaired: UnpairedEffect option
    /// The best mean of its column. No claim by itself.
    Best: bool
}

type ResultRow = {
    Arm: string
    Axes: (string * string) list
    IsBaseline: bool
    /// Finished runs.
    Seeds: int
    /// What is said of the others, such as "2 of 5 seeds failed"; None where all are finished.
    Unfinished: string option
    /// In the order of the table's columns.
    Cells: ResultCell list
}

/// Arms against metrics, over seeds.
type ResultTable = {
    Columns: Metric list
    Baseline: string option
    /// How its intervals and claims are made.
    Comparison: ComparisonOptions
    Family: Family
    Rows: ResultRow list
    /// The finished runs.
    Runs: RunRecord list
    /// The notes under the table: how to read it, and what is missing.
    Notes: string list
}

/// The request for `ResultTable.ofRuns`.
type TableRequest = {
    /// Metrics, one column each.
    Columns: Metric list
    /// The arm to compare the others with.
    Baseline: string option
    /// The arms in row order; when empty, in the order of the runs.
    Arms: string list
    /// Intervals, and the test behind claims.
    Comparison: ComparisonOptions
    /// The family for Holm's correction.
    Family: Family
}

/// A run's cost, beside its measurements.
[<RequireQualifiedAccess>]
module RunCosts =
    /// The run with `run.seconds` (wall clock over all attempts) and `run.steps` among its metrics; an unfinished run is unchanged.
    let add (run: RunRecord) : RunRecord =
        if run.State = RunStatus.Done then
            {
                run with
                    Metrics =
                        run.Metrics
                        |> Map.add TrainingMetrics.runSeconds.Key run.Seconds
                        |> Map.add TrainingMetrics.runSteps.Key (float run.Steps)
            }
        else
            run
