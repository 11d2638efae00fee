namespace Research.Reports

open Research
open Research.Language
open Research.Evaluation
open Research.Tables

/// What a report asks of a sweep, checked before anything is trained.
module internal ReportCheck =
    let rec private logged (item: ReportItem) : Metric list =
        match item with
        | ReportItem.Curves metric -> [ metric ]
        | ReportItem.SmallMultiples(_, item) -> logged item
        | _ -> []

    /// One line for each metric that no experiment measures, axis that is not varied and missing baseline, with the keyword and what is available.
    let problems
        (items: ReportItem list)
        (axes: (string * string list) list)
        (baseline: string option)
        (arms: (string * Experiment) list)
        : string list = [
        for item in items do
            let keyword = ReportItem.keyword item

            yield! Evaluation.missing keyword TrainingMetrics.costs arms (ReportItem.metrics item)
            yield! Evaluation.missingInLog keyword arms (logged item)

            for metric in ReportItem.compared item do
                if not metric.IsComparable then
                    $"{keyword}: {metric} has no better end, so arms cannot be compared in it; show it by table or curves"

            for axis in ReportItem.axes item do
                if axes |> List.forall (fst >> (<>) axis) then
                    let known =
                        match axes with
                        | [] -> "the sweep varies nothing"
                        | axes -> $"the sweep's axes are {Words.list (List.map fst axes)}"

                    $"{keyword}: there is no axis \"{axis}\"{Nearest.hint (List.map fst axes) axis}; {known}"

            if ReportItem.needsBaseline item && baseline.IsNone then
                $"{keyword}: it compares with the baseline, and the sweep names none (baseline \"...\")"
    ]
