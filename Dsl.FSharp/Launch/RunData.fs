namespace Research

open System
open System.Collections.Generic
open Research.Corpora
open Research.Randomness
open Research.Text

/// A run's data as the core takes it.
[<RequireQualifiedAccess>]
module RunData =
    /// The pairs of one side that the experiment's sources and condition leave.
    let entries (corpus: Corpus) (data: Data) (side: Split) =
        let sources =
            match data.Sources with
            | [] -> null
            | sources -> Array.ofList sources

        corpus.Query(side, sources, Option.toObj data.Where)

    /// The part of the training pairs that a seed learns from, in the order in which they came: those whose keys hash lowest, so that a part
    /// holds every smaller part of the same seed, whatever the pairs' numbers are.
    let part (seed: int) (fraction: float) (entries: IReadOnlyList<CorpusEntry>) : IReadOnlyList<CorpusEntry> =
        if fraction >= 1.0 then
            entries
        else
            let kept =
                entries
                |> Seq.sortBy (fun entry -> Seed.Derive(uint64 seed, $"training fraction: {entry.Key}"))
                |> Seq.truncate (int (Math.Round(fraction * float entries.Count, MidpointRounding.AwayFromZero)))
                |> Seq.map _.Id
                |> HashSet

            entries |> Seq.filter (fun entry -> kept.Contains entry.Id) |> Array.ofSeq :> _

    let private pictures (corpus: Corpus) (data: Data) (side: Split) (entries: IReadOnlyList<CorpusEntry>) notice =
        if entries.Count = 0 then
            let condition =
                match data.Where with
                | Some condition -> $" and where \"{condition}\""
                | None -> ""

            raise (
                ArgumentException
                    $"Corpus '{data.Corpus}' has no {side} pair with sources [{Words.list data.Sources}]{condition}."
            )

        let table = ImageTable.Load(corpus, entries, Nullable data.Pixels)

        if table.Report.Skipped.Count > 0 then
            notice (string table.Report)

        table

    /// The pairs of one side with their pictures in memory. `notice` hears of pictures that were left out.
    let load (corpus: Corpus) (data: Data) (side: Split) (notice: string -> unit) : ImageTable =
        pictures corpus data side (entries corpus data side) notice

    /// The pairs that a seed learns from, with their pictures in memory.
    let training (corpus: Corpus) (data: Data) (seed: int) (notice: string -> unit) : ImageTable =
        pictures corpus data Split.Train (entries corpus data Split.Train |> part seed data.Fraction) notice

    let private tokenizerOf (data: Data) (entries: CorpusEntry seq) : ITokenizer =
        let clip = ClipTokenizer.Load()

        match data.Vocabulary with
        | Full -> clip
        | Compact ->
            let style = Data.longestCaptions data

            CompactVocabulary.Of(
                clip,
                entries
                |> Seq.collect (fun entry ->
                    Seq.append [ Captions.Render(entry, style, SeededRandom 0UL) ] entry.Alternatives)
                |> Seq.distinct // sources share captions
            )

    /// CLIP's tokenizer, or the part of it that the training captions use.
    let tokenizer (data: Data) (table: ImageTable) : ITokenizer = tokenizerOf data table.Entries

    /// The same of a corpus that is streamed.
    let streamedTokenizer (corpus: Corpus) (data: Data) : ITokenizer =
        let sources =
            match data.Sources with
            | [] -> null
            | sources -> Array.ofList sources

        tokenizerOf data (corpus.Stream(Nullable Split.Train, sources, Option.toObj data.Where))
