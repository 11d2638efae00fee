using System.Text.Json;

namespace Research.Encoders;

/// <summary>open_clip's "open_clip_config.json", read and written. [P] its model.py (CLIPVisionCfg, CLIPTextCfg) and push_to_hf_hub.py.</summary>
static class OpenClipConfig
{
    /// <summary>The file's name.</summary>
    public const string FileName = "open_clip_config.json";

    const double HeadWidth = 64;

    // What changes the towers' arithmetic or names, where it is set to anything.
    static readonly string[] foreignVision =
    [
        "timm_model_name",
        "ls_init_value",
        "final_ln_after_pool",
        "block_type",
        "qk_norm",
        "scaled_cosine_attn",
        "scale_heads",
        "scale_attn_inner",
        "scale_attn",
        "scale_fc",
        "act_kwargs",
    ];

    static readonly string[] foreignText =
    [
        "hf_model_name",
        "ls_init_value",
        "embed_cls",
        "no_causal_mask",
        "final_ln_after_pool",
        "proj_bias",
        "block_type",
        "qk_norm",
        "scaled_cosine_attn",
        "scale_heads",
        "scale_attn_inner",
        "scale_attn",
        "scale_fc",
        "act_kwargs",
    ];

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is not a JSON object, or has no towers.</exception>
    public static SideConfig Read(string path) => SideConfig.Parsed(path, json => Read(path, json));

    static SideConfig Read(string path, JsonElement json)
    {
        var model = json.Part("model_cfg") ?? json;
        if (model.Part("vision_cfg") is not { } vision || model.Part("text_cfg") is not { } text)
            throw new InvalidDataException(
                $"'{path}' has no 'vision_cfg' and 'text_cfg': it is no configuration of open_clip."
            );
        var activation = model.Truth("quick_gelu") == true ? Activation.QuickGelu : Activation.Gelu;
        var stated = new Dictionary<string, long>();
        State("embedding dimension", model.Whole("embed_dim"));
        State("image size", vision.Whole("image_size"));
        State("patch size", vision.Whole("patch_size"));
        State("image width", vision.Whole("width"));
        State("image layers", vision.Whole("layers"));
        State("vocabulary size", text.Whole("vocab_size"));
        State("context length", text.Whole("context_length"));
        State("text width", text.Whole("width"));
        State("text layers", text.Whole("layers"));
        var faults = new List<string>();
        foreach (var key in foreignVision.Where(k => vision.Sets(k)))
            faults.Add($"{FileName}: vision_cfg.{key} is {vision.Shown(key)}, which the image towers here do not have");
        foreach (var key in foreignText.Where(k => text.Sets(k)))
            faults.Add($"{FileName}: text_cfg.{key} is {text.Shown(key)}, which the text towers here do not have");
        var pooler = vision.Truth("attentional_pool") == true;
        if (!pooler && vision.Sets("attentional_pool"))
            faults.Add(
                $"{FileName}: vision_cfg.attentional_pool is {vision.Shown("attentional_pool")}; only true is read"
            );
        if (vision.Text("pool_type") is not (null or "tok") && !(pooler && vision.Text("pool_type") == "avg"))
            faults.Add(
                $"{FileName}: vision_cfg.pool_type is {vision.Shown("pool_type")}; 'tok' is read, and 'avg' with attentional_pool"
            );
        if (text.Text("pool_type") is not (null or "argmax" or "eos"))
            faults.Add(
                $"{FileName}: text_cfg.pool_type is {text.Shown("pool_type")}; only 'argmax' and 'eos' are read"
            );
        if (text.Text("text_arch") is not (null or "clip"))
            faults.Add($"{FileName}: text_cfg.text_arch is {text.Shown("text_arch")}; only 'clip' is read");
        var processing = json.Part("preprocess_cfg");
        return new SideConfig
        {
            Name = FileName,
            VisionActivation = activation,
            TextActivation = activation,
            VisionHeads =
                vision.Whole("layers") is not null && vision.Whole("width") is { } width
                    ? (int)(width / (vision.Number("head_width") ?? HeadWidth))
                    : null,
            TextHeads = text.Whole("heads") ?? 8,
            VisionEpsilon = vision.Part("norm_kwargs")?.Number("eps"),
            TextEpsilon = text.Part("norm_kwargs")?.Number("eps"),
            PoolerHeads = vision.Whole("attn_pooler_heads"),
            PoolerAverage = vision.Text("pool_type") == "avg",
            EndOfText = text.Text("pool_type") == "eos" ? text.Whole("eos_id") : null,
            ImageMean = processing?.Three("mean"),
            ImageDeviation = processing?.Three("std"),
            Stated = stated,
            Faults = faults,
        };

        void State(string what, int? size)
        {
            if (size is { } known)
                stated[what] = known;
        }
    }

    /// <summary>The file's content for a model.</summary>
    public static Dictionary<string, object?> Of(DualEncoderConfig config, CheckpointLayout layout)
    {
        var (vision, text) = (config.Vision, config.Text);
        var image = new Dictionary<string, object?> { ["image_size"] = vision.ImageSize, ["width"] = vision.Width };
        if (vision.ResNet is { } stages)
            (image["layers"], image["patch_size"]) = (stages.Blocks, null);
        else
            Transformer(image, vision);
        var caption = new Dictionary<string, object?>
        {
            ["context_length"] = text.ContextLength,
            ["vocab_size"] = text.VocabularySize,
            ["width"] = text.Width,
            ["heads"] = text.Heads,
            ["layers"] = text.Layers,
            ["mlp_ratio"] = text.MlpRatio,
        };
        Epsilon(caption, text.LayerNormEpsilon);
        if (text.EndOfText != text.VocabularySize - 1)
            (caption["pool_type"], caption["eos_id"]) = ("eos", text.EndOfText);
        var model = new Dictionary<string, object?>
        {
            ["embed_dim"] = config.EmbedDimension,
            ["quick_gelu"] = text.Activation == Activation.QuickGelu,
            ["vision_cfg"] = image,
            ["text_cfg"] = caption,
        };
        if (layout == CheckpointLayout.OpenClipCustomText)
            model["custom_text"] = true;
        return new()
        {
            ["model_cfg"] = model,
            ["preprocess_cfg"] = new Dictionary<string, object?>
            {
                ["mean"] = CheckpointFile.ClipMean,
                ["std"] = CheckpointFile.ClipDeviation,
            },
        };
    }

    static void Transformer(Dictionary<string, object?> image, VisionConfig vision)
    {
        image["layers"] = vision.Layers;
        image["head_width"] = vision.Width / vision.Heads;
        image["patch_size"] = vision.PatchSize;
        image["mlp_ratio"] = vision.MlpRatio;
        Epsilon(image, vision.LayerNormEpsilon);
        if (!vision.PreNorm)
            image["no_ln_pre"] = true;
        if (vision.Pooling != VisionPooling.Attention)
            return;
        image["attentional_pool"] = true;
        image["attn_pooler_queries"] = vision.PoolerQueries;
        image["attn_pooler_heads"] = vision.PoolerHeads;
        image["pool_type"] = vision.PoolerAverage ? "avg" : "tok";
    }

    static void Epsilon(Dictionary<string, object?> tower, double epsilon)
    {
        if (epsilon != new TextConfig().LayerNormEpsilon)
            tower["norm_kwargs"] = new Dictionary<string, object?> { ["eps"] = epsilon };
    }
}
