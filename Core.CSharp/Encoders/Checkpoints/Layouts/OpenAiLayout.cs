namespace Research.Encoders.Layouts;

/// <summary>
/// OpenAI's CLIP: the names that open_clip kept, and three numbers beside them. Its files are TorchScript archives in float16. [P] its
/// model.py, whose activation is QuickGELU.
/// </summary>
static class OpenAiLayout
{
    /// <summary>The numbers that only OpenAI's files have.</summary>
    public static IReadOnlyList<string> Numbers { get; } = ["input_resolution", "context_length", "vocab_size"];

    /// <summary>The layout.</summary>
    public static Layout Layout { get; } =
        new(
            CheckpointLayout.OpenAi,
            "openai",
            "OpenAI's CLIP",
            OpenClipLayout.Rules,
            [.. Numbers, "attn_mask"],
            Activation.QuickGelu
        );
}
