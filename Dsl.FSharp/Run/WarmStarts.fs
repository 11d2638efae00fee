namespace Research.Runs

open System
open Research
open Research.Language
open Research.Encoders
open Research.Text
open Research.Training

/// Starts an experiment's model from trained weights.
[<RequireQualifiedAccess>]
module WarmStarts =
    // A compact vocabulary numbers the tokens of its own training captions, so equal sizes do not make equal numbers.
    let private requireTokens (experiment: Experiment) (place: string) (tokenizer: ITokenizer) =
        let refuse why =
            raise (
                ArgumentException
                    $"start_from: the text encoder of '{place}' numbers its tokens otherwise: {why}; take vocabulary full in both, or the image encoder alone by start_image_from"
            )

        if WeightFiles.isRun place then
            let trained = RunModels.experimentOf place

            match tokenizer, trained.Data.Vocabulary with
            | :? CompactVocabulary as own, Compact ->
                use corpus = RunData.openCorpus trained.Data

                match RunData.streamedTokenizer corpus trained.Data trained.Seed with
                | :? CompactVocabulary as theirs when
                    Seq.forall2 (=) own.Kept theirs.Kept && own.Kept.Count = theirs.Kept.Count
                    ->
                    ()
                | _ -> refuse "its compact vocabulary has other captions"
            | :? CompactVocabulary, Full -> refuse "it has the full vocabulary, this experiment a compact one"
            | _, Compact -> refuse "it has a compact vocabulary, this experiment the full one"
            | _, Full ->
                let identity (data: Data) =
                    data.Tokenizer |> Option.map TokenizerFiles.identity

                if identity trained.Data <> identity experiment.Data then
                    refuse "tokenizer_in differs"
        elif tokenizer :? CompactVocabulary then
            refuse "it has a vocabulary of its own, this experiment a compact one"

    /// Copies the weights that the experiment starts from; nothing where it starts from random ones. Raises `FileNotFoundException` where a place
    /// has none, and `ArgumentException` where they do not fit; both name it.
    let apply (experiment: Experiment) (model: DualEncoder) (tokenizer: ITokenizer) (notice: string -> unit) : unit =
        let start = experiment.Start

        for place in List.choose id [ start.Image; start.Text ] |> List.distinct do
            let takes part = part = Some place

            if takes start.Text then
                requireTokens experiment place tokenizer

            try
                use file = RunModels.openAt place (CheckpointOptions())

                file.Assumptions
                |> Seq.iter (fun line -> notice $"start_from '{place}': {line}")

                use source = file.Load()

                if takes start.Image then
                    WarmStart.Image(model, source)

                if takes start.Text then
                    WarmStart.Text(model, source)

                if takes (Start.logitScale start) then
                    WarmStart.LogitScale(model, source)
            with :? ArgumentException as error ->
                raise (ArgumentException($"start_from '{place}': {error.Message}", error))
