namespace Research.Language

open Research
open Research.Evaluation

/// `experiment { corpus emoji; objective infonce; train (steps 600) }`
type ExperimentBuilder internal () =
    /// InfoNCE on emoji with the tiny encoders and the default training; retrieval and zero-shot on both held-out splits; seed 0.
    // A fresh object, by which a sweep tells that no base was set.
    member _.Yield(()) : Experiment = {
        Experiment.defaults with
            Name = Experiment.defaults.Name
    }

    member builder.Zero() = builder.Yield(())

    member _.Run(experiment: Experiment) =
        match Experiment.problems experiment with
        | [] -> experiment
        | problems -> UserError.fail ("experiment: " + System.String.Join("; ", problems))

    /// A name for people; no number depends on it: `name "clean pairs"`.
    [<CustomOperation "name">]
    member _.Name(experiment: Experiment, name: string) = { experiment with Name = name }

    /// The pairs to learn from, such as `emoji |> pixels 32`: `corpus (emoji |> pixels 32)`.
    [<CustomOperation "corpus">]
    member _.Corpus(experiment: Experiment, data: Data) = { experiment with Data = data }

    /// The image encoder, such as `Vit.tiny`: `image (Vit.tiny |> width 128)`.
    [<CustomOperation "image">]
    member _.Image(experiment: Experiment, encoder: Encoder) = { experiment with Image = encoder }

    /// The text encoder, such as `Transformer.tiny`: `text Transformer.tiny`.
    [<CustomOperation "text">]
    member _.Text(experiment: Experiment, encoder: Encoder) = { experiment with Text = encoder }

    /// Start both encoders and the logit scale from trained weights: a run folder, or the file or folder of any checkpoint. `start_from "FILE"`
    [<CustomOperation "start_from">]
    member _.StartFrom(experiment: Experiment, weights: string) = {
        experiment with
            Start = Start.whole weights
    }

    /// Width of the common embedding: `embed_dim 256`.
    [<CustomOperation "embed_dim">]
    member _.EmbedDim(experiment: Experiment, size: int) = { experiment with EmbedDim = Some size }

    /// What is minimised, such as `psd |> soft_fraction (cosine 0 0.8)`: `objective (psd |> soft_fraction (cosine 0 0.8))`.
    [<CustomOperation "objective">]
    member _.Objective(experiment: Experiment, objective: Objective) = {
        experiment with
            Objective = objective
    }

    /// How the model is fitted, such as `steps 600 |> batch 256 |> adamw 1e-3`: `train (steps 500 |> batch 128 |> adamw 2e-3)`.
    [<CustomOperation "train">]
    member _.Train(experiment: Experiment, training: TrainSettings) = { experiment with Train = training }

    /// What is measured at the end, such as `[ retrieval; zero_shot subgroups ]`: `evaluate [ retrieval; zero_shot subgroups ]`.
    [<CustomOperation "evaluate">]
    member _.Evaluate(experiment: Experiment, evaluations: Evaluation list) = {
        experiment with
            Evaluate = evaluations
    }

    /// The templates into which zero-shot puts the classes' names, such as `[ "a photo of a {}"; "a drawing of a {}" ]`.
    /// `prompts [ "a photo of a {}"; "a drawing of a {}" ]`
    [<CustomOperation "prompts">]
    member _.Prompts(experiment: Experiment, templates: string list) = { experiment with Prompts = templates }

    /// The held-out splits to measure on, such as `[ test ]`: `evaluate_on [ test ]`.
    [<CustomOperation "evaluate_on">]
    member _.EvaluateOn(experiment: Experiment, splits: HeldOut list) = { experiment with EvaluateOn = splits }

    /// The seed of everything random; a sweep sets it for its repeats: `seed 7`.
    [<CustomOperation "seed">]
    member _.Seed(experiment: Experiment, seed: int) = { experiment with Seed = seed }

/// The two meanings of `steps`: a training whose other settings have their defaults, and a patch of an experiment.
type Steps =
    static member Of(_: TrainSettings, count: int) =
        Settings.set TrainSettings.settings "steps" count TrainSettings.defaults

    static member Of(_: Experiment -> Experiment, count: int) : Experiment -> Experiment =
        Part.change (Settings.set TrainSettings.settings "steps" count)

    /// The expected type chooses the meaning.
    static member inline Chosen(meanings: ^meanings, expected: ^expected, count: int) : ^expected =
        ((^meanings or ^expected): (static member Of: ^expected * int -> ^expected) (expected, count))

namespace Research

open Research.Language
open Research.Evaluation

/// The experiment's builder, and its parts as patches.
[<AutoOpen>]
module ExperimentWords =
    /// Declares one training run and its evaluation.
    let experiment = ExperimentBuilder()

    /// A training of this many optimiser steps, `train (steps 500 |> batch 128)`; as a patch, another number of them.
    let inline steps (count: int) : 'trainingOrPatch =
        Steps.Chosen(Unchecked.defaultof<Steps>, Unchecked.defaultof<'trainingOrPatch>, count)

    let private set key value (experiment: Experiment) =
        Settings.set Experiment.settings key value experiment

    /// Learn from other data: `corpus (emoji |> pixels 32)`.
    let corpus (data: Data) experiment = set "corpus" data experiment

    /// Another image encoder: `image (Vit.tiny |> width 128)`.
    let image (encoder: Encoder) experiment = set "image" encoder experiment

    /// Another text encoder: `text Transformer.tiny`.
    let text (encoder: Encoder) experiment = set "text" encoder experiment

    let private start change (experiment: Experiment) =
        set "start" (change experiment.Start: Start) experiment

    /// Start both encoders and the logit scale from trained weights: a run folder, or the file or folder of any checkpoint: `start_from "FILE"`.
    let start_from (weights: string) experiment =
        start (fun _ -> Start.whole weights) experiment

    /// Start the image encoder from trained weights: `start_image_from "FILE"`.
    let start_image_from (weights: string) experiment =
        start
            (fun start -> {
                start with
                    Start.Image = Some weights
            })
            experiment

    /// Start the text encoder from trained weights: `start_text_from "FILE"`.
    let start_text_from (weights: string) experiment =
        start (fun start -> { start with Start.Text = Some weights }) experiment

    /// A model that is only measured, as an arm beside trained ones: `axis "model" [ "ours", id; "ViT-B/32", pretrained "FILE" ]`. Encoders, weights
    /// and the full vocabulary are the checkpoint's, which says its own architecture; pictures are those of the experiment's pixels.
    let pretrained (checkpoint: string) (experiment: Experiment) =
        let encoder = encoder_of checkpoint

        {
            experiment with
                Image = encoder
                Text = encoder
                EmbedDim = None
                Start = Start.whole checkpoint
                Data = {
                    experiment.Data with
                        Vocabulary = Full
                }
                Train = { experiment.Train with Steps = 0 }
        }

    /// Another width of the common embedding: `embed_dim 256`.
    let embed_dim (size: int) experiment = set "embed_dim" (Some size) experiment

    /// Another objective: `objective (psd |> soft_fraction (cosine 0 0.8))`.
    let objective (objective: Objective) experiment = set "objective" objective experiment

    /// Another training: `train (steps 500 |> batch 128 |> adamw 2e-3)`.
    let train (training: TrainSettings) experiment = set "train" training experiment

    /// What is measured at the end: `evaluate [ retrieval; zero_shot subgroups ]`.
    let evaluate (evaluations: Evaluation list) experiment = set "evaluate" evaluations experiment

    /// The templates into which zero-shot puts the classes' names, each with a "{}"; the classifier is the mean over all. Default: the plain name.
    /// A compact vocabulary knows no word that no training caption has.
    /// `prompts [ "a photo of a {}"; "a drawing of a {}" ]`
    let prompts (templates: string list) experiment = set "prompts" templates experiment

    /// The held-out splits to measure on: `evaluate_on [ test ]`.
    let evaluate_on (splits: HeldOut list) experiment = set "evaluate_on" splits experiment
