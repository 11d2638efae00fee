namespace Research.Language

open Research.Encoders

/// An image or text encoder: a preset and what differs from it.
type Encoder = {
    Preset: string
    /// Width of the Transformer's residual stream.
    Width: int option
    /// Number of Transformer layers.
    Layers: int option
    /// Number of attention heads; must divide the width.
    Heads: int option
    /// Height and width of a patch; image encoders without a convolutional stem only.
    Patch: int option
} with

    interface IHas<Encoder, Encoder> with
        member encoder.Change change = change encoder

[<RequireQualifiedAccess>]
module Encoder =
    let preset name = {
        Preset = name
        Width = None
        Layers = None
        Heads = None
        Patch = None
    }

    let private together encoder = [
        match encoder.Width, encoder.Heads with
        | Some width, Some heads when width % heads <> 0 -> $"heads {heads} does not divide width {width}"
        | _ -> ()
    ]

    /// The text of a size that is not set.
    let ofPreset = "the preset's"

    let settings: Settings<Encoder> =
        let defaults = preset "vit-tiny-stem32"

        let size key get set =
            Setting.make defaults key (Value.optional ofPreset (Value.whole 1 System.Int32.MaxValue)) get set

        {
            Defaults = defaults
            Together = together
            Items = [
                Setting.make defaults "preset" (Value.name (List.ofSeq EncoderPresets.Names)) _.Preset (fun v e -> {
                    e with
                        Preset = v
                })
                size "width" _.Width (fun v e -> { e with Width = v })
                size "layers" _.Layers (fun v e -> { e with Layers = v })
                size "heads" _.Heads (fun v e -> { e with Heads = v })
                size "patch" _.Patch (fun v e -> { e with Patch = v })
            ]
        }

    let private unset sizes = [
        for key, own, preset in sizes do
            match own with
            | Some _ -> ()
            | None -> key, string preset
    ]

    /// What the preset says of an image encoder's sizes that are not set.
    let imageSizes (encoder: Encoder) : (string * string) list =
        let config = EncoderPresets.Vision encoder.Preset

        [
            yield! unset [ "width", encoder.Width, config.Width ]

            if isNull config.ResNet then
                yield!
                    unset [
                        "layers", encoder.Layers, config.Layers
                        "heads", encoder.Heads, config.Heads
                    ]

            match config.ResNet with
            | null when config.StemLayers = 0 -> yield! unset [ "patch", encoder.Patch, config.PatchSize ]
            | null -> "stem", $"{config.StemLayers} convolutions of stride 2"
            | stages -> "stages", $"{stages.First}, {stages.Second}, {stages.Third} and {stages.Fourth} residual blocks"
        ]

    /// What the preset says of a text encoder's sizes that are not set.
    let textSizes (encoder: Encoder) : (string * string) list =
        let config = EncoderPresets.Text encoder.Preset

        unset [
            "width", encoder.Width, config.Width
            "layers", encoder.Layers, config.Layers
            "heads", encoder.Heads, config.Heads
        ]

namespace Research

open Research.Language

/// Image encoders by their presets.
[<RequireQualifiedAccess>]
module Vit =
    /// For 32 pixels on a few cores: three stride-2 convolutions to 16 tokens, then two layers of width 96.
    let tiny = Encoder.preset "vit-tiny-stem32"

    /// ViT-S/16: width 384, 12 layers.
    let small16 = Encoder.preset "ViT-S-16"

    /// CLIP's ViT-B/32: width 768, 12 layers.
    let base32 = Encoder.preset "ViT-B-32"

    /// CLIP's ViT-B/16: width 768, 12 layers.
    let base16 = Encoder.preset "ViT-B-16"

    /// CLIP's ViT-L/14: width 1024, 24 layers.
    let large14 = Encoder.preset "ViT-L-14"

/// Text encoders by the presets that they go with.
[<RequireQualifiedAccess>]
module Transformer =
    /// One layer of width 96 with mean pooling.
    let tiny = Encoder.preset "vit-tiny-stem32"

    /// Goes with ViT-S: width 384, 12 layers.
    let small = Encoder.preset "ViT-S-16"

    /// CLIP's, goes with ViT-B: width 512, 12 layers.
    let ``base`` = Encoder.preset "ViT-B-32"

    /// CLIP's, goes with ViT-L: width 768, 12 layers.
    let large = Encoder.preset "ViT-L-14"

/// What an encoder's preset is changed by: `Vit.tiny |> width 128 |> layers 4`.
[<AutoOpen>]
module EncoderWords =
    let private set key (value: 'v) (encoder: Encoder) =
        Settings.set Encoder.settings key value encoder

    /// An image or text encoder by the name of its preset, such as "ViT-B-32"; an unknown name lists the known.
    let encoder (name: string) =
        if Seq.contains name Research.Encoders.EncoderPresets.Names then
            Encoder.preset name
        else
            UserError.fail
                $"encoder \"{name}\" is no preset; known are {Words.list Research.Encoders.EncoderPresets.Names}"

    /// Width of the Transformer's residual stream.
    let width (size: int) encoder = set "width" (Some size) encoder

    /// Number of Transformer layers.
    let layers (count: int) encoder = set "layers" (Some count) encoder

    /// Number of attention heads; must divide the width.
    let heads (count: int) encoder = set "heads" (Some count) encoder

    /// Height and width of an image encoder's patches.
    let patch (size: int) encoder = set "patch" (Some size) encoder
