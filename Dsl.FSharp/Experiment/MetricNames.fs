namespace Research

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

    let private hardNegatives = [ "negative_weight"; "effective_negatives" ]
    let private soft = [ "target_entropy"; "soft_gradient_norm" ]
    let private partition = [ "soft_fraction"; "unaligned_share" ]

    /// The core's name of an objective, as it stands before the diagnostics of a sum's parts.
    let rec nameOf objective : string =
        match objective with
        | InfoNce _ -> "InfoNCE"
        | Psd { HardNegatives = None } -> "PSD"
        | Psd _ -> "PSD + HN-NCE"
        | HnNce { Alpha = 0.0; Beta = 0.0 }
        | Dcl -> "DCL"
        | HnNce _ -> "HN-NCE"
        | Debiased _ -> "debiased NCE"
        | SigLip _ -> "SigLIP"
        | MomentumDistillation _ -> "momentum distillation"
        | CyClip _ -> "CyCLIP"
        | FrozenDistillation _ -> "frozen distillation"
        | Sum parts ->
            let names =
                parts
                |> List.map (fun (weight, part) ->
                    if weight = 1.0 then
                        nameOf part
                    else
                        let weight =
                            weight.ToString("g4", System.Globalization.CultureInfo.InvariantCulture)

                        $"{weight} {nameOf part}")

            System.String.Join(" + ", names)

    let rec private diagnostics objective : string list =
        "accuracy"
        :: (match objective with
            | Psd settings ->
                partition
                @ soft
                @ (if settings.Negatives = OwnSubset then
                       [ "lone_rows" ]
                   else
                       [])
                @ (if settings.HardNegatives.IsSome then hardNegatives else [])
            | HnNce _
            | Dcl
            | Debiased _ -> hardNegatives
            | MomentumDistillation _
            | FrozenDistillation _ -> soft
            | Sum parts -> [
                for _, part in parts do
                    let name = nameOf part
                    $"loss.{name}"

                    for diagnostic in diagnostics part do
                        diagnostic
                        $"{name}.{diagnostic}"
              ]
            | InfoNce _
            | SigLip _
            | CyClip _ -> [])

    /// The figures of the lines of metrics.jsonl, for curves over training.
    let logged (experiment: Experiment) : string list = [
        for name in
            [ "loss"; "mean_loss"; "learning_rate"; "logit_scale"; "gradient_norm" ]
            @ diagnostics experiment.Objective do
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
