namespace Research.Encoders;

/// <summary>The names and shapes of a model's weights, from its configuration alone: a checkpoint is judged without building the model.</summary>
static class WeightShapes
{
    /// <summary>The weights and buffers of <see cref="DualEncoder"/> by name.</summary>
    public static Dictionary<string, long[]> Of(DualEncoderConfig config)
    {
        var shapes = new Dictionary<string, long[]>(StringComparer.Ordinal) { ["logit_scale"] = [] };
        Vision(shapes, config.Vision, config.EmbedDimension);
        Text(shapes, config.Text, config.EmbedDimension);
        return shapes;
    }

    static void Vision(Dictionary<string, long[]> shapes, VisionConfig config, long embed)
    {
        if (config.ResNet is not null)
        {
            ResNetShapes.Add(shapes, config, embed);
            return;
        }
        var width = config.Width;
        if (config.StemLayers > 0)
            Stem(shapes, config);
        else
            shapes["visual.conv1.weight"] = [width, 3, config.PatchSize, config.PatchSize];
        if (config.HasClassToken)
            shapes["visual.class_embedding"] = [width];
        shapes["visual.positional_embedding"] = [config.Tokens, width];
        if (config.PreNorm)
            Norm(shapes, "visual.ln_pre", width);
        Blocks(shapes, "visual.transformer", width, config.Layers, config.MlpRatio);
        var pooled = config.Pooling == VisionPooling.Attention ? embed : width;
        if (config.Pooling == VisionPooling.Attention)
            Pooler(shapes, "visual.attn_pool", config, embed);
        Norm(shapes, "visual.ln_post", pooled);
        shapes["visual.proj"] = [pooled, embed];
    }

    static void Pooler(Dictionary<string, long[]> shapes, string name, VisionConfig config, long embed)
    {
        shapes[$"{name}.query"] = [config.PoolerQueries, embed];
        if (embed == config.Width)
            shapes[$"{name}.attn.in_proj_weight"] = [3 * embed, embed];
        else
        {
            shapes[$"{name}.attn.q_proj_weight"] = [embed, embed];
            shapes[$"{name}.attn.k_proj_weight"] = [embed, config.Width];
            shapes[$"{name}.attn.v_proj_weight"] = [embed, config.Width];
        }
        shapes[$"{name}.attn.in_proj_bias"] = [3 * embed];
        Linear(shapes, $"{name}.attn.out_proj", embed, embed);
        Norm(shapes, $"{name}.ln_q", embed);
        Norm(shapes, $"{name}.ln_k", config.Width);
    }

    static void Text(Dictionary<string, long[]> shapes, TextConfig config, long embed)
    {
        var width = config.Width;
        shapes["text.token_embedding.weight"] = [config.VocabularySize, width];
        shapes["text.positional_embedding"] = [config.ContextLength, width];
        Blocks(shapes, "text.transformer", width, config.Layers, config.MlpRatio);
        Norm(shapes, "text.ln_final", width);
        shapes["text.text_projection"] = [width, embed];
    }

    static void Stem(Dictionary<string, long[]> shapes, VisionConfig config)
    {
        long channels = 3;
        for (var i = 0; i < config.StemLayers; i++)
        {
            var last = i == config.StemLayers - 1;
            var next = last ? config.Width : Math.Min((long)config.StemWidth << i, config.Width);
            shapes[$"visual.stem.conv{i + 1}.weight"] = [next, channels, 3, 3];
            BatchNorm(shapes, $"visual.stem.bn{i + 1}", next);
            channels = next;
        }
    }

    static void Blocks(Dictionary<string, long[]> shapes, string name, long width, int layers, double ratio)
    {
        var hidden = (long)(int)(width * ratio);
        for (var i = 0; i < layers; i++)
        {
            var block = $"{name}.resblocks.{i}";
            Norm(shapes, $"{block}.ln_1", width);
            shapes[$"{block}.attn.in_proj_weight"] = [3 * width, width];
            shapes[$"{block}.attn.in_proj_bias"] = [3 * width];
            Linear(shapes, $"{block}.attn.out_proj", width, width);
            Norm(shapes, $"{block}.ln_2", width);
            Linear(shapes, $"{block}.mlp.c_fc", hidden, width);
            Linear(shapes, $"{block}.mlp.c_proj", width, hidden);
        }
    }

    internal static void Linear(Dictionary<string, long[]> shapes, string name, long to, long from) =>
        (shapes[$"{name}.weight"], shapes[$"{name}.bias"]) = ([to, from], [to]);

    static void Norm(Dictionary<string, long[]> shapes, string name, long width) =>
        (shapes[$"{name}.weight"], shapes[$"{name}.bias"]) = ([width], [width]);

    internal static void BatchNorm(Dictionary<string, long[]> shapes, string name, long width)
    {
        Norm(shapes, name, width);
        (shapes[$"{name}.running_mean"], shapes[$"{name}.running_var"]) = ([width], [width]);
        shapes[$"{name}.num_batches_tracked"] = [];
    }
}
