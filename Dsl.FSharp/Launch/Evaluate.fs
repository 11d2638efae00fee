namespace Research

open System.Collections.Generic
open Research.Corpora
open Research.Encoders
open Research.Text
open TorchSharp

/// Measures a trained model on a held-out split.
[<RequireQualifiedAccess>]
module Evaluate =
    let private prefix split =
        match split with
        | Validation -> "val"
        | Test -> "test"

    let private side split =
        match split with
        | Validation -> Split.Validation
        | Test -> Split.Test

    /// The mean over several measurements, metric by metric.
    let private averaged (measurements: (string * float) list list) =
        measurements
        |> List.concat
        |> List.groupBy fst
        |> List.map (fun (name, values) -> name, values |> List.averageBy snd)

    let private recalls (result: Evaluation.RetrievalResult) =
        let both (name: string) (select: Evaluation.RetrievalScores -> float) = [
            $"retrieval.i2t.{name}", select result.ImageToText
            $"retrieval.t2i.{name}", select result.TextToImage
            $"retrieval.{name}", (select result.ImageToText + select result.TextToImage) / 2.0
        ]

        [
            yield! both "r1" _.RecallAt1
            yield! both "r5" _.RecallAt5
            yield! both "r10" _.RecallAt10
            yield! both "median_rank" _.MedianRank
        ]

    /// What tells pictures apart: rows of one picture with a caption each share its place.
    let private pictureOf (entry: CorpusEntry) = entry.Source, entry.Shard, entry.Offset

    /// Source by source, so that an image competes with other things and not with other drawings of itself. A picture counts once, with all
    /// its captions; pictures of a source with the same caption match each other's.
    let private retrieval
        (data: Data)
        (model: DualEncoder)
        (tokenizer: ITokenizer)
        (pictures: Evaluation.EncodedPictures)
        (rows: IReadOnlyList<CorpusEntry>)
        =
        let textsOf = rows |> Seq.groupBy pictureOf |> dict

        pictures.Entries
        |> Seq.indexed
        |> Seq.groupBy (fun (_, entry) -> entry.Source)
        |> Seq.map (fun (_, members) ->
            use _ = torch.NewDisposeScope()

            let texts =
                members
                |> Seq.map (fun (_, entry) ->
                    textsOf[pictureOf entry]
                    |> Seq.collect (Data.evaluationTexts data)
                    |> Array.ofSeq)
                |> Array.ofSeq

            let captions = Array.concat texts

            let numbers =
                captions |> Array.distinct |> Array.mapi (fun i text -> text, int64 i) |> dict

            let numbered = Array.map (fun text -> numbers[text])
            let index = torch.tensor (members |> Seq.map (fst >> int64) |> Array.ofSeq)

            let own =
                pictures.Embeddings.index_select (0L, index.``to`` pictures.Embeddings.device)

            recalls (
                Evaluation.Retrieval.Evaluate(
                    own,
                    Evaluation.Encode.Texts(model, tokenizer, captions, data.ContextLength),
                    texts |> Array.map (numbered >> Array.distinct),
                    numbered captions
                )
            ))
        |> List.ofSeq
        |> averaged

    /// The classes are those of the split's pictures; in prompts a class's name has spaces for hyphens and underscores.
    let private zeroShot
        classes
        (experiment: Experiment)
        (model: DualEncoder)
        (tokenizer: ITokenizer)
        (pictures: Evaluation.EncodedPictures)
        =
        use _ = torch.NewDisposeScope()

        let labels =
            pictures.Entries
            |> Seq.map (fun entry ->
                match classes with
                | Subgroups -> entry.Subgroup
                | Groups -> entry.Group)
            |> Array.ofSeq

        let names = Array.distinct labels |> Array.sort
        let numbers = names |> Array.mapi (fun i name -> name, i) |> dict

        let classifier =
            Evaluation.ZeroShot.Classifier(
                names |> Array.map _.Replace('-', ' ').Replace('_', ' '),
                Array.ofList experiment.Prompts,
                fun prompts -> Evaluation.Encode.Texts(model, tokenizer, prompts, experiment.Data.ContextLength)
            )

        let result =
            Evaluation.ZeroShot.Evaluate(
                pictures.Embeddings,
                classifier,
                labels |> Array.map (fun label -> numbers[label])
            )

        let key =
            match classes with
            | Subgroups -> "zeroshot"
            | Groups -> "zeroshot.groups"

        [
            $"{key}.top1", result.Top1
            $"{key}.top5", result.Top5
            $"{key}.mean_per_class", result.MeanPerClass
        ]

    /// The experiment's measurements on one split, named "val...." or "test....".
    let run (experiment: Experiment) (corpus: Corpus) (tokenizer: ITokenizer) (model: DualEncoder) split notice =
        use _ = torch.NewDisposeScope()

        let rows = RunData.some corpus experiment.Data (side split)

        let pictures =
            Evaluation.Encode.Images(model, corpus, rows |> Seq.distinctBy pictureOf |> Array.ofSeq)

        RunData.report notice pictures.Report

        [
            for evaluation in experiment.Evaluate do
                match evaluation with
                | Retrieval -> yield! retrieval experiment.Data model tokenizer pictures rows
                | ZeroShot classes -> yield! zeroShot classes experiment model tokenizer pictures
        ]
        |> List.map (fun (name, value) -> $"{prefix split}.{name}", value)
