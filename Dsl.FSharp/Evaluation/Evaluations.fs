namespace Research.Evaluation

open System
open Research

/// All evaluations, and all metrics with them.
[<RequireQualifiedAccess>]
module Evaluations =
    /// An evaluation is a file and a line here.
    let all: Evaluation list = [
        RetrievalEvaluation.retrieval
        RetrievalEvaluation.retrievalOfAll
        RetrievalEvaluation.flooredRanks
        ZeroShotEvaluation.evaluation Classes.Subgroups
        ZeroShotEvaluation.evaluation Classes.Groups
        LinearProbeEvaluation.evaluation Classes.Subgroups
        LinearProbeEvaluation.evaluation Classes.Groups
        FewShotEvaluation.evaluation Classes.Subgroups
        FewShotEvaluation.evaluation Classes.Groups
    ]

    /// As scripts write them, for messages.
    let scripts: string list = all |> List.map _.Script

    /// All metrics but those of a sum's parts.
    let metrics: Metric list = [
        for side in HeldOut.all do
            for evaluation in all do
                yield! evaluation.Metrics side
        yield! TrainingMetrics.always
        yield! TrainingMetrics.diagnostics
        yield! TrainingMetrics.costs
    ]

    let private byKey = metrics |> List.map (fun metric -> metric.Key, metric) |> dict

    /// The metric of a key. One that is measured of a part, such as "test.retrieval.noto.r1" or "train.PSD.accuracy", is written as the whole's
    /// is; of any other nothing is known but its key.
    let metricOf (key: string) : Metric =
        match byKey.TryGetValue key with
        | true, metric -> metric
        | false, _ ->
            let names = key.Split '.' |> List.ofArray

            let whole =
                match names with
                | [ "train"; "loss"; part ] -> Some("train.loss", part)
                | first :: rest when rest.Length > 1 ->
                    let last = List.last names

                    seq {
                        // From the longest beginning on, so that the part is as short as can be.
                        for length in names.Length - 2 .. -1 .. 1 do
                            String.Join(".", List.truncate length names) + "." + last,
                            String.Join(".", names[length .. names.Length - 2])
                    }
                    |> Seq.tryFind (fst >> byKey.ContainsKey)
                | _ -> None

            match whole with
            | Some(whole, part) -> {
                byKey[whole] with
                    Word = Metric.wordOf key
                    Key = key
                    Title = $"{part}: {byKey[whole].Title}"
                    Chance = None
              }
            | None -> Metric.unknown key

namespace Research

open Research.Language
open Research.Evaluation

/// Metrics by their keys.
[<AutoOpen>]
module MetricWords =
    /// The metric of a key in final.json or metrics.jsonl, for those that have no word: `metric "test.retrieval.noto.r1"`.
    let metric (key: string) : Metric =
        if System.String.IsNullOrWhiteSpace key then
            UserError.fail "metric: the key is empty; a key is such as \"test.retrieval.r10\""
        else
            Evaluations.metricOf key

namespace Research.Evaluation

open System
open Research
open Research.Language

/// The words of evaluations and metrics, as `./research words` lists them.
[<RequireQualifiedAccess>]
module EvaluationVocabulary =
    let private word = Word.create "evaluation"

    /// Validation's figures have the words of the test's.
    let private shown (metric: Metric) =
        not (metric.Word.StartsWith(validation.Word, StringComparison.Ordinal))

    let private usage (metric: Metric) =
        if metric.Key.StartsWith("train.", StringComparison.Ordinal) then
            $"curves {metric}"
        else
            $"table [ {metric} ]"

    let words: Word list = [
        word "test" "the held-out pairs to report on and, after a dot, what is measured on them" "evaluate_on [ test ]"
        word
            "validation"
            "the held-out pairs to choose settings by; every word that follows test. follows validation. too, but for those of probes, which choose by it"
            "halving [ 100; 400 ] 0.5 validation.r10"
        word
            "subgroups"
            "the corpus's fine groups as the classes of zero-shot and probes"
            "evaluate [ zero_shot subgroups ]"
        word
            "groups"
            "the corpus's coarse groups as the classes of zero-shot and probes"
            "evaluate [ zero_shot groups ]"
        for evaluation in Evaluations.all do
            word evaluation.Script evaluation.About $"evaluate [ {evaluation.Script} ]"
        Word.create "metric" "training" "what training logs, step by step" "curves training.mean_loss"
        Word.create "metric" "run" "what a run costs" "pareto run.seconds test.r10"
        Word.create
            "metric"
            "metric"
            "any metric by its key, for those that have no word"
            "table [ metric \"test.retrieval.noto.r1\" ]"
        for metric in Evaluations.metrics |> List.filter shown do
            Word.create "metric" metric.Word $"{metric.Title}: {metric.About}" (usage metric)
    ]
