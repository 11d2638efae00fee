namespace Research.Language

open System
open Research.Encoders

/// The pair of encoders as the core takes it.
[<RequireQualifiedAccess>]
module Model =
    let private number (value: int option) = Option.toNullable value

    /// The core's configuration. Throws ArgumentException, naming the field or listing the known presets, where it is not a possible one.
    let config
        (image: Encoder)
        (text: Encoder)
        (embedDim: int option)
        (maxLogitScale: float)
        (pixels: int)
        (contextLength: int)
        (vocabularySize: int)
        (endOfText: int)
        =
        let vision = (Encoder.basis image).Vision

        let refuse message = raise (ArgumentException message)

        if image.Patch.IsSome && vision.StemLayers > 0 then
            refuse
                $"patch {image.Patch.Value} has no effect: preset '{image.Preset}' has a convolutional stem in place of patches"

        if not (isNull vision.ResNet) then
            for word, value in [ "patch", image.Patch; "layers", image.Layers; "heads", image.Heads ] do
                if value.IsSome then
                    refuse $"{word} {value.Value} has no effect: '{Encoder.origin image}' is a residual network"

            if image.PatchDropout > 0.0 then
                refuse
                    $"patch_dropout has no effect: '{Encoder.origin image}' is a residual network, which has no patches"

        if not (isNull vision.ResNet) then
            for word, size in [ "patch", image.Patch; "layers", image.Layers; "heads", image.Heads ] do
                if size.IsSome then
                    raise (
                        ArgumentException
                            $"{word} {size.Value} has no effect: preset '{image.Preset}' is a residual network; its width can be set"
                    )

        let config =
            DualEncoderConfig(
                MaximalLogitScale = maxLogitScale,
                Vision =
                    vision
                        .Sized(
                            Nullable pixels,
                            number image.Patch,
                            number image.Width,
                            number image.Layers,
                            number image.Heads
                        )
                        .Detailed(
                            Option.toNullable image.Activation,
                            Option.toNullable image.NormEpsilon,
                            image.PatchDropout,
                            image.CheckpointActivations
                        ),
                Text =
                    (Encoder.basis text)
                        .Text.Sized(Nullable contextLength, number text.Width, number text.Layers, number text.Heads)
                        .Detailed(
                            Option.toNullable text.Activation,
                            Option.toNullable text.NormEpsilon,
                            text.CheckpointActivations
                        )
                        .ForVocabulary(vocabularySize, endOfText),
                EmbedDimension =
                    match embedDim with
                    | Some size -> size
                    | None -> (Encoder.basis image).EmbedDimension
            )

        // The core names its own fields, which no script has.
        let start = 1.0 / config.InitialTemperature

        if maxLogitScale < start then
            raise (
                ArgumentException
                    $"max_logit_scale {Words.number maxLogitScale} lies below {start:F2}, where the logit scale starts"
            )

        config.Validate()

    /// What is wrong with the pair that is configured for a vocabulary of some size and its last token, whatever these are.
    let problems (configured: int -> int -> DualEncoderConfig) : string list =
        try
            configured 49408 49407 |> ignore
            []
        with
        | :? ArgumentException
        | :? System.IO.FileNotFoundException
        | :? System.IO.InvalidDataException as error -> [ (Words.message error).TrimEnd '.' ]
