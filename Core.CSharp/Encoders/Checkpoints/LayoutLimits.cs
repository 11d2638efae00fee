namespace Research.Encoders;

/// <summary>What a layout, with the configuration that goes with it, cannot say of a model.</summary>
static class LayoutLimits
{
    const int HeadWidth = 64;

    /// <summary>The fields that are in the way, a line each; none where the model can be written.</summary>
    public static IReadOnlyList<string> Of(DualEncoderConfig config, CheckpointLayout layout) =>
        layout == CheckpointLayout.Research ? [] : [.. Foreign(config, layout)];

    static IEnumerable<string> Foreign(DualEncoderConfig config, CheckpointLayout layout)
    {
        var (vision, text) = (config.Vision, config.Text);
        var openClip = layout is CheckpointLayout.OpenClip or CheckpointLayout.OpenClipCustomText;
        if (vision.StemLayers > 0)
            yield return $"Vision.StemLayers is {vision.StemLayers}";
        if (vision.Pooling != VisionPooling.ClassToken)
            yield return $"Vision.Pooling is {vision.Pooling}";
        if (!vision.PreNorm && !openClip)
            yield return "Vision.PreNorm is false";
        if (text.Pooling != TextPooling.EndOfText)
            yield return $"Text.Pooling is {text.Pooling}";
        if (!text.Causal)
            yield return "Text.Causal is false";
        if (layout == CheckpointLayout.HuggingFace)
            yield break;
        if (openClip && vision.Activation != text.Activation)
            yield return $"Vision.Activation is {vision.Activation} and Text.Activation {text.Activation}";
        if (openClip)
            yield break;
        var activation = layout == CheckpointLayout.OpenAi ? Activation.QuickGelu : Activation.Gelu;
        if (vision.Activation != activation)
            yield return $"Vision.Activation is {vision.Activation}";
        if (text.Activation != activation)
            yield return $"Text.Activation is {text.Activation}";
        if (text.EndOfText != text.VocabularySize - 1)
            yield return $"Text.EndOfText is {text.EndOfText}, not the largest id";
        if (vision.Heads * HeadWidth != vision.Width)
            yield return $"Vision.Heads is {vision.Heads} for width {vision.Width}";
        if (text.Heads * HeadWidth != text.Width)
            yield return $"Text.Heads is {text.Heads} for width {text.Width}";
        if (vision.MlpRatio != 4 || text.MlpRatio != 4)
            yield return $"MlpRatio is {vision.MlpRatio} and {text.MlpRatio}";
    }
}
