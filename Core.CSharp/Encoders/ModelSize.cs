namespace Research.Encoders;

/// <summary>
/// How large a model is and how much work a step of it is, from its configuration alone: no weight is made.
/// </summary>
public static class ModelSize
{
    /// <summary>The number of trained values, exactly.</summary>
    /// <param name="config">A valid configuration.</param>
    public static long Parameters(DualEncoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Image(config).Parameters + Text(config).Parameters + 1; // the logit scale
    }

    /// <summary>Floating-point operations to encode one image: products only, a multiplication with its addition as two.</summary>
    /// <inheritdoc cref="Parameters"/>
    public static double ImageFlops(DualEncoderConfig config) => Image(config).Flops;

    /// <summary>Floating-point operations to encode one caption of the full context length, counted as those of an image.</summary>
    /// <inheritdoc cref="Parameters"/>
    public static double TextFlops(DualEncoderConfig config) => Text(config).Flops;

    /// <summary>Floating-point operations of one training step, products only: a backward pass counts as two forward passes.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="batch">Pairs.</param>
    public static double StepFlops(DualEncoderConfig config, int batch)
    {
        ArgumentNullException.ThrowIfNull(config);
        var similarities = 2.0 * batch * config.EmbedDimension; // a pair's row of the matrix
        var image = Image(config);
        var text = Text(config);
        return batch * (3 * (image.Flops + text.Flops + similarities) + image.AgainFlops + text.AgainFlops);
    }

    /// <summary>
    /// Values that a training step keeps of one pair for its backward pass, float32 or, in products under bfloat16, half as large: an
    /// estimate, without what libtorch needs for a while within an operator. With checkpointed activations: the blocks' inputs, and one block.
    /// </summary>
    /// <inheritdoc cref="Parameters"/>
    public static double Activations(DualEncoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Image(config).Activations + Text(config).Activations;
    }

    /// <summary>Of one encoder; the work that checkpointing repeats stands apart.</summary>
    readonly record struct Size(long Parameters, double Flops, double Activations, double AgainFlops = 0);

    /// <summary>A convolution with batch norm: kernel k x k, to positions of the output.</summary>
    readonly record struct Convolution(long From, long To, int Kernel, long Positions)
    {
        public long Parameters => Kernel * Kernel * From * To + 2 * To;
        public double Flops => 2.0 * Kernel * Kernel * From * To * Positions;

        /// <summary>The norm's input, and the nonlinearity's result, which is the next one's input.</summary>
        public double Activations => 2.0 * To * Positions;
    }

    static Size Image(DualEncoderConfig config) =>
        config.Vision.ResNet is null ? Transformer(config) : ResNet(config.Vision, config.EmbedDimension);

    static Size Transformer(DualEncoderConfig config)
    {
        var (vision, embed) = (config.Vision, (long)config.EmbedDimension);
        long width = vision.Width;
        long pixels = 3L * vision.PatchSize * vision.PatchSize;
        long grid = (long)vision.GridSize * vision.GridSize;
        var seen = grid;
        if (vision.PatchDropout > 0)
            seen = PatchDropout.Staying(grid, vision.PatchDropout);
        if (vision.HasClassToken)
            seen++;
        var entrance =
            vision.StemLayers > 0
                ? Sum(Stem(vision))
                : new Size(pixels * width, 2.0 * pixels * width * grid, grid * (pixels + width));
        var blocks = Blocks(
            width,
            vision.MlpRatio,
            vision.Layers,
            seen,
            vision.Heads,
            vision.Activation,
            vision.CheckpointActivations
        );
        var (pooled, pooler) = (width, new Size());
        if (vision.Pooling == VisionPooling.Attention)
        {
            long queries = vision.PoolerAverage ? vision.PoolerQueries - 1 : 1;
            pooled = embed;
            pooler = new(
                vision.PoolerQueries * embed
                    + 2 * embed * embed
                    + 2 * embed * width
                    + 4 * embed
                    + 2 * embed
                    + 2 * width,
                4.0 * queries * embed * embed + 4.0 * seen * width * embed + 4.0 * queries * seen * embed,
                seen * (width + 2.0 * embed) + 4.0 * queries * embed
            );
        }
        var rest =
            vision.Tokens * width // positions
            + (vision.HasClassToken ? width : 0)
            + (vision.PreNorm ? 2 * width : 0)
            + 2 * pooled
            + pooled * embed;
        return new(
            entrance.Parameters + blocks.Parameters + pooler.Parameters + rest,
            entrance.Flops + blocks.Flops + pooler.Flops + 2.0 * pooled * embed,
            entrance.Activations
                + blocks.Activations
                + pooler.Activations
                + seen * width * (vision.PreNorm ? 2.0 : 1.0),
            blocks.AgainFlops
        );
    }

    static Size Text(DualEncoderConfig config)
    {
        var text = config.Text;
        long width = text.Width;
        var blocks = Blocks(
            width,
            text.MlpRatio,
            text.Layers,
            text.ContextLength,
            text.Heads,
            text.Activation,
            text.CheckpointActivations
        );
        return new(
            (text.VocabularySize + text.ContextLength) * width
                + blocks.Parameters
                + 2 * width
                + width * config.EmbedDimension,
            blocks.Flops + 2.0 * width * config.EmbedDimension,
            blocks.Activations + (double)text.ContextLength * width,
            blocks.AgainFlops
        );
    }

    static Size Blocks(long width, double ratio, int layers, long tokens, int heads, Activation activation, bool again)
    {
        long hidden = (int)(width * ratio);
        var parameters = 4 * width * width + 4 * width + 2 * width * hidden + hidden + width + 4 * width;
        // The scores and the weighted sum are 2 n^2 w each.
        var flops = (2.0 * (4 * width * width + 2 * width * hidden) + 4.0 * tokens * width) * tokens;
        // Two residual sums, two norms, query, key and value, attention and its reordered copy; before and after the nonlinearity.
        var inside = tokens * (9.0 * width + (activation == Activation.QuickGelu ? 3 : 2) * hidden + heads);
        return new(
            layers * parameters,
            layers * flops,
            again ? layers * (double)tokens * width + inside : layers * inside,
            again ? layers * flops : 0
        );
    }

    static IEnumerable<Convolution> Stem(VisionConfig vision)
    {
        long channels = 3;
        for (var i = 0; i < vision.StemLayers; i++)
        {
            var next = i == vision.StemLayers - 1 ? vision.Width : Math.Min((long)vision.StemWidth << i, vision.Width);
            long side = vision.ImageSize >> (i + 1);
            yield return new(channels, next, 3, side * side);
            channels = next;
        }
    }

    static Size ResNet(VisionConfig vision, long embed)
    {
        var convolutions = Sum(Residual(vision));
        long width = (long)vision.Width * VisionConfig.ResNetExpansion;
        var tokens = (long)vision.Tokens;
        return new(
            convolutions.Parameters + tokens * width + 3 * (width * width + width) + width * embed + embed,
            convolutions.Flops + 2.0 * width * width * (2 * tokens + 1) + 4.0 * tokens * width + 2.0 * width * embed,
            convolutions.Activations + 3.0 * tokens * width
        );
    }

    static IEnumerable<Convolution> Residual(VisionConfig vision)
    {
        long Area(int reduction) => (long)(vision.ImageSize / reduction) * (vision.ImageSize / reduction);
        long width = vision.Width;
        yield return new(3, width / 2, 3, Area(2));
        yield return new(width / 2, width / 2, 3, Area(2));
        yield return new(width / 2, width, 3, Area(2));
        var (channels, reduction) = (width, 4);
        foreach (var (stage, blocks) in vision.ResNet!.Blocks.Index())
            for (var i = 0; i < blocks; i++)
            {
                var planes = width << stage;
                var output = Bottleneck.Expansion * planes;
                yield return new(channels, planes, 1, Area(reduction));
                yield return new(planes, planes, 3, Area(reduction));
                if (stage > 0 && i == 0)
                    reduction *= 2;
                yield return new(planes, output, 1, Area(reduction));
                if (i == 0)
                    yield return new(channels, output, 1, Area(reduction));
                channels = output;
            }
    }

    static Size Sum(IEnumerable<Convolution> convolutions)
    {
        var all = convolutions.ToList();
        return new(all.Sum(c => c.Parameters), all.Sum(c => c.Flops), all.Sum(c => c.Activations));
    }
}
