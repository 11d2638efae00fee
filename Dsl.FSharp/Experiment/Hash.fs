namespace Research

open System
open System.Security.Cryptography
open System.Text

/// The identity of a run's numbers. Equal hashes mean that a finished run can stand for another.
[<RequireQualifiedAccess>]
module ExperimentHash =
    /// Raised by whoever changes what the code computes from an equal experiment.
    let codeVersion = 1

    /// SHA-256, in hexadecimal, over the canonical JSON of what the numbers depend on: the experiment without its name, the corpus's name and the
    /// checkpoint interval, the fingerprint of the corpus, and the version of the numeric code.
    let compute (corpusFingerprint: string) (experiment: Experiment) =
        let anonymous = {
            experiment with
                Name = ""
                Data = { experiment.Data with Corpus = "" } // the fingerprint says more
                Train = {
                    experiment.Train with
                        CheckpointEvery = 1
                }
        }

        let content =
            Json.object [
                "experiment", Some(Experiment.encode anonymous)
                "corpus_fingerprint", Some(Json.text corpusFingerprint)
                "code_version", Some(Json.integer codeVersion)
            ]

        Json.canonical content
        |> Encoding.UTF8.GetBytes
        |> SHA256.HashData
        |> Convert.ToHexStringLower
