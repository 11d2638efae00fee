namespace Research.Evaluation

open System.Collections.Generic
open TorchSharp
open Research
open Research.Language
open Research.Corpora

/// Captions from images and images from captions.
[<RequireQualifiedAccess>]
module RetrievalEvaluation =
    /// A figure of one direction; the mean over both directions is measured too.
    type private Figure = {
        Name: string
        Title: string
        Unit: MetricUnit
        Better: Better
        About: string
        Value: RetrievalScores -> float
    }

    let private recall k = {
        Name = $"r{k}"
        Title = $"R@{k}"
        Unit = MetricUnit.Percent
        Better = Better.Higher
        About = $"part of the queries whose best match ranks among the first {k}"
        Value = _.Recall(k)
    }

    /// All that is measured of the ranks: a new figure is a line here, and one in each list of words below.
    let private figures = [
        recall 1
        recall 5
        recall 10
        {
            Name = "median_rank"
            Title = "median rank (midpoint)"
            Unit = MetricUnit.Rank
            Better = Better.Lower
            About =
                "median over the queries of the rank of the best match; of an even number the mean of the middle two"
            Value = _.MedianRank
        }
    ]

    /// The median by the other convention, an evaluation of its own: what runs measured before it keeps its metrics.
    let private floored = {
        Name = "floored_rank"
        Title = "median rank (floored)"
        Unit = MetricUnit.Rank
        Better = Better.Lower
        About =
            "median over the queries of the rank of the best match, rounded down, as VSE++ and its successors print it"
        Value = _.FlooredMedianRank
    }

    /// What random ranks would reach, as the mean of both directions.
    let private chances = [ 1; 5; 10 ]

    let bySource = "retrieval"
    let amongAll = "retrieval.all"

    let private directions = [ ".i2t", "image→text "; ".t2i", "text→image "; "", "" ]

    let private suffix word =
        if word = amongAll then " among all" else ""

    /// How the words of a side's figures begin.
    let private prefix word (side: HeldOut) =
        if word = amongAll then $"{side.Word}.all" else side.Word

    let private metricsOf (word: string) (side: HeldOut) (figure: Figure) : Metric list =
        let chance =
            chances
            |> List.tryFind (fun k -> figure.Name = $"r{k}")
            |> Option.map (fun k -> $"{side.Prefix}.{word}.chance.r{k}")

        directions
        |> List.map (fun (direction, title) -> {
            Word = $"{prefix word side}{direction}.{figure.Name}"
            Key = $"{side.Prefix}.{word}{direction}.{figure.Name}"
            Title = title + figure.Title + suffix word
            Unit = figure.Unit
            Better = figure.Better
            Chance = if direction = "" then chance else None
            About = figure.About
        })

    /// The metrics of a side, by their key behind the side's prefix.
    let metrics (word: string) (side: HeldOut) : Metric list = [
        yield! figures |> List.collect (metricsOf word side)
        for k in chances do
            Metric.create
                $"{prefix word side}.chance_r{k}"
                $"{side.Prefix}.{word}.chance.r{k}"
                $"chance of R@{k}{suffix word}"
                MetricUnit.Percent
                Better.Neither
                $"what R@{k} would be if the candidates were ranked at random"
    ]

    /// The metrics of floored_ranks.
    let private flooredMetrics (side: HeldOut) : Metric list =
        [ bySource; amongAll ] |> List.collect (fun word -> metricsOf word side floored)

    let metric (word: string) (side: HeldOut) (name: string) : Metric =
        metrics word side @ flooredMetrics side
        |> List.find (fun metric -> metric.Key = $"{side.Prefix}.{word}.{name}")

    let private both (result: RetrievalResult) (value: RetrievalScores -> float) =
        (value result.ImageToText + value result.TextToImage) / 2.0

    let private valuesOf (figures: Figure list) (word: string) (side: HeldOut) (result: RetrievalResult) = [
        for figure in figures do
            $"{side.Prefix}.{word}.i2t.{figure.Name}", figure.Value result.ImageToText
            $"{side.Prefix}.{word}.t2i.{figure.Name}", figure.Value result.TextToImage
            $"{side.Prefix}.{word}.{figure.Name}", both result figure.Value
    ]

    let private values (word: string) (side: HeldOut) (result: RetrievalResult) = [
        yield! valuesOf figures word side result
        for k in chances do
            $"{side.Prefix}.{word}.chance.r{k}", both result _.Chance(k)
    ]

    /// What tells pictures apart: rows of one picture with a caption each share its place.
    let pictureOf (entry: CorpusEntry) = entry.Source, entry.Shard, entry.Offset

    /// All captions of each picture.
    let private textsOf (subject: Subject) : CorpusEntry -> string array =
        let captionsOf = subject.Rows |> Seq.groupBy pictureOf |> dict

        fun entry ->
            captionsOf[pictureOf entry]
            |> Seq.collect (Data.evaluationTexts subject.Data)
            |> Array.ofSeq

    let private numbered (captions: string array) : IDictionary<string, int64> =
        captions |> Array.distinct |> Array.mapi (fun i text -> text, int64 i) |> dict

    let private meanOver (measurements: (string * float) list list) =
        measurements
        |> List.concat
        |> List.groupBy fst
        |> List.map (fun (name, values) -> name, values |> List.averageBy snd)

    /// Where chance alone finds the right one for most, the figures say little.
    let private easy = 0.5

    let private remarkOnChance (subject: Subject) (metrics: (string * float) list) =
        let chance = metrics |> List.find (fst >> _.EndsWith(".chance.r10")) |> snd

        if subject.Side = HeldOut.Test && chance > easy then
            subject.Notice
                $"retrieval source by source: random ranks would reach an R@10 of {100.0 * chance:F0} %%, because most sources have few held-out pictures; retrieval_of_all ranks among all"

    /// Source by source, so that an image competes with other things and not with other drawings of itself. A picture counts once, with all
    /// its captions; pictures of a source with the same caption match each other's.
    let private overSources (values: string -> HeldOut -> RetrievalResult -> (string * float) list) (subject: Subject) =
        let textsOf = textsOf subject

        subject.Pictures.Entries
        |> Seq.indexed
        |> Seq.groupBy (fun (_, entry) -> entry.Source)
        |> Seq.map (fun (_, members) ->
            use _ = torch.NewDisposeScope()
            let texts = members |> Seq.map (snd >> textsOf) |> Array.ofSeq
            let captions = Array.concat texts
            let numbers = numbered captions
            let number = Array.map (fun text -> numbers[text])
            let index = torch.tensor (members |> Seq.map (fst >> int64) |> Array.ofSeq)
            let embeddings = subject.Pictures.Embeddings

            Retrieval.Evaluate(
                embeddings.index_select (0L, index.``to`` embeddings.device),
                subject.Embed captions,
                texts |> Array.map (number >> Array.distinct),
                number captions
            )
            |> values bySource subject.Side)
        |> List.ofSeq
        |> meanOver

    let private measureBySource (subject: Subject) =
        let metrics = overSources values subject
        remarkOnChance subject metrics
        metrics

    /// Among all pictures; a caption stands once, however many pictures have it.
    let private amongAllOf (values: string -> HeldOut -> RetrievalResult -> (string * float) list) (subject: Subject) =
        use _ = torch.NewDisposeScope()
        let texts = subject.Pictures.Entries |> Seq.map (textsOf subject) |> Array.ofSeq
        let captions = texts |> Array.concat |> Array.distinct
        let numbers = numbered captions

        Retrieval.Evaluate(
            subject.Pictures.Embeddings,
            subject.Embed captions,
            texts |> Array.map (Array.map (fun text -> numbers[text]) >> Array.distinct),
            Array.init captions.Length int64
        )
        |> values amongAll subject.Side

    let retrieval: Evaluation = {
        Word = bySource
        Script = "retrieval"
        About =
            "captions from images and images from captions, source by source: recall at 1, 5 and 10, median rank, and what chance gives"
        Version = 1
        Metrics = metrics bySource
        LearnsFrom = []
        Obstacle = fun _ -> None
        Measure = measureBySource
    }

    let retrievalOfAll: Evaluation = {
        retrieval with
            Word = amongAll
            Script = "retrieval_of_all"
            About =
                "the same among all pictures of the side, whatever their source; pictures with the same caption match each other's"
            Metrics = metrics amongAll
            Measure = amongAllOf values
    }

    let flooredRanks: Evaluation = {
        retrieval with
            Word = "retrieval.floored_ranks"
            Script = "floored_ranks"
            About =
                "the median rank rounded down, as VSE++ and its successors print it, source by source and among all pictures"
            Metrics = flooredMetrics
            Measure =
                fun subject ->
                    let floored = valuesOf [ floored ]
                    overSources floored subject @ amongAllOf floored subject
    }

/// The figures of a retrieval in one direction: `test.i2t.r1`.
type RetrievalDirection internal (word: string, side: HeldOut, direction: string) =
    let metric name =
        RetrievalEvaluation.metric word side (direction + name)

    /// Recall at 1.
    member _.r1 = metric "r1"

    /// Recall at 5.
    member _.r5 = metric "r5"

    /// Recall at 10.
    member _.r10 = metric "r10"

    /// Median over the queries of the rank of the best match, 1 at best; of an even number the mean of the middle two.
    member _.median_rank = metric "median_rank"

    /// The same rounded down, as VSE++ and its successors print it; measured by floored_ranks.
    member _.floored_rank = metric "floored_rank"

/// The figures of a retrieval, each the mean of both directions: `test.all.r1`.
[<Sealed>]
type RetrievalFigures internal (word: string, side: HeldOut) =
    inherit RetrievalDirection(word, side, "")

    let chance k =
        RetrievalEvaluation.metric word side $"chance.r{k}"

    /// Images query captions.
    member _.i2t = RetrievalDirection(word, side, "i2t.")

    /// Captions query images.
    member _.t2i = RetrievalDirection(word, side, "t2i.")

    /// What recall at 1 would be if the candidates were ranked at random.
    member _.chance_r1 = chance 1

    /// What recall at 5 would be if the candidates were ranked at random.
    member _.chance_r5 = chance 5

    /// What recall at 10 would be if the candidates were ranked at random.
    member _.chance_r10 = chance 10

namespace Research

open Research.Evaluation

/// Retrieval in scripts: `evaluate [ retrieval ]`, `table [ test.r1; test.i2t.r10; test.all.r1 ]`.
[<AutoOpen>]
module RetrievalWords =
    /// Retrieval both ways, source by source, and the mean over the sources: for corpora whose sources draw the same things. A source with few
    /// held-out pictures is easy; what chance gives is measured too, as test.chance_r10.
    let retrieval = RetrievalEvaluation.retrieval

    /// Retrieval both ways among all held-out pictures, whatever their source.
    let retrieval_of_all = RetrievalEvaluation.retrievalOfAll

    /// The median ranks of both rounded down, as VSE++ and its successors print them: `evaluate [ retrieval; floored_ranks ]`.
    let floored_ranks = RetrievalEvaluation.flooredRanks

    let private own side =
        RetrievalFigures(RetrievalEvaluation.bySource, side)

    type HeldOut with

        /// Recall at 1, the mean of both directions, source by source.
        member side.r1 = (own side).r1

        /// Recall at 5, the mean of both directions, source by source.
        member side.r5 = (own side).r5

        /// Recall at 10, the mean of both directions, source by source.
        member side.r10 = (own side).r10

        /// Median rank, the mean of both directions, source by source.
        member side.median_rank = (own side).median_rank

        /// The same rounded down in each direction and source, as VSE++ and its successors print it; measured by floored_ranks.
        member side.floored_rank = (own side).floored_rank

        /// What recall at 1 would be if the candidates were ranked at random.
        member side.chance_r1 = (own side).chance_r1

        /// What recall at 5 would be if the candidates were ranked at random.
        member side.chance_r5 = (own side).chance_r5

        /// What recall at 10 would be if the candidates were ranked at random.
        member side.chance_r10 = (own side).chance_r10

        /// Captions from images: `test.i2t.r1`.
        member side.i2t = (own side).i2t

        /// Images from captions: `test.t2i.r1`.
        member side.t2i = (own side).t2i

        /// The figures of retrieval_of_all: `test.all.r1`.
        member side.all = RetrievalFigures(RetrievalEvaluation.amongAll, side)
