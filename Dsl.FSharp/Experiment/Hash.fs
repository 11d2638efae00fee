namespace Research

open System
open System.Security.Cryptography
open System.Text

/// The identity of a run's numbers. Equal hashes mean that a finished run can stand for another.
[<RequireQualifiedAccess>]
module ExperimentHash =
    /// Raised by whoever changes what the whole code computes from an equal experiment. A change in one part raises that part's version:
    /// `CodeParts.raised`.
    let codeVersion = 3

    /// As `compute`, with other versions of the code's parts.
    let computeWith (versions: Map<string, int>) (corpusFingerprint: string) (experiment: Experiment) =
        let anonymous = {
            experiment with
                Name = ""
                Data = {
                    experiment.Data with
                        Corpus = "" // the fingerprint says more
                        Tokenizer = Option.map TokenizerFiles.identity experiment.Data.Tokenizer
                }
                // The teacher's weights themselves, wherever they stand.
                Objective = Objective.withWeights FrozenTeacher.identity experiment.Objective
                Train = {
                    experiment.Train with
                        CheckpointEvery = 1
                }
        }

        // Version 1 is left out: a part that gets a version of its own later does not make old runs new.
        let parts =
            CodeParts.used experiment
            |> List.choose (fun part ->
                match Map.tryFind part versions with
                | Some version when version <> 1 -> Some(part, Some(Json.integer version))
                | _ -> None)

        let content =
            Json.object [
                "experiment", Some(Experiment.encode anonymous)
                "corpus_fingerprint", Some(Json.text corpusFingerprint)
                "code_version", Some(Json.integer codeVersion)
                "code_parts", (if parts.IsEmpty then None else Some(Json.object parts))
            ]

        Json.canonical content
        |> Encoding.UTF8.GetBytes
        |> SHA256.HashData
        |> Convert.ToHexStringLower

    /// SHA-256, in hexadecimal, over the canonical JSON of what the numbers depend on: the experiment without its name, the corpus's name and the
    /// checkpoint interval; the weights of a frozen teacher and what a tokenizer's files hold, not their place; the fingerprint of the corpus; the arithmetic of the engine (the experiment's precision); and the versions of
    /// the parts of the code that the experiment uses.
    /// Throws FileNotFoundException, with the remedy, where a frozen teacher's weights or a tokenizer's files are not there.
    let compute (corpusFingerprint: string) (experiment: Experiment) =
        computeWith CodeParts.raised corpusFingerprint experiment
