namespace Research

open Research.Corpora
open Research.Encoders
open Research.Randomness
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

    /// Numbers that are equal exactly where the texts are.
    let private numbered (texts: string[]) =
        let numbers = texts |> Array.distinct |> Array.mapi (fun i text -> text, i) |> dict
        texts |> Array.map (fun text -> numbers[text])

    /// Source by source, so that an image competes with other things and not with other drawings of itself. Pictures of a source with the
    /// same caption match each other's.
    let private retrieval
        (data: Data)
        (model: DualEncoder)
        (tokenizer: ITokenizer)
        (pictures: Evaluation.EncodedPictures)
        =
        let style = Data.evaluationCaptions data

        pictures.Entries
        |> Seq.indexed
        |> Seq.groupBy (fun (_, entry) -> entry.Source)
        |> Seq.map (fun (_, members) ->
            use _ = torch.NewDisposeScope()
            let rows = members |> Seq.map (fst >> int64) |> Array.ofSeq

            let captions =
                members
                |> Seq.map (fun (_, entry) -> Captions.Render(entry, style, SeededRandom 0UL))
                |> Array.ofSeq

            let groups = numbered captions |> Array.map int64
            let index = torch.tensor(rows).``to``(pictures.Embeddings.device)
            let own = pictures.Embeddings.index_select (0L, index)

            let texts = Evaluation.Encode.Texts(model, tokenizer, captions, data.ContextLength)

            recalls (Evaluation.Retrieval.Evaluate(own, texts, groups, groups)))
        |> List.ofSeq
        |> averaged

    /// The classes are those of the split's pictures; a class's prompt is its name, hyphens as spaces.
    let private zeroShot
        classes
        (data: Data)
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
                names |> Array.map _.Replace('-', ' '),
                [| "{}" |],
                fun prompts -> Evaluation.Encode.Texts(model, tokenizer, prompts, data.ContextLength)
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

        let pictures =
            Evaluation.Encode.Images(model, corpus, RunData.some corpus experiment.Data (side split))

        RunData.report notice pictures.Report

        [
            for evaluation in experiment.Evaluate do
                match evaluation with
                | Retrieval -> yield! retrieval experiment.Data model tokenizer pictures
                | ZeroShot classes -> yield! zeroShot classes experiment.Data model tokenizer pictures
        ]
        |> List.map (fun (name, value) -> $"{prefix split}.{name}", value)
