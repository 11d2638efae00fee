namespace Research

open Research.Language

open System.Collections.Generic
open Research.Runs
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

    /// The core's name of a held-out side.
    let side split =
        match split with
        | Validation -> Split.Validation
        | Test -> Split.Test

    /// The mean over several measurements, metric by metric.
    let private averaged (measurements: (string * float) list list) =
        measurements
        |> List.concat
        |> List.groupBy fst
        |> List.map (fun (name, values) -> name, values |> List.averageBy snd)

    let private recalls key (result: Evaluation.RetrievalResult) =
        let mean (select: Evaluation.RetrievalScores -> float) =
            (select result.ImageToText + select result.TextToImage) / 2.0

        let both (name: string) (select: Evaluation.RetrievalScores -> float) = [
            $"{key}.i2t.{name}", select result.ImageToText
            $"{key}.t2i.{name}", select result.TextToImage
            $"{key}.{name}", mean select
        ]

        [
            yield! both "r1" _.RecallAt1
            yield! both "r5" _.RecallAt5
            yield! both "r10" _.RecallAt10
            yield! both "median_rank" _.MedianRank
            $"{key}.chance.r1", mean _.ChanceAt1
            $"{key}.chance.r5", mean _.ChanceAt5
            $"{key}.chance.r10", mean _.ChanceAt10
        ]

    /// What tells pictures apart: rows of one picture with a caption each share its place.
    let private pictureOf (entry: CorpusEntry) = entry.Source, entry.Shard, entry.Offset

    /// All captions of each picture.
    let private textsOf (data: Data) (rows: IReadOnlyList<CorpusEntry>) =
        let captionsOf = rows |> Seq.groupBy pictureOf |> dict

        fun (entry: CorpusEntry) ->
            captionsOf[pictureOf entry]
            |> Seq.collect (Data.evaluationTexts data)
            |> Array.ofSeq

    /// Source by source, so that an image competes with other things and not with other drawings of itself. A picture counts once, with all
    /// its captions; pictures of a source with the same caption match each other's.
    let private retrieval
        (data: Data)
        (model: DualEncoder)
        (tokenizer: ITokenizer)
        (pictures: Evaluation.EncodedPictures)
        (rows: IReadOnlyList<CorpusEntry>)
        =
        let textsOf = textsOf data rows

        pictures.Entries
        |> Seq.indexed
        |> Seq.groupBy (fun (_, entry) -> entry.Source)
        |> Seq.map (fun (_, members) ->
            use _ = torch.NewDisposeScope()

            let texts = members |> Seq.map (snd >> textsOf) |> Array.ofSeq

            let captions = Array.concat texts

            let numbers =
                captions |> Array.distinct |> Array.mapi (fun i text -> text, int64 i) |> dict

            let numbered = Array.map (fun text -> numbers[text])
            let index = torch.tensor (members |> Seq.map (fst >> int64) |> Array.ofSeq)

            let own =
                pictures.Embeddings.index_select (0L, index.``to`` pictures.Embeddings.device)

            Evaluation.Retrieval.Evaluate(
                own,
                Evaluation.Encode.Texts(model, tokenizer, captions, data.ContextLength),
                texts |> Array.map (numbered >> Array.distinct),
                numbered captions
            )
            |> recalls (MetricNames.retrievalKey Retrieval))
        |> List.ofSeq
        |> averaged

    /// Among all pictures; a caption stands once, however many pictures have it.
    let private retrievalOfAll
        (data: Data)
        (model: DualEncoder)
        (tokenizer: ITokenizer)
        (pictures: Evaluation.EncodedPictures)
        (rows: IReadOnlyList<CorpusEntry>)
        =
        use _ = torch.NewDisposeScope()
        let texts = pictures.Entries |> Seq.map (textsOf data rows) |> Array.ofSeq
        let captions = texts |> Array.concat |> Array.distinct
        let numbers = captions |> Array.mapi (fun i text -> text, int64 i) |> dict

        Evaluation.Retrieval.Evaluate(
            pictures.Embeddings,
            Evaluation.Encode.Texts(model, tokenizer, captions, data.ContextLength),
            texts |> Array.map (Array.map (fun text -> numbers[text]) >> Array.distinct),
            Array.init captions.Length int64
        )
        |> recalls (MetricNames.retrievalKey RetrievalOfAll)

    /// Where chance alone finds the right one for most, the figures say little.
    let private easy = 0.5

    let private remarkOn notice metrics =
        match List.tryFind (fst >> (=) "retrieval.chance.r10") metrics with
        | Some(_, chance) when chance > easy ->
            notice
                $"retrieval source by source: ranking at random would reach an R@10 of {100.0 * chance:F0} %%, for most sources have few held-out pictures; retrieval_of_all ranks among all"
        | _ -> ()

    /// The class of a pair in zero-shot.
    let classOf classes (entry: CorpusEntry) =
        match classes with
        | Subgroups -> entry.Subgroup
        | Groups -> entry.Group

    /// What a reader of zero-shot figures must know: classes that no picture can tell apart, and a top-5 that cannot fail.
    let zeroShotRemarks (names: string array) (spoken: string -> string) = [
        for prompt, same in names |> Array.groupBy spoken do
            if same.Length > 1 then
                let classes = same |> Array.map (fun name -> $"'{name}'") |> String.concat " and "

                $"zero-shot: the classes {classes} have the same prompt \"{prompt}\", so none of their pictures counts as recognised; rename one"

        if names.Length <= 5 then
            $"zero-shot: with {names.Length} classes top-5 is 100 %% whatever the model does"
    ]

    /// The classes are those of the split's pictures; in prompts a class's name has spaces for hyphens and underscores.
    let private zeroShot
        classes
        (experiment: Experiment)
        (model: DualEncoder)
        (tokenizer: ITokenizer)
        (pictures: Evaluation.EncodedPictures)
        notice
        =
        use _ = torch.NewDisposeScope()

        let labels = pictures.Entries |> Seq.map (classOf classes) |> Array.ofSeq

        let names = Array.distinct labels |> Array.sort
        let numbers = names |> Array.mapi (fun i name -> name, i) |> dict

        let spoken (name: string) =
            name.Replace('-', ' ').Replace('_', ' ')

        zeroShotRemarks names spoken |> List.iter notice

        let classifier =
            Evaluation.ZeroShot.Classifier(
                names |> Array.map spoken,
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
                | Retrieval ->
                    let metrics = retrieval experiment.Data model tokenizer pictures rows

                    if split = Test then
                        remarkOn notice metrics

                    yield! metrics
                | RetrievalOfAll -> yield! retrievalOfAll experiment.Data model tokenizer pictures rows
                | ZeroShot classes -> yield! zeroShot classes experiment model tokenizer pictures notice
        ]
        |> List.map (fun (name, value) -> $"{prefix split}.{name}", value)
