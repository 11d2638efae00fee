namespace Research.Language

open Research.Encoders

/// An image or text encoder: a preset or a checkpoint's architecture, and what differs from it.
type Encoder = {
    Preset: string
    /// The checkpoint whose architecture replaces the preset's.
    Checkpoint: string option
    /// Width of the Transformer's residual stream.
    Width: int option
    /// Number of Transformer layers.
    Layers: int option
    /// Number of attention heads; must divide the width.
    Heads: int option
    /// Height and width of a patch; image encoders without a convolutional stem only.
    Patch: int option
    /// The nonlinearity of the feed-forward layers.
    Activation: Research.Encoders.Activation option
    /// The epsilon of layer norms.
    NormEpsilon: float option
    /// The share of an image's patches that a training step leaves out, in [0, 1).
    PatchDropout: float
    /// Whether blocks are computed again in the backward pass instead of being kept.
    CheckpointActivations: bool
} with

    interface IHas<Encoder, Encoder> with
        member encoder.Change change = change encoder

[<RequireQualifiedAccess>]
module Encoder =
    let preset name = {
        Preset = name
        Checkpoint = None
        Width = None
        Layers = None
        Heads = None
        Patch = None
        Activation = None
        NormEpsilon = None
        PatchDropout = 0.0
        CheckpointActivations = false
    }

    let private together encoder = [
        if
            encoder.Checkpoint.IsSome
            && (encoder.Width.IsSome
                || encoder.Layers.IsSome
                || encoder.Heads.IsSome
                || encoder.Patch.IsSome)
        then
            "width, layers, heads and patch are the checkpoint's: leave them out, or take a preset"
        match encoder.Width, encoder.Heads with
        | Some width, Some heads when width % heads <> 0 -> $"heads {heads} does not divide width {width}"
        | _ -> ()
    ]

    /// The text of a size that is not set.
    let ofPreset = "the preset's"

    let activations =
        Value.oneOf [
            "gelu", Research.Encoders.Activation.Gelu
            "quick_gelu", Research.Encoders.Activation.QuickGelu
        ]

    /// A checkpoint counts by its content.
    let identity (place: string option) =
        place |> Option.map (WeightFiles.identity >> Json.text)

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
                Setting.make defaults "checkpoint" (Value.optional "none" Value.text) _.Checkpoint (fun v e -> {
                    e with
                        Checkpoint = v
                })
                |> Setting.word "encoder_of"
                |> Setting.hashedAs (_.Checkpoint >> identity)
                size "width" _.Width (fun v e -> { e with Width = v })
                size "layers" _.Layers (fun v e -> { e with Layers = v })
                size "heads" _.Heads (fun v e -> { e with Heads = v })
                size "patch" _.Patch (fun v e -> { e with Patch = v })
                Setting.make defaults "activation" (Value.optional ofPreset activations) _.Activation (fun v e -> {
                    e with
                        Activation = v
                })
                Setting.make
                    defaults
                    "norm_epsilon"
                    (Value.optional ofPreset (Value.number "(0, 1)"))
                    _.NormEpsilon
                    (fun v e -> { e with NormEpsilon = v })
                Setting.make defaults "patch_dropout" (Value.number "[0, 1)") _.PatchDropout (fun v e -> {
                    e with
                        PatchDropout = v
                })
                |> Setting.because "[R] CLIP; FLIP takes 0.5"
                Setting.make defaults "checkpoint_activations" Value.flag _.CheckpointActivations (fun v e -> {
                    e with
                        CheckpointActivations = v
                })
                |> Setting.because "faster where memory allows"
            ]
        }

    let private known =
        System.Collections.Concurrent.ConcurrentDictionary<string * System.DateTime, DualEncoderConfig>()

    /// The configuration of a checkpoint that says its own.
    /// Throws FileNotFoundException where there is none, and ArgumentException where it does not load or does not say what it is.
    let configOf (place: string) : DualEncoderConfig =
        if WeightFiles.isRun place then
            raise (
                System.ArgumentException
                    $"encoder_of \"{place}\" is a run: write the encoders of its script, and start_from for its weights"
            )

        let path = WeightFiles.file place

        known.GetOrAdd(
            (path, System.IO.File.GetLastWriteTimeUtc path),
            fun _ ->
                use file = Checkpoints.Open path

                match file.Config with
                | null ->
                    let faults = String.concat "; " file.Faults
                    raise (System.ArgumentException $"'{path}' says no architecture: {faults}")
                | config -> config
        )

    /// What the encoder is made of before its own settings change it, image and text with the width of the joint space.
    let basis (encoder: Encoder) : DualEncoderConfig =
        match encoder.Checkpoint with
        | Some place -> configOf place
        | None -> EncoderPresets.Dual encoder.Preset

    /// Where the basis comes from, for people.
    let origin (encoder: Encoder) =
        encoder.Checkpoint
        |> Option.map (fun place -> System.IO.Path.GetFileName(place.TrimEnd '/') |> string)
        |> Option.defaultValue encoder.Preset

    let private unset sizes = [
        for key, own, preset in sizes do
            match own with
            | Some _ -> ()
            | None -> key, string preset
    ]

    /// What the preset says of an image encoder's sizes that are not set.
    let imageSizes (encoder: Encoder) : (string * string) list =
        let config = (basis encoder).Vision

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
        let config = (basis encoder).Text

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

    /// CLIP's ViT-L/14 for 336 pixels.
    let large14_336 = Encoder.preset "ViT-L-14-336"

    /// open_clip's ViT-H/14: width 1280, 32 layers.
    let huge14 = Encoder.preset "ViT-H-14"

/// CLIP's modified residual networks with attention pooling.
[<RequireQualifiedAccess>]
module ResNet =
    /// For 32 pixels on a few cores.
    let tiny = Encoder.preset "rn-tiny"

    /// CLIP's RN50.
    let rn50 = Encoder.preset "RN50"

    /// CLIP's RN101.
    let rn101 = Encoder.preset "RN101"

    /// CLIP's RN50x4, for 288 pixels.
    let rn50x4 = Encoder.preset "RN50x4"

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

    /// open_clip's, goes with ViT-H: width 1024, 24 layers.
    let huge = Encoder.preset "ViT-H-14"

/// What an encoder's preset is changed by: `Vit.tiny |> width 128 |> layers 4`.
[<AutoOpen>]
module EncoderWords =
    let private set key (value: 'v) (encoder: Encoder) =
        Settings.set Encoder.settings key value encoder

    /// An image or text encoder by the name of its preset, such as "ViT-B-32"; an unknown name lists the known: `image (encoder "ViT-B-32")`.
    let encoder (name: string) =
        if Seq.contains name Research.Encoders.EncoderPresets.Names then
            Encoder.preset name
        else
            UserError.fail
                $"encoder \"{name}\" is no preset; known are {Words.list Research.Encoders.EncoderPresets.Names}"

    /// Width of the Transformer's residual stream: `Vit.tiny |> width 128`.
    let width (size: int) encoder = set "width" (Some size) encoder

    /// Number of Transformer layers: `Vit.tiny |> layers 4`.
    let layers (count: int) encoder = set "layers" (Some count) encoder

    /// Number of attention heads; must divide the width: `Vit.tiny |> heads 4`.
    let heads (count: int) encoder = set "heads" (Some count) encoder

    /// Height and width of an image encoder's patches: `Vit.base32 |> patch 16`.
    let patch (size: int) encoder = set "patch" (Some size) encoder

    /// An image or text encoder with the architecture of a checkpoint, which is any file or folder that says its own: `image (encoder_of "FILE")`.
    /// Its weights are another matter: see start_from.
    let encoder_of (checkpoint: string) = {
        Encoder.preset Encoder.settings.Defaults.Preset with
            Checkpoint = Some checkpoint
    }

    /// Exact GELU, open_clip's nonlinearity.
    let gelu = Research.Encoders.Activation.Gelu

    /// x sigmoid(1.702 x), the nonlinearity of OpenAI's CLIP.
    let quick_gelu = Research.Encoders.Activation.QuickGelu

    /// The nonlinearity of the feed-forward layers, gelu or quick_gelu: `Vit.base32 |> activation quick_gelu`.
    let activation (kind: Research.Encoders.Activation) encoder = set "activation" (Some kind) encoder

    /// The epsilon of layer norms: `Vit.base16 |> norm_epsilon 1e-6`.
    let norm_epsilon (epsilon: float) encoder =
        set "norm_epsilon" (Some epsilon) encoder

    /// Leave this share of an image's patches out in every training step, at random (FLIP): `Vit.base16 |> patch_dropout 0.5`.
    let patch_dropout (share: float) encoder = set "patch_dropout" share encoder

    /// Compute blocks again in the backward pass instead of keeping them, which takes less memory and more time:
    /// `Vit.base16 |> checkpoint_activations`.
    let checkpoint_activations encoder =
        set "checkpoint_activations" true encoder
