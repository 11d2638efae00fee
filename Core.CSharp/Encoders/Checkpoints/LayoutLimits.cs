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
        if (vision.ResNet is not null && layout is CheckpointLayout.HuggingFace or CheckpointLayout.Diht)
            yield return "Vision.ResNet is set";
        if (vision.StemLayers > 0)
            yield return $"Vision.StemLayers is {vision.StemLayers}";
        if (vision.Pooling != VisionPooling.ClassToken && !(openClip && vision.Pooling == VisionPooling.Attention))
            yield return $"Vision.Pooling is {vision.Pooling}";
        if (!vision.PreNorm && !openClip)
            yield return "Vision.PreNorm is false";
        if (text.Pooling != TextPooling.EndOfText)
            yield return $"Text.Pooling is {text.Pooling}";
        if (!text.Causal)
            yield return "Text.Causal is false";
        if (layout == CheckpointLayout.HuggingFace)
            yield break;
        // A residual network has ReLU, whatever the field says.
        var quick = vision.ResNet is null ? vision.Activation : text.Activation;
        if (openClip && quick != text.Activation)
            yield return $"Vision.Activation is {vision.Activation} and Text.Activation {text.Activation}";
        if (openClip)
            yield break;
        var activation = layout == CheckpointLayout.OpenAi ? Activation.QuickGelu : Activation.Gelu;
        if (quick != activation)
            yield return $"Vision.Activation is {vision.Activation}";
        if (text.Activation != activation)
            yield return $"Text.Activation is {text.Activation}";
        if (text.EndOfText != text.VocabularySize - 1)
            yield return $"Text.EndOfText is {text.EndOfText}, not the largest id";
        if (vision.ResNet is null && vision.Heads * HeadWidth != vision.Width)
            yield return $"Vision.Heads is {vision.Heads} for width {vision.Width}";
        if (text.Heads * HeadWidth != text.Width)
            yield return $"Text.Heads is {text.Heads} for width {text.Width}";
        if (vision.MlpRatio != 4 || text.MlpRatio != 4)
            yield return $"MlpRatio is {vision.MlpRatio} and {text.MlpRatio}";
        var epsilon = new TextConfig().LayerNormEpsilon;
        if (vision.LayerNormEpsilon != epsilon || text.LayerNormEpsilon != epsilon)
            yield return $"LayerNormEpsilon is {vision.LayerNormEpsilon} and {text.LayerNormEpsilon}";
    }
}
