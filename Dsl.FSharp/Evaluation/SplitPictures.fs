namespace Research.Evaluation

open System
open System.Collections.Generic
open TorchSharp
open Research
open Research.Language
open Research.Runs
open Research.Corpora
open Research.Encoders

/// The pictures of whole splits, embedded when a probe first asks for them and disposed of with this. Of a split with more than `most` pairs it
/// takes that many, those whose keys have the lowest hashes: the same for every run. An arm that trains on a fraction is probed with the whole split
/// all the same, so that arms differ in their model alone.
[<Sealed>]
type SplitPictures(model: DualEncoder, corpus: Corpus, data: Data, notice: string -> unit, most: int) =
    let known = Dictionary<Split, EncodedPictures>()

    let rows (split: Split) : CorpusEntry seq =
        let count = RunData.count corpus data split

        if count <= int64 most then
            RunData.some corpus data split
        else
            notice $"probes: of the {count} {(string split).ToLowerInvariant()} pairs they use {most}"

            corpus.Stream(
                Nullable split,
                RunData.sources data,
                Option.toObj data.Where,
                CorpusPart(float most / float count, 0UL)
            )

    /// 100,000 pairs at most: embeddings of width 1,024 are then 0.4 GB.
    new(model, corpus, data, notice) = new SplitPictures(model, corpus, data, notice, 100_000)

    /// The embedded pictures of a split, each once. Raises `ArgumentException` if it has none.
    member _.Of(split: Split) : EncodedPictures =
        match known.TryGetValue split with
        | true, pictures -> pictures
        | _ ->
            let pictures =
                Encode.Images(model, corpus, rows split |> Seq.distinctBy RetrievalEvaluation.pictureOf |> Array.ofSeq)

            RunData.report notice pictures.Report
            pictures.Embeddings.DetachFromDisposeScope() |> ignore
            known.Add(split, pictures)
            pictures

    interface IDisposable with
        member _.Dispose() =
            for pictures in known.Values do
                pictures.Embeddings.Dispose()
