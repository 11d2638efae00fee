namespace Research

open System
open System.Collections.Generic
open Research.Corpora
open Research.Randomness
open Research.Text

/// A run's data as the core takes it.
[<RequireQualifiedAccess>]
module RunData =
    /// The experiment's sources as the core takes them: null for all.
    let sources (data: Data) : string[] | null =
        match data.Sources with
        | [] -> null
        | sources -> Array.ofList sources

    /// The pairs of one side that the experiment's sources and condition leave.
    let entries (corpus: Corpus) (data: Data) (side: Split) =
        corpus.Query(side, sources data, Option.toObj data.Where)

    /// How many they are.
    let count (corpus: Corpus) (data: Data) (side: Split) =
        corpus.Count(side, sources data, Option.toObj data.Where)

    /// The part of the training pairs that a seed learns from, in the order in which they came: those whose keys hash lowest, so that a part
    /// holds every smaller part of the same seed, whatever the pairs' numbers are.
    let part (seed: int) (fraction: float) (entries: IReadOnlyList<CorpusEntry>) : IReadOnlyList<CorpusEntry> =
        if fraction >= 1.0 then
            entries
        else
            CorpusPart(fraction, uint64 seed).Of entries

    /// The same part of a corpus that is streamed; null for all.
    let streamedPart (data: Data) (seed: int) : CorpusPart | null =
        if data.Fraction >= 1.0 then
            null
        else
            CorpusPart(data.Fraction, uint64 seed)

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

    let private tokenizerOf (choose: string seq -> string seq) (data: Data) (entries: CorpusEntry seq) : ITokenizer =
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
                |> choose
                |> Seq.append (
                    if data.BoilerplateCaptions > 0.0 then
                        Boilerplate.Words :> string seq
                    else
                        Seq.empty
                )
            )

    /// CLIP's tokenizer, or the part of it that the training captions use.
    let tokenizer (data: Data) (table: ImageTable) : ITokenizer =
        tokenizerOf Seq.distinct data table.Entries // sources share captions

    /// The same of a corpus that is streamed. It remembers no caption, so its memory does not grow with the corpus.
    let streamedTokenizer (corpus: Corpus) (data: Data) (seed: int) : ITokenizer =
        tokenizerOf
            id
            data
            (corpus.Stream(Nullable Split.Train, sources data, Option.toObj data.Where, streamedPart data seed))
