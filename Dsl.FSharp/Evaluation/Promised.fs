namespace Research.Evaluation

open Research
open Research.Language

/// What an experiment's runs measure, known before they run.
[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Evaluation =
    /// The metrics of final.json: what the experiment's evaluations promise on its held-out sides, and the training loss. A run that lacks one is
    /// not finished.
    let promised (experiment: Experiment) : Metric list = [
        if experiment.Train.Steps > 0 then
            TrainingMetrics.loss
        for side in experiment.EvaluateOn do
            for evaluation in experiment.Evaluate do
                yield! evaluation.Metrics side
    ]

    /// The keys of those metrics.
    let promisedKeys (experiment: Experiment) : string list = promised experiment |> List.map _.Key

    /// The metrics of the lines of metrics.jsonl, for curves over training.
    let logged (experiment: Experiment) : Metric list = [
        if experiment.Train.Steps > 0 then
            yield! TrainingMetrics.always

            yield!
                Objective.diagnostics experiment.Objective
                |> List.map (fun name -> Evaluations.metricOf $"train.{name}")
        if experiment.Train.Steps > 0 && experiment.Train.EvaluateEvery.IsSome then
            for evaluation in experiment.Evaluate do
                yield! evaluation.Metrics HeldOut.Validation
    ]

    /// What would measure a metric that an experiment lacks.
    let private remedy (metric: Metric) : string option =
        Seq.allPairs Evaluations.all HeldOut.all
        |> Seq.tryFind (fun (evaluation, side) ->
            evaluation.Metrics side |> List.exists (fun own -> own.Key = metric.Key))
        |> Option.map (fun (evaluation, side) ->
            $"; it needs {evaluation.Script} in evaluate and {side} in evaluate_on")

    let private lacking keyword (keys: (string * Set<string>) list) (enough: int) (asked: Metric list) : string list =
        let known = keys |> List.map snd |> Set.unionMany
        let word key = string (Evaluations.metricOf key)

        [
            for metric in List.distinctBy _.Key asked do
                let without = keys |> List.filter (fun (_, own) -> not (own.Contains metric.Key))

                if keys.Length - without.Length < enough then
                    let who =
                        match without with
                        | [ arm, _ ] when keys.Length > 1 -> $"the arm \"{arm}\" does not measure"
                        | without when without.Length < keys.Length ->
                            let names = without |> List.map (fun (arm, _) -> $"\"{arm}\"") |> Words.list
                            $"the arms {names} do not measure"
                        | _ -> "no arm measures"

                    let hint =
                        match remedy metric, Nearest.find known metric.Key with
                        | Some remedy, _ -> remedy
                        | None, Some key -> $"; did you mean {word key}?"
                        | None, None -> ""

                    $"{keyword}: {who} {metric}{hint}; known are {known |> Seq.map word |> Words.list}"
        ]

    let private keysOf (known: Experiment -> Metric list) (arms: (string * Experiment) list) =
        arms
        |> List.map (fun (arm, experiment) -> arm, known experiment |> List.map _.Key |> Set.ofList)

    /// One line for each final metric that is asked of a sweep's arms (name, experiment) and that an arm does not measure, with what would
    /// measure it or the nearest that is measured. `more` is what every run has beside.
    let missing keyword (more: Metric list) (arms: (string * Experiment) list) (asked: Metric list) : string list =
        lacking keyword (keysOf (fun experiment -> promised experiment @ more) arms) arms.Length asked

    /// The same for metrics that are logged during training. One arm that logs a metric is enough: objectives differ in their diagnostics.
    let missingInLog keyword (arms: (string * Experiment) list) (asked: Metric list) : string list =
        lacking keyword (keysOf logged arms) 1 asked
