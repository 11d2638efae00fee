namespace Research.Language

/// The names of what an experiment measures, known before it runs.
[<RequireQualifiedAccess>]
module MetricNames =
    /// How the figures of a retrieval begin.
    let retrievalKey evaluation =
        match evaluation with
        | RetrievalOfAll -> "retrieval.all"
        | _ -> "retrieval"

    let private ofEvaluation evaluation =
        match evaluation with
        | Retrieval
        | RetrievalOfAll -> [
            let key = retrievalKey evaluation

            for name in [ "r1"; "r5"; "r10"; "median_rank" ] do
                $"{key}.i2t.{name}"
                $"{key}.t2i.{name}"
                $"{key}.{name}"

            for name in [ "r1"; "r5"; "r10" ] do
                $"{key}.chance.{name}"
          ]
        | ZeroShot classes -> [
            let key =
                match classes with
                | Subgroups -> "zeroshot"
                | Groups -> "zeroshot.groups"

            for name in [ "top1"; "top5"; "mean_per_class" ] do
                $"{key}.{name}"
          ]

    /// The figures of final.json.
    let final (experiment: Experiment) : string list = [
        "train.loss"
        for split in experiment.EvaluateOn do
            for evaluation in experiment.Evaluate do
                for name in ofEvaluation evaluation do
                    match split with
                    | Validation -> $"val.{name}"
                    | Test -> $"test.{name}"
    ]

    /// The figures of the lines of metrics.jsonl, for curves over training.
    let logged (experiment: Experiment) : string list = [
        for name in
            [
                "loss"
                "mean_loss"
                "learning_rate"
                "logit_scale"
                "gradient_norm"
                "soft_fraction"
            ]
            @ Objective.diagnostics experiment.Objective do
            $"train.{name}"
        "images_per_second"
        if experiment.Train.EvaluateEvery.IsSome then
            for evaluation in experiment.Evaluate do
                for name in ofEvaluation evaluation do
                    $"val.{name}"
    ]

    /// All of them.
    let known (experiment: Experiment) : string list =
        List.distinct (final experiment @ logged experiment)

    /// Ranks and losses are better the lower they are, everything else the higher.
    let higherIsBetter (metric: string) =
        not (
            metric.EndsWith("rank", System.StringComparison.Ordinal)
            || metric.EndsWith("loss", System.StringComparison.Ordinal)
        )

    /// What is wrong with metrics that are asked of these experiments: those that none of them measures, with the known ones.
    let problems (keyword: string) (metrics: string list) (experiments: Experiment list) : string list =
        let known = experiments |> List.collect known |> List.distinct

        match metrics |> List.filter (fun metric -> not (List.contains metric known)) with
        | [] -> []
        | unknown -> [
            for metric in List.distinct unknown do
                $"{keyword}: no run measures \"{metric}\""
            $"known are {Words.list known}"
          ]
