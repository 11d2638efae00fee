namespace Research.Evaluation

open Research

/// What training logs, step by step, into metrics.jsonl, and what a run costs.
[<RequireQualifiedAccess>]
module TrainingMetrics =
    let private logged name title unit better about =
        Metric.create $"training.{name}" $"train.{name}" title unit better about

    let loss =
        logged
            "loss"
            "training loss"
            MetricUnit.Nats
            Better.Lower
            "loss of the step; in final.json the mean of the last 50 steps"

    let meanLoss =
        logged
            "mean_loss"
            "training loss, mean of 50 steps"
            MetricUnit.Nats
            Better.Lower
            "mean of the last 50 steps' loss"

    let learningRate =
        logged "learning_rate" "learning rate" MetricUnit.Ratio Better.Neither "of the step"

    let logitScale =
        logged
            "logit_scale"
            "logit scale"
            MetricUnit.Ratio
            Better.Neither
            "what similarities are multiplied by, the reciprocal of the temperature"

    let gradientNorm =
        logged
            "gradient_norm"
            "gradient norm"
            MetricUnit.Ratio
            Better.Neither
            "norm of the whole gradient before clipping"

    let softFraction =
        logged
            "soft_fraction"
            "soft fraction"
            MetricUnit.Ratio
            Better.Neither
            "part of the rows whose targets are the teacher's"

    let accuracy =
        logged
            "accuracy"
            "in-batch accuracy"
            MetricUnit.Percent
            Better.Higher
            "recall at 1 in the batch: a tie with a wrong answer is wrong, and every row of the same caption is right, as in retrieval"

    let negativeWeight =
        logged
            "negative_weight"
            "weight of the negatives"
            MetricUnit.Ratio
            Better.Neither
            "mean weight of the hard negatives: 1 up to rounding"

    let effectiveNegatives =
        logged
            "effective_negatives"
            "effective negatives"
            MetricUnit.Count
            Better.Neither
            "(sum w)^2 / sum w^2 over a row's negatives: all of them when they weigh the same, 1 when one takes all the weight"

    let unalignedShare =
        logged
            "unaligned_share"
            "share of unaligned rows"
            MetricUnit.Percent
            Better.Neither
            "part of the batch's rows with soft targets"

    let targetEntropy =
        logged
            "target_entropy"
            "entropy of the soft targets"
            MetricUnit.Nats
            Better.Neither
            "mean entropy of the soft targets"

    let softGradientNorm =
        logged
            "soft_gradient_norm"
            "gradient norm of the soft rows"
            MetricUnit.Ratio
            Better.Neither
            "norm of the gradient of what the rows with a teacher's target add to the loss"

    let imagesPerSecond =
        Metric.create
            "training.images_per_second"
            "images_per_second"
            "training speed"
            MetricUnit.PerSecond
            Better.Higher
            "pictures trained on in a second"

    let runSeconds =
        Metric.create
            "run.seconds"
            "run.seconds"
            "training and evaluation time"
            MetricUnit.Seconds
            Better.Lower
            "wall-clock seconds of training and evaluation, over all attempts"

    let runSteps =
        Metric.create "run.steps" "run.steps" "training steps" MetricUnit.Steps Better.Lower "training steps of the run"

    let costs = [ runSeconds; runSteps ]

    /// What every objective logs.
    let always = [
        loss
        meanLoss
        learningRate
        logitScale
        gradientNorm
        softFraction
        imagesPerSecond
    ]

    /// What some objectives log besides; each names its own by the keys after "train.".
    let diagnostics = [
        accuracy
        negativeWeight
        effectiveNegatives
        unalignedShare
        targetEntropy
        softGradientNorm
    ]

/// The curves of training: `curves training.mean_loss`.
[<Sealed>]
type TrainingCurves internal () =
    /// Loss of the step. In tables: the mean of the last 50 steps.
    member _.loss = TrainingMetrics.loss

    /// Mean of the last 50 steps' loss.
    member _.mean_loss = TrainingMetrics.meanLoss

    /// Learning rate of the step.
    member _.learning_rate = TrainingMetrics.learningRate

    /// What similarities are multiplied by, the reciprocal of the temperature.
    member _.logit_scale = TrainingMetrics.logitScale

    /// Norm of the whole gradient before clipping.
    member _.gradient_norm = TrainingMetrics.gradientNorm

    /// Part of the rows whose targets are the teacher's.
    member _.soft_fraction = TrainingMetrics.softFraction

    /// Pictures trained on in a second.
    member _.images_per_second = TrainingMetrics.imagesPerSecond

    /// Recall at 1 in the batch. A tie with a wrong answer is wrong, and every row of the same caption is right, as in retrieval.
    member _.accuracy = TrainingMetrics.accuracy

    /// Mean weight of the hard negatives: 1 up to rounding.
    member _.negative_weight = TrainingMetrics.negativeWeight

    /// (sum w)^2 / sum w^2 over a row's negatives: all of them when they weigh the same, 1 when one takes all the weight.
    member _.effective_negatives = TrainingMetrics.effectiveNegatives

    /// Part of the batch's rows with soft targets, of objectives with a teacher.
    member _.unaligned_share = TrainingMetrics.unalignedShare

    /// Mean entropy of the soft targets.
    member _.target_entropy = TrainingMetrics.targetEntropy

    /// Norm of the gradient of what the rows with a teacher's target add to the loss.
    member _.soft_gradient_norm = TrainingMetrics.softGradientNorm

/// What a run costs: `pareto run.seconds test.r10`.
[<Sealed>]
type RunCostFigures internal () =
    /// Wall-clock seconds of training and evaluation, over all attempts.
    member _.seconds = TrainingMetrics.runSeconds

    /// Training steps.
    member _.steps = TrainingMetrics.runSteps

namespace Research

open Research.Evaluation

/// What training logs, in scripts: `curves training.mean_loss`, `pareto run.seconds test.r10`.
[<AutoOpen>]
module TrainingWords =
    /// What training logs, step by step: `training.mean_loss`.
    let training = TrainingCurves()

    /// What a run costs: `run.seconds`, `run.steps`.
    let run = RunCostFigures()
