namespace Research.Runs

open System
open System.Collections.Generic
open Research.Language
open Research.Encoders
open Research.Text

/// Models by their place: a run folder, or the file or folder of any checkpoint.
[<RequireQualifiedAccess>]
module RunModels =
    /// Where captions end in a run's vocabulary.
    let private endOfText (data: Data) vocabularySize =
        match data.Vocabulary, data.Tokenizer with
        | Compact, _ -> CompactVocabulary.EndOfTextId
        | Full, None -> vocabularySize - 1
        | Full, Some folder -> (ClipTokenizer.LoadHuggingFace folder).EndOfText

    /// What a run trained.
    let experimentOf (place: string) : Experiment =
        let _, node = RunConfig.read place
        Experiment.decode (JsonFields(RunFolder.config place, node))

    /// The configuration of a run's model, its vocabulary's size being told by the weights.
    let private configOf (place: string) (weights: CheckpointFile) =
        let trained = experimentOf place

        let vocabularySize =
            match weights.Shapes.TryGetValue "text.token_embedding.weight" with
            | true, shape -> int shape[0]
            | false, _ -> raise (ArgumentException $"'{weights.Path}' holds no text encoder")

        Experiment.modelConfig trained vocabularySize (endOfText trained.Data vocabularySize)

    /// Opens the checkpoint of a place; a run's config.json says what its model is. The caller disposes it. Raises `FileNotFoundException` where
    /// there is none and `InvalidDataException` where it is damaged.
    let openAt (place: string) (options: CheckpointOptions) : CheckpointFile =
        let path = WeightFiles.file place

        if WeightFiles.isRun place && isNull options.Config then
            let config =
                use weights = Checkpoints.Open(path, CheckpointOptions(Layout = options.Layout))
                configOf place weights

            Checkpoints.Open(
                path,
                CheckpointOptions(
                    Config = config,
                    Layout = options.Layout,
                    ImageSize = options.ImageSize,
                    AllowMissing = options.AllowMissing,
                    AllowUnexpected = options.AllowUnexpected
                )
            )
        else
            Checkpoints.Open(path, options)
