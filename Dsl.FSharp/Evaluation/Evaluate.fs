namespace Research.Evaluation

open TorchSharp
open Research
open Research.Language
open Research.Runs
open Research.Corpora
open Research.Encoders
open Research.Text

/// Measures a trained model.
[<RequireQualifiedAccess>]
module Evaluate =
    /// The values of the experiment's metrics on one held-out side, by key.
    let run
        (experiment: Experiment)
        (corpus: Corpus)
        (tokenizer: ITokenizer)
        (model: DualEncoder)
        (side: HeldOut)
        (notice: string -> unit)
        : (string * float) list =
        use _ = torch.NewDisposeScope()
        let rows = RunData.some corpus experiment.Data (HeldOut.split side)

        let pictures =
            Encode.Images(model, corpus, rows |> Seq.distinctBy RetrievalEvaluation.pictureOf |> Array.ofSeq)

        RunData.report notice pictures.Report

        use splits = new SplitPictures(model, corpus, experiment.Data, notice)

        let subject = {
            Model = model
            Tokenizer = tokenizer
            Data = experiment.Data
            Prompts = experiment.Prompts
            Side = side
            Pictures = pictures
            Rows = rows
            PicturesOf = splits.Of
            Seed = experiment.Seed
            Notice = notice
        }

        experiment.Evaluate
        |> List.filter (fun evaluation -> not (evaluation.Metrics side).IsEmpty)
        |> List.collect (fun evaluation -> evaluation.Measure subject)
