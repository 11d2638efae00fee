namespace Research.Encoders;

/// <summary>Other sizes for a preset, where null leaves the preset's own.</summary>
public static class ConfigSizes
{
    /// <summary>An image encoder's configuration with other sizes. Nothing is checked; see <see cref="VisionConfig.Validate"/>.</summary>
    public static VisionConfig Sized(
        this VisionConfig config,
        int? imageSize = null,
        int? patchSize = null,
        int? width = null,
        int? layers = null,
        int? heads = null
    ) =>
        config with
        {
            ImageSize = imageSize ?? config.ImageSize,
            PatchSize = patchSize ?? config.PatchSize,
            Width = width ?? config.Width,
            Layers = layers ?? config.Layers,
            Heads = heads ?? config.Heads,
        };

    /// <summary>A text encoder's configuration with other sizes. Nothing is checked; see <see cref="TextConfig.Validate"/>.</summary>
    public static TextConfig Sized(
        this TextConfig config,
        int? contextLength = null,
        int? width = null,
        int? layers = null,
        int? heads = null
    ) =>
        config with
        {
            ContextLength = contextLength ?? config.ContextLength,
            Width = width ?? config.Width,
            Layers = layers ?? config.Layers,
            Heads = heads ?? config.Heads,
        };

    /// <summary>An image encoder's configuration with other layers' details, where null leaves its own.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="activation">The nonlinearity.</param>
    /// <param name="normEpsilon">The epsilon of layer norms.</param>
    /// <param name="patchDropout">The share of patches that training leaves out.</param>
    /// <param name="checkpointActivations">Whether blocks are computed again in the backward pass.</param>
    public static VisionConfig Detailed(
        this VisionConfig config,
        Activation? activation,
        double? normEpsilon,
        double patchDropout,
        bool checkpointActivations
    ) =>
        config with
        {
            Activation = activation ?? config.Activation,
            LayerNormEpsilon = normEpsilon ?? config.LayerNormEpsilon,
            PatchDropout = patchDropout,
            CheckpointActivations = checkpointActivations,
        };

    /// <summary>A text encoder's configuration with other layers' details, where null leaves its own.</summary>
    /// <inheritdoc cref="Detailed(VisionConfig, Activation?, double?, double, bool)"/>
    public static TextConfig Detailed(
        this TextConfig config,
        Activation? activation,
        double? normEpsilon,
        bool checkpointActivations
    ) =>
        config with
        {
            Activation = activation ?? config.Activation,
            LayerNormEpsilon = normEpsilon ?? config.LayerNormEpsilon,
            CheckpointActivations = checkpointActivations,
        };

    /// <summary>A text encoder's configuration for another vocabulary.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="vocabularySize">Number of token ids.</param>
    /// <param name="endOfText">The id that ends every caption.</param>
    public static TextConfig ForVocabulary(this TextConfig config, int vocabularySize, int endOfText) =>
        config with
        {
            VocabularySize = vocabularySize,
            EndOfText = endOfText,
        };
}
