namespace Research.Runs

open Research.Language

open System
open System.Collections.Generic
open Research.Corpora
open Research.Randomness
open Research.Text

/// A run's data in the core's form.
[<RequireQualifiedAccess>]
module RunData =
    /// The experiment's prepared corpus. Throws, naming the command that prepares it, if it is missing.
    let openCorpus (data: Data) =
        if data.IsFolder then
            Corpus.Open data.Corpus
        else
            CorpusCatalog.Open(data.Corpus, data.Pixels)

    /// The experiment's sources in the core's form; null means all.
    let sources (data: Data) : string[] | null =
        match data.Sources with
        | [] -> null
        | sources -> Array.ofList sources

    /// The pairs of one side that match the experiment's sources and condition.
    let entries (corpus: Corpus) (data: Data) (side: Split) =
        corpus.Query(side, sources data, Option.toObj data.Where)

    /// The number of those pairs.
    let count (corpus: Corpus) (data: Data) (side: Split) =
        corpus.Count(side, sources data, Option.toObj data.Where)

    /// The training pairs for a seed, in corpus order: those whose keys have the lowest hashes. So a larger part of the same seed
    /// contains every smaller one.
    let part (seed: int) (fraction: float) (entries: IReadOnlyList<CorpusEntry>) : IReadOnlyList<CorpusEntry> =
        if fraction >= 1.0 then
            entries
        else
            CorpusPart(fraction, uint64 seed).Of entries

    /// The same part for a streamed corpus; null means all.
    let streamedPart (data: Data) (seed: int) : CorpusPart | null =
        if data.Fraction >= 1.0 then
            null
        else
            CorpusPart(data.Fraction, uint64 seed)

    /// The pairs of one side. Raises `ArgumentException` if there are none.
    let some (corpus: Corpus) (data: Data) (side: Split) =
        let found = entries corpus data side

        if found.Count = 0 then
            let condition =
                match data.Where with
                | Some condition -> $" and where \"{condition}\""
                | None -> ""

            raise (
                ArgumentException
                    $"Corpus '{data.Corpus}' has no {side} pair with sources [{Words.list data.Sources}]{condition}."
            )

        found

    /// Reports the pictures that were left out, if any.
    let report notice (report: LoadReport) =
        if report.Skipped.Count > 0 then
            notice (string report)

    /// The training pairs for a seed, with their pictures in memory. `notice` receives a line on pictures that were left out.
    let training (corpus: Corpus) (data: Data) (seed: int) (notice: string -> unit) : ImageTable =
        let table =
            ImageTable.Load(corpus, some corpus data Split.Train |> part seed data.Fraction, Nullable data.Pixels)

        report notice table.Report
        table

    let private tokenizerOf (choose: string seq -> string seq) (data: Data) (entries: CorpusEntry seq) : ITokenizer =
        let clip =
            match data.Tokenizer with
            | None -> ClipTokenizer.Load()
            | Some folder -> ClipTokenizer.LoadHuggingFace folder

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

    /// Gives a notice when the context cuts more than 1 % of the training captions, judged by the first thousand.
    let remarkOnLength (data: Data) (tokenizer: ITokenizer) (entries: CorpusEntry seq) (notice: string -> unit) =
        let style = Data.trainingCaptions data

        let lengths =
            entries
            |> Seq.truncate 1000
            |> Seq.map (fun entry -> tokenizer.Encode(Captions.Render(entry, style, SeededRandom 0UL)).Length + 2)
            |> Array.ofSeq

        let cut = lengths |> Array.filter (fun length -> length > data.ContextLength)

        if 100 * cut.Length > lengths.Length then
            let part = 100.0 * float cut.Length / float lengths.Length

            notice
                $"context_length {data.ContextLength} cuts {part:F0} %% of the captions; the longest of the first {lengths.Length} has {Array.max lengths} tokens"

    /// CLIP's tokenizer or, with a compact vocabulary, the part of it that the training captions use.
    let tokenizer (data: Data) (table: ImageTable) : ITokenizer =
        tokenizerOf Seq.distinct data table.Entries // sources share captions

    /// The same for a streamed corpus. Keeps no captions, so memory does not grow with the corpus.
    let streamedTokenizer (corpus: Corpus) (data: Data) (seed: int) : ITokenizer =
        tokenizerOf
            id
            data
            (corpus.Stream(Nullable Split.Train, sources data, Option.toObj data.Where, streamedPart data seed))
