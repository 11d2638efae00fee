namespace Research.Language

/// What is allowed and trains, but hardly as meant.
[<RequireQualifiedAccess>]
module Findings =
    let private steps (lone: int list) =
        match lone with
        | [ step ] -> $"step {step}"
        | lone -> $"{lone.Length} steps between {List.head lone} and {List.last lone}"

    /// One line for each, with its remedy.
    let ofExperiment (experiment: Experiment) : string list =
        let train = experiment.Train
        let progress = (TrainSettings.toCore experiment.Seed train).ProgressAt

        [
            for part in Objective.parts experiment.Objective do
                match part.Settings with
                | :? Psd as settings ->
                    match Psd.loneSteps train.Steps (int64 >> progress) train.Batch settings with
                    | [] -> ()
                    | lone ->
                        $"psd: negatives own_subset leaves one of the {train.Batch} rows alone at {steps lone}: it has no negative there and a loss of 0; take negatives whole_batch, or a soft_fraction that steps over 1 row"
                | _ -> ()
        ]
