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
        let vision = EncoderPresets.Vision image.Preset

        if image.Patch.IsSome && vision.StemLayers > 0 then
            raise (
                ArgumentException
                    $"patch {image.Patch.Value} has no effect: preset '{image.Preset}' has a convolutional stem in place of patches"
            )

        let config =
            DualEncoderConfig(
                MaximalLogitScale = maxLogitScale,
                Vision =
                    vision.Sized(
                        Nullable pixels,
                        number image.Patch,
                        number image.Width,
                        number image.Layers,
                        number image.Heads
                    ),
                Text =
                    EncoderPresets
                        .Text(text.Preset)
                        .Sized(Nullable contextLength, number text.Width, number text.Layers, number text.Heads)
                        .ForVocabulary(vocabularySize, endOfText),
                EmbedDimension =
                    match embedDim with
                    | Some size -> size
                    | None -> (EncoderPresets.Dual image.Preset).EmbedDimension
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
        with :? ArgumentException as error -> [ (Words.message error).TrimEnd '.' ]
