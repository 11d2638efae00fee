namespace Research

open System
open Research.Language
open Research.Stats
open Research.Tables
open Research.Papers
open Research.Reports
open Research.Evaluation

/// What follows a sweep in a script: `|> report [ table [ ... ]; bars test.r10 ]`.
[<AutoOpen>]
module ReportWords =
    let private axis keyword (name: string) =
        if String.IsNullOrWhiteSpace name then
            UserError.fail $"{keyword}: an axis's name is empty"
        else
            name

    /// A table of the arms in these metrics.
    let table (metrics: Metric list) =
        if metrics.IsEmpty then
            UserError.fail
                "table: the list of metrics is empty; metrics are test.r10, test.top1, training.loss, run.seconds, ..."
        else
            ReportItem.MetricTable metrics

    /// A panel with every arm's paired difference to the baseline and its interval, a row an arm, the best on top; what is significant is coloured. It
    /// is what a report with a table and a baseline shows when it names no figure.
    let forest (metric: Metric) = ReportItem.Forest metric

    /// A panel with the arms side by side in one metric.
    let bars (metric: Metric) = ReportItem.Bars metric

    /// A panel with a metric over training, such as training.mean_loss.
    let curves (metric: Metric) = ReportItem.Curves metric

    /// A panel with a metric over an axis of the sweep: one line for each combination of the other axes, runs without the axis as dashed levels.
    let line (metric: Metric) over =
        ReportItem.Line(metric, axis "line" over)

    /// A panel with a metric as a colour over two axes of the sweep, the first to the right and the second upwards.
    let heat_map (metric: Metric) overX overY =
        if overX = overY then
            UserError.fail $"heat_map: it needs two axes, and has \"{overX}\" twice"
        else
            ReportItem.HeatMap(metric, axis "heat_map" overX, axis "heat_map" overY)

    /// A panel with two metrics of every run against each other and a fitted line.
    let scatter (x: Metric) (y: Metric) = ReportItem.Scatter(x, y)

    /// A panel with the arms' means in two metrics, such as run.seconds and test.r10, and those that no other arm beats.
    let pareto (x: Metric) (y: Metric) = ReportItem.ParetoFront(x, y)

    /// A panel with every seed as a line through the arms, the baseline first.
    let paired (metric: Metric) = ReportItem.Paired metric

    /// A panel for each arm with the accuracy of its few-shot probes over the shots, a line a method: `k_curve test.few_shot`.
    let k_curve (figures: FewShotFigures) = ReportItem.ShotCurve figures.Classes

    /// A table for each arm of its few-shot probes against the shots, with paired differences to the probe from zero: `k_table test.few_shot`.
    let k_table (figures: FewShotFigures) = ReportItem.ShotTable figures.Classes

    let private notPanel item =
        let allowed = ReportItem.panels |> List.except [ "small_multiples"; "k_curve" ]
        UserError.fail $"small_multiples: {ReportItem.keyword item} is not a panel; allowed are {Words.list allowed}"

    /// A panel for every value of an axis, drawn to one scale: `small_multiples "noise" (line test.r10 "soft fraction")`.
    let small_multiples over item =
        match item with
        | ReportItem.SmallMultiples _
        | ReportItem.ShotCurve _ -> notPanel item
        | item when not (ReportItem.isPanel item) -> notPanel item
        | item -> ReportItem.SmallMultiples(axis "small_multiples" over, item)

    /// A paper's table beside our runs: `paper (diht_hard_negatives |> with_arms [ "(1, 0.25)", "beta 0.25" ])`.
    let paper table =
        match PaperTable.problems table with
        | [] -> ReportItem.Paper table
        | problems -> UserError.fail (String.Join("; ", problems))

    /// A separate figure, chart.html with its images (chart-2 for the second): any Plotly.NET chart that the function makes from the finished
    /// runs' results. Needs `#load "charts.fsx"` after the prelude. An error in the function prints one line and costs only this figure.
    let chart (draw: Observation list -> Plotly.NET.GenericChart) =
        ReportItem.Chart(fun results -> draw results :> obj)

    /// What is shown of a sweep: claims by paired t-tests with Holm's correction over the arms of each metric, 95 % t intervals. Where no item is a figure
    /// and the sweep has a baseline, a forest of the first table's first metric is added.
    let report items (sweep: Sweep) : Study =
        if List.isEmpty items then
            UserError.fail $"report: the list is empty; allowed are {Words.list ReportItem.keywords}"
        else
            {
                Sweep = sweep
                Title = sweep.Name
                Items = items
                Comparison = Comparison.options
                Family = Family.Metric
            }

    /// The title of the table and the figure; by default the sweep's name.
    let titled title (study: Study) = { study with Title = title }

    /// The test behind claims: t_test (the default), wilcoxon or sign_flips.
    let tested_by test (study: Study) = {
        study with
            Comparison = { study.Comparison with Test = test }
    }

    /// How intervals of means are made: t_intervals (the default) or bca_intervals.
    let with_intervals kind (study: Study) = {
        study with
            Comparison = {
                study.Comparison with
                    Interval = kind
            }
    }

    /// Claims are corrected over all arms in all metrics of a table, not metric by metric.
    let corrected_over_all (study: Study) = { study with Family = Family.Table }

namespace Research.Reports

open Research.Language

/// The words of reports, as `./research words` lists them.
[<RequireQualifiedAccess>]
module ReportVocabulary =
    let private word = Word.create "report"

    let words: Word list = [
        word
            "report"
            "what is shown of a sweep: tables, panels of one figure, charts and papers' tables"
            "sweep |> report [ table [ test.r1; test.top1 ]; forest test.r10 ]"
        word "table" "arms against metrics, with differences to the baseline" "table [ test.r1; test.r10; test.top1 ]"
        word
            "forest"
            "every arm's paired difference to the baseline with its interval; what is significant is coloured"
            "forest test.r10"
        word "bars" "the arms side by side: means, intervals and seeds" "bars test.r10"
        word "curves" "a metric over training, a line an arm" "curves training.mean_loss"
        word
            "line"
            "a metric over an axis of the sweep, a line for each combination of the other axes"
            "line test.r10 \"soft fraction\""
        word
            "heat_map"
            "a metric as a colour over two axes of the sweep, the first to the right"
            "heat_map test.r10 \"beta\" \"alpha\""
        word "scatter" "two metrics of every run against each other, with a fitted line" "scatter test.top1 test.r10"
        word
            "pareto"
            "the arms' means in two metrics, and those that no other arm beats in both"
            "pareto run.seconds test.r10"
        word "paired" "every seed as a line through the arms, the baseline first" "paired test.r10"
        word
            "k_curve"
            "few-shot probes' accuracy over the shots of each class: a panel for each arm, a line a method"
            "k_curve test.few_shot"
        word
            "k_table"
            "few-shot probes against the shots of each class, with paired differences to the probe from zero: a table for each arm"
            "k_table test.few_shot"
        word
            "small_multiples"
            "a panel for every value of an axis, drawn to one scale"
            "small_multiples \"teacher\" (bars test.r10)"
        word "paper" "a paper's table beside our runs" "paper diht_hard_negatives"
        word
            "chart"
            "a Plotly.NET chart that a function makes from the results; needs #load \"charts.fsx\""
            "chart (fun results -> Chart.Histogram(X = [ for row in results -> row.Value ]))"
        {
            word "titled" "the title of the table and the figure" "study |> titled \"Ten objectives\"" with
                Default = "the sweep's name"
        }
        {
            Word.create
                "statistics"
                "tested_by"
                "the test behind claims of significance, which need five seeds"
                "study |> tested_by wilcoxon" with
                Default = "t_test"
                Mark = "[O]"
        }
        {
            Word.create
                "statistics"
                "with_intervals"
                "how intervals of means are made"
                "study |> with_intervals bca_intervals" with
                Default = "t_intervals"
                Mark = "[O]"
        }
        {
            Word.create
                "statistics"
                "corrected_over_all"
                "Holm's correction over all arms in all metrics of a table"
                "study |> corrected_over_all" with
                Default = "over the arms of each metric"
                Mark = "[O]"
        }
        word "main" "the last line of a script: does what the command line says" "study |> main"
    ]
