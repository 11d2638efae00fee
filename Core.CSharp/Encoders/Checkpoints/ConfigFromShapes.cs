using Research.Encoders.Formats;

namespace Research.Encoders;

/// <summary>A model's configuration from the names and shapes of its weights, and from what stands beside them.</summary>
sealed class ConfigFromShapes
{
    const int HeadWidth = 64; // of all models that OpenAI and most that open_clip trained
    const int Largest = 1 << 24; // of any one size

    readonly string path;
    readonly IReadOnlyDictionary<string, MappedWeight> weights;
    readonly SideConfig? side;
    readonly CheckpointOptions options;
    readonly Activation? trained;
    readonly List<string> assumptions;

    ConfigFromShapes(
        string path,
        IReadOnlyDictionary<string, MappedWeight> weights,
        SideConfig? side,
        CheckpointOptions options,
        Activation? trained,
        List<string> assumptions
    )
    {
        (this.path, this.weights, this.side) = (path, weights, side);
        (this.options, this.trained, this.assumptions) = (options, trained, assumptions);
    }

    /// <summary>Tells the configuration.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="weights">The weights by our names.</param>
    /// <param name="side">The configuration beside the file, if there is one.</param>
    /// <param name="options">What the caller knows.</param>
    /// <param name="trained">The activation of all weights of the layout, if it is known.</param>
    /// <param name="assumptions">Receives what nothing told, a line each.</param>
    /// <exception cref="InvalidDataException">A weight that tells a size is missing, or of a shape that no model has.</exception>
    public static DualEncoderConfig Of(
        string path,
        IReadOnlyDictionary<string, MappedWeight> weights,
        SideConfig? side,
        CheckpointOptions options,
        Activation? trained,
        List<string> assumptions
    )
    {
        try
        {
            return new ConfigFromShapes(path, weights, side, options, trained, assumptions).Dual();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"'{path}': its shapes give no model: {e.Message}", e);
        }
    }

    DualEncoderConfig Dual()
    {
        var vision = Vision();
        return new DualEncoderConfig
        {
            Vision = vision,
            Text = Text(),
            EmbedDimension = Shape("text.text_projection", 2)[1],
        }.Validate();
    }

    VisionConfig Vision() => weights.ContainsKey("visual.layer1.0.conv1.weight") ? ResNet() : Transformer();

    VisionConfig ResNet()
    {
        int Blocks(int stage)
        {
            var blocks = 0;
            while (weights.ContainsKey($"visual.layer{stage}.{blocks}.conv1.weight"))
                blocks++;
            return blocks > 0 ? blocks : throw Bad($"'visual.layer{stage}.0.conv1.weight' is missing");
        }
        return new VisionConfig
        {
            ImageSize = checked(Grid("visual.attnpool.positional_embedding", 1) * VisionConfig.ResNetReduction),
            Width = Shape("visual.conv3.weight", 4)[0],
            ResNet = new(Blocks(1), Blocks(2), Blocks(3), Blocks(4)),
            // Its nonlinearity is ReLU; the field says what presets say.
            Activation = new VisionConfig().Activation,
        };
    }

    VisionConfig Transformer()
    {
        var stem = 0;
        while (weights.ContainsKey($"visual.stem.conv{stem + 1}.weight"))
            stem++;
        var classToken = weights.ContainsKey("visual.class_embedding");
        var patch = stem > 0 ? 1 << Math.Min(stem, 30) : Shape("visual.conv1.weight", 4)[2];
        var grid = Grid("visual.positional_embedding", classToken ? 1 : 0);
        var (width, layers) = (Shape("visual.positional_embedding", 2)[1], Layers("visual.transformer"));
        var defaults = new VisionConfig();
        var config = new VisionConfig
        {
            ImageSize = checked(grid * patch),
            PatchSize = stem > 0 ? defaults.PatchSize : patch,
            Width = width,
            Layers = layers,
            Heads = Heads(
                "image",
                width,
                layers,
                options.VisionHeads ?? side?.VisionHeads,
                PresetVisionHeads(width, layers)
            ),
            MlpRatio = Ratio("visual.transformer", width),
            Pooling = classToken ? VisionPooling.ClassToken : VisionPooling.Mean,
            PreNorm = weights.ContainsKey("visual.ln_pre.weight"),
            StemLayers = stem,
            StemWidth = stem > 0 ? Shape("visual.stem.conv1.weight", 4)[0] : defaults.StemWidth,
            Activation = ActivationOf("image", side?.VisionActivation),
            LayerNormEpsilon = side?.VisionEpsilon ?? defaults.LayerNormEpsilon,
        };
        return weights.ContainsKey("visual.attn_pool.query")
            ? config with
            {
                Pooling = VisionPooling.Attention,
                PoolerQueries = Shape("visual.attn_pool.query", 2)[0],
                PoolerHeads = side?.PoolerHeads ?? defaults.PoolerHeads,
                PoolerAverage = side?.PoolerAverage ?? false,
            }
            : config;
    }

    int Grid(string positions, int extra)
    {
        var rows = Shape(positions, 2)[0];
        var grid = (int)Math.Sqrt(Math.Max(0, rows - extra));
        return grid > 0 && grid * grid == rows - extra
            ? grid
            : throw Bad($"'{positions}' has {rows} rows, which are no square of patches");
    }

    TextConfig Text()
    {
        var (vocabulary, context) = (Shape("text.token_embedding.weight", 2), Shape("text.positional_embedding", 2));
        var (width, layers) = (vocabulary[1], Layers("text.transformer"));
        return new TextConfig
        {
            VocabularySize = vocabulary[0],
            EndOfText = side?.EndOfText ?? vocabulary[0] - 1,
            ContextLength = context[0],
            Width = width,
            Layers = layers,
            Heads = Heads("text", width, layers, options.TextHeads ?? side?.TextHeads, PresetTextHeads(width, layers)),
            MlpRatio = Ratio("text.transformer", width),
            Activation = ActivationOf("text", side?.TextActivation),
            LayerNormEpsilon = side?.TextEpsilon ?? new TextConfig().LayerNormEpsilon,
        };
    }

    Activation ActivationOf(string tower, Activation? stated)
    {
        if ((options.Activation ?? stated ?? trained) is { } known)
            return known;
        assumptions.Add(
            $"{tower} activation: exact GELU, as nothing says it; weights trained with QuickGELU, as OpenAI's, would load and be wrong"
        );
        return Activation.Gelu;
    }

    int Heads(string tower, int width, int layers, int? known, int? ofPreset)
    {
        if (known is { } given)
            return given;
        if (ofPreset is { } heads)
            return heads;
        if (width % HeadWidth != 0)
            throw Bad(
                $"the {tower} tower is {width} wide, no multiple of {HeadWidth}, so its attention heads must be said: in a configuration beside the file, or as an option"
            );
        if (trained is null)
            assumptions.Add(
                $"{tower} heads: {width / HeadWidth}, each {HeadWidth} wide as usual, as no preset has {layers} x {width} (layers x width)"
            );
        return width / HeadWidth;
    }

    static int? PresetVisionHeads(int width, int layers) =>
        EncoderPresets
            .Names.Select(EncoderPresets.Vision)
            .FirstOrDefault(p => p.ResNet is null && p.Width == width && p.Layers == layers)
            ?.Heads;

    static int? PresetTextHeads(int width, int layers) =>
        EncoderPresets
            .Names.Select(EncoderPresets.Text)
            .FirstOrDefault(p => p.Width == width && p.Layers == layers)
            ?.Heads;

    int Layers(string tower)
    {
        var layers = 0;
        while (weights.ContainsKey($"{tower}.resblocks.{layers}.attn.in_proj_weight"))
            layers++;
        return layers > 0 ? layers : throw Bad($"'{tower}.resblocks.0.attn.in_proj_weight' is missing");
    }

    // A ratio whose product with the width is the hidden width again, in doubles.
    double Ratio(string tower, int width)
    {
        var hidden = Shape($"{tower}.resblocks.0.mlp.c_fc.weight", 2)[0];
        var ratio = hidden / (double)width;
        return (int)(width * ratio) == hidden ? ratio : Math.BitIncrement(ratio);
    }

    int[] Shape(string name, int dimensions)
    {
        if (!weights.TryGetValue(name, out var weight))
            throw Bad($"'{name}' is missing");
        return weight.Shape.Count == dimensions && weight.Shape.All(s => s is > 0 and <= Largest)
            ? [.. weight.Shape.Select(s => (int)s)]
            : throw Bad($"'{name}' is {TensorFile.Shown(weight.Shape)}, not {dimensions} sizes from 1 to {Largest}");
    }

    InvalidDataException Bad(string problem) =>
        new($"'{path}': no configuration can be told from its shapes: {problem}.");
}
