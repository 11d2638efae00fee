namespace Research.Language

open System
open System.Security.Cryptography
open System.Text

/// The identity of a run's numbers. A finished run can stand in for any run with the same hash.
[<RequireQualifiedAccess>]
module ExperimentHash =
    /// Raise it when the code as a whole computes something else from an equal experiment, or a default changes. A change in one setting or kind of
    /// objective raises only that one's version.
    let codeVersion = 4

    /// The versions of the code that the experiment uses, where they are not 1.
    let versions (experiment: Experiment) : (string * int) list =
        [
            for setting, version in Settings.versions Data.settings experiment.Data do
                $"corpus.{setting}", version
            for setting, version in Settings.versions TrainSettings.settings experiment.Train do
                $"train.{setting}", version
            for kind, version in Objective.versions experiment.Objective do
                $"objective.{kind}", version
            for evaluation in experiment.Evaluate do
                if evaluation.Version <> 1 then
                    $"evaluate.{evaluation.Word}", evaluation.Version
        ]
        |> List.distinct
        |> List.sort

    /// As `compute`, with other versions of the code.
    let computeWith (versions: (string * int) list) (corpusFingerprint: string) (experiment: Experiment) =
        Json.object [
            "experiment", Some(Settings.hash Experiment.settings experiment)
            "corpus_fingerprint", Some(Json.text corpusFingerprint)
            "code_version", Some(Json.integer codeVersion)
            for part, version in versions do
                part, Some(Json.integer version)
        ]
        |> Json.canonical
        |> Encoding.UTF8.GetBytes
        |> SHA256.HashData
        |> Convert.ToHexStringLower

    /// SHA-256, in hexadecimal, of the canonical JSON of what the numbers depend on: the settings that differ from their defaults, without the
    /// experiment's name, the corpus's name and the checkpoint interval; the weights of a frozen teacher and the content of a tokenizer's files,
    /// not their place; the corpus's fingerprint; and the versions of the code behind the settings in use. A new setting leaves the
    /// hashes of old experiments as they are.
    /// Throws FileNotFoundException, with the remedy, if a frozen teacher's weights or a tokenizer's files are missing.
    let compute (corpusFingerprint: string) (experiment: Experiment) =
        computeWith (versions experiment) corpusFingerprint experiment
