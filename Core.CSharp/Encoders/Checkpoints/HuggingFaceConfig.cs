using System.Text.Json;

namespace Research.Encoders;

/// <summary>
/// Hugging Face's "config.json" of a CLIPModel and its "preprocessor_config.json", read and written. [P] its configuration_clip.py, whose
/// defaults hold for what a file leaves out.
/// </summary>
static class HuggingFaceConfig
{
    /// <summary>The file of the model.</summary>
    public const string FileName = "config.json";

    /// <summary>The file of what is done to pictures.</summary>
    public const string ProcessorName = "preprocessor_config.json";

    // Files written before the id was corrected say 2; their models then pool at the largest id.
    const int OldEndOfText = 2;

    /// <summary>Reads the two files; the second may be missing.</summary>
    /// <exception cref="InvalidDataException">One is not a JSON object, or the first has no towers.</exception>
    public static SideConfig Read(string path)
    {
        var side = SideConfig.Parsed(path, json => Read(path, json));
        var processor = Path.Combine(Path.GetDirectoryName(path)!, ProcessorName);
        return File.Exists(processor)
            ? SideConfig.Parsed(
                processor,
                json => side with { ImageMean = json.Three("image_mean"), ImageDeviation = json.Three("image_std") }
            )
            : side;
    }

    static SideConfig Read(string path, JsonElement json)
    {
        var faults = new List<string>();
        if (json.Text("model_type") is not (null or "clip"))
            faults.Add($"{FileName}: model_type is {json.Shown("model_type")}; only 'clip' is read");
        if (json.Part("vision_config") is not { } vision || json.Part("text_config") is not { } text)
            throw new InvalidDataException(
                $"'{path}' has no 'vision_config' and 'text_config': it is no configuration of a CLIPModel."
            );
        var stated = new Dictionary<string, long>();
        State("embedding dimension", json.Whole("projection_dim") ?? 512);
        State("image size", vision.Whole("image_size"));
        State("patch size", vision.Whole("patch_size"));
        State("image width", vision.Whole("hidden_size"));
        State("image layers", vision.Whole("num_hidden_layers"));
        State("vocabulary size", text.Whole("vocab_size"));
        State("context length", text.Whole("max_position_embeddings"));
        State("text width", text.Whole("hidden_size"));
        State("text layers", text.Whole("num_hidden_layers"));
        return new SideConfig
        {
            Name = FileName,
            VisionActivation = ActivationOf("vision_config", vision, faults),
            TextActivation = ActivationOf("text_config", text, faults),
            VisionHeads = vision.Whole("num_attention_heads") ?? 12,
            TextHeads = text.Whole("num_attention_heads") ?? 8,
            VisionEpsilon = vision.Number("layer_norm_eps"),
            TextEpsilon = text.Number("layer_norm_eps"),
            EndOfText = text.Whole("eos_token_id") is { } end and not OldEndOfText ? end : null,
            Stated = stated,
            Faults = faults,
        };

        void State(string what, int? size)
        {
            if (size is { } known)
                stated[what] = known;
        }
    }

    static Activation? ActivationOf(string part, JsonElement tower, List<string> faults)
    {
        switch (tower.Text("hidden_act"))
        {
            case null or "quick_gelu":
                return Activation.QuickGelu;
            case "gelu":
                return Activation.Gelu;
            default:
                faults.Add(
                    $"{FileName}: {part}.hidden_act is {tower.Shown("hidden_act")}; 'gelu' and 'quick_gelu' are read"
                );
                return null;
        }
    }

    /// <summary>The content of "config.json" for a model.</summary>
    public static Dictionary<string, object?> Of(DualEncoderConfig config)
    {
        var (vision, text) = (config.Vision, config.Text);
        return new()
        {
            ["architectures"] = new[] { "CLIPModel" },
            ["model_type"] = "clip",
            ["projection_dim"] = config.EmbedDimension,
            ["logit_scale_init_value"] = Math.Log(1 / config.InitialTemperature),
            ["vision_config"] = new Dictionary<string, object?>
            {
                ["model_type"] = "clip_vision_model",
                ["image_size"] = vision.ImageSize,
                ["patch_size"] = vision.PatchSize,
                ["hidden_size"] = vision.Width,
                ["intermediate_size"] = (int)(vision.Width * vision.MlpRatio),
                ["num_hidden_layers"] = vision.Layers,
                ["num_attention_heads"] = vision.Heads,
                ["hidden_act"] = NameOf(vision.Activation),
                ["layer_norm_eps"] = vision.LayerNormEpsilon,
                ["projection_dim"] = config.EmbedDimension,
            },
            ["text_config"] = new Dictionary<string, object?>
            {
                ["model_type"] = "clip_text_model",
                ["vocab_size"] = text.VocabularySize,
                ["max_position_embeddings"] = text.ContextLength,
                ["hidden_size"] = text.Width,
                ["intermediate_size"] = (int)(text.Width * text.MlpRatio),
                ["num_hidden_layers"] = text.Layers,
                ["num_attention_heads"] = text.Heads,
                ["hidden_act"] = NameOf(text.Activation),
                ["layer_norm_eps"] = text.LayerNormEpsilon,
                ["projection_dim"] = config.EmbedDimension,
                ["eos_token_id"] = text.EndOfText,
            },
        };
    }

    /// <summary>The content of "preprocessor_config.json" for a model.</summary>
    public static Dictionary<string, object?> ProcessorOf(DualEncoderConfig config)
    {
        var side = config.Vision.ImageSize;
        return new()
        {
            ["image_processor_type"] = "CLIPImageProcessor",
            ["do_resize"] = true,
            ["size"] = new Dictionary<string, object?> { ["shortest_edge"] = side },
            ["resample"] = 3, // bicubic
            ["do_center_crop"] = true,
            ["crop_size"] = new Dictionary<string, object?> { ["height"] = side, ["width"] = side },
            ["do_rescale"] = true,
            ["do_normalize"] = true,
            ["do_convert_rgb"] = true,
            ["image_mean"] = CheckpointFile.ClipMean,
            ["image_std"] = CheckpointFile.ClipDeviation,
        };
    }

    static string NameOf(Activation activation) => activation == Activation.QuickGelu ? "quick_gelu" : "gelu";
}
