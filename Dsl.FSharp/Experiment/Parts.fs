namespace Research

/// The parts of the code that an experiment's numbers go through, each with a version of its own: a correction in one objective makes
/// the runs of that objective new and leaves all others reusable.
[<RequireQualifiedAccess>]
module CodeParts =
    /// Raised by whoever changes what a part computes from an equal experiment, beyond what rounding does. Parts that are not named here
    /// have version 1.
    let raised: Map<string, int> = Map [ "objective.debiased", 2 ]

    let rec private kinds objective : string list =
        match objective with
        | InfoNce _ -> [ "infonce" ]
        | Psd settings -> [
            "psd"
            if settings.HardNegatives.IsSome then
                "hn_nce"
          ]
        | HnNce _
        | Dcl -> [ "hn_nce" ]
        | Debiased _ -> [ "debiased" ]
        | SigLip _ -> [ "siglip" ]
        | MomentumDistillation _ -> [ "momentum_distillation" ]
        | CyClip _ -> [ "cyclip" ]
        | FrozenDistillation _ -> [ "frozen_distillation" ]
        | Sum parts -> "sum" :: (parts |> List.collect (snd >> kinds))

    let private image (encoder: Encoder) =
        match Mistake.attempt (fun () -> (Research.Encoders.EncoderPresets.Vision encoder.Preset).StemLayers) with
        | Ok layers when layers > 0 -> "image.vit_stem"
        | _ -> "image.vit"

    /// The parts that this experiment uses.
    let used (experiment: Experiment) : string list =
        [
            "data.pairs"
            if experiment.Data.ShuffledCaptions > 0.0 then
                "data.shuffled_captions"
            if experiment.Data.SwappedCaptions > 0.0 then
                "data.swapped_captions"
            if experiment.Data.BoilerplateCaptions > 0.0 then
                "data.boilerplate_captions"
            if experiment.Data.DroppedCaptions > 0.0 then
                "data.dropped_captions"
            yield! Augment.parts experiment.Data.Augmentation
            if experiment.Data.Streamed then
                "data.streamed"
            if experiment.Data.Fraction < 1.0 then
                "data.fraction"
            match experiment.Data.Vocabulary with
            | Compact -> "text.compact_vocabulary"
            | Full -> ()
            image experiment.Image
            "text.transformer"
            for kind in kinds experiment.Objective do
                $"objective.{kind}"
            if Objective.hasEma experiment.Objective then
                "training.moving_average"
            "training.adamw"
            if experiment.Train.MicroBatch.IsSome then
                "training.micro_batch"
            if TrainSettings.processCount experiment.Train > 1 then
                "training.processes"
            match experiment.Train.Precision with
            | Bf16 -> "training.bf16"
            | Fp32 -> ()
            for evaluation in experiment.Evaluate do
                evaluation.CodePart
        ]
        |> List.distinct
        |> List.sort
