namespace Research.Plots

open Research
open Research.Language
open Research.Evaluation
open Research.Runs
open Research.Stats
open Research.Tables

/// Few-shot probes over the shots.
[<RequireQualifiedAccess>]
module ShotPlot =
    /// The mean top-1 of one arm's runs over k, a line a method with the interval over seeds as a band. k doubles from place to place, and 0 stands at
    /// the left: there the methods that start from the prompts are zero-shot. Arms with unfinished runs are named below the axis. Raises
    /// `ArgumentException` when no run was probed.
    let curve (options: ComparisonOptions) (title: string) (classes: Classes) (runs: RunRecord list) : Panel =
        let finished = runs |> List.filter (fun run -> run.State = RunStatus.Done)
        let zero = FewShotEvaluation.zeroShot classes

        let point place (metric: Metric) =
            AxisPlot.summaryOf options metric finished
            |> Option.map (fun summary -> {
                X = float place
                Y = metric.Shown summary.Mean
                Band = ResultTable.band metric summary.Interval
            })

        let lines =
            FewShotEvaluation.methods
            |> List.map (fun probe ->
                let points =
                    FewShotEvaluation.shots
                    |> List.mapi (fun i k -> point (i + 1) (FewShotEvaluation.metric classes probe k))

                probe.Title, List.choose id ((if probe.FromPrompts then point 0 zero else None) :: points))
            |> List.filter (fun (_, points) -> not points.IsEmpty)

        if lines.IsEmpty then
            ResultTable.noRunHas [ zero ] finished

        let ks = 0 :: FewShotEvaluation.shots |> List.map string

        Figure.panel
            title
            (PlotAxis.create "pictures of each class, k" ""
             |> PlotAxis.named ks
             |> PlotAxis.remark (Unfinished.ofArms runs))
            (PlotAxis.create "top-1" zero.Unit.Symbol)
            (lines |> List.map Layer.Line)
