namespace Research

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
}

[<RequireQualifiedAccess>]
module Encoder =
    let preset name = {
        Preset = name
        Width = None
        Layers = None
        Heads = None
        Patch = None
    }

    let private positive keyword value =
        match value with
        | Some value when value < 1 -> [ $"{keyword} {value} must be at least 1" ]
        | _ -> []

    let problems encoder = [
        yield! positive "width" encoder.Width
        yield! positive "layers" encoder.Layers
        yield! positive "heads" encoder.Heads
        yield! positive "patch" encoder.Patch
        match encoder.Width, encoder.Heads with
        | Some width, Some heads when heads > 0 && width % heads <> 0 -> $"heads {heads} does not divide width {width}"
        | _ -> ()
    ]

    let encode encoder =
        Json.object [
            "preset", Some(Json.text encoder.Preset)
            "width", Option.map Json.integer encoder.Width
            "layers", Option.map Json.integer encoder.Layers
            "heads", Option.map Json.integer encoder.Heads
            "patch", Option.map Json.integer encoder.Patch
        ]

    let decode (fields: JsonFields) =
        let encoder = {
            Preset = fields.Text "preset"
            Width = fields.TryInteger "width"
            Layers = fields.TryInteger "layers"
            Heads = fields.TryInteger "heads"
            Patch = fields.TryInteger "patch"
        }

        fields.Done()
        encoder

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
module EncoderKeywords =
    let private valid encoder =
        Encoder.problems encoder |> Mistake.failAny
        encoder

    /// An image or text encoder by the name of its preset, such as "ViT-B-32"; an unknown name lists the known.
    let encoder name =
        if Seq.contains name Research.Encoders.EncoderPresets.Names then
            Encoder.preset name
        else
            Mistake.fail
                $"encoder \"{name}\" is no preset; known are {Words.list Research.Encoders.EncoderPresets.Names}"

    /// Width of the Transformer's residual stream.
    let width size (encoder: Encoder) =
        valid { encoder with Width = Some size }

    /// Number of Transformer layers.
    let layers count (encoder: Encoder) =
        valid { encoder with Layers = Some count }

    /// Number of attention heads; must divide the width.
    let heads count (encoder: Encoder) =
        valid { encoder with Heads = Some count }

    /// Height and width of an image encoder's patches.
    let patch size (encoder: Encoder) =
        valid { encoder with Patch = Some size }
