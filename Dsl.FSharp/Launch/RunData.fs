namespace Research

open System
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

    /// The pairs of one side with their pictures in memory. `notice` hears of pictures that were left out.
    let load (corpus: Corpus) (data: Data) (side: Split) (notice: string -> unit) : ImageTable =
        let entries = entries corpus data side

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

    /// CLIP's tokenizer, or the part of it that the training captions use.
    let tokenizer (data: Data) (table: ImageTable) : ITokenizer =
        let clip = ClipTokenizer.Load()

        match data.Vocabulary with
        | Full -> clip
        | Compact ->
            let style = Data.longestCaptions data

            CompactVocabulary.Of(
                clip,
                table.Entries
                |> Seq.map (fun entry -> Captions.Render(entry, style, SeededRandom 0UL))
                |> Seq.distinct // sources share captions
            )
