namespace Research.Encoders.Layouts;

/// <summary>open_clip's class CLIP: the image tower under "visual.", the text tower at the root, as OpenAI had it. [P] its model.py.</summary>
static class OpenClipLayout
{
    /// <summary>The lines of every layout with the text tower at the root.</summary>
    public static IReadOnlyList<KeyRule> Rules { get; } =
    [
        new("visual.*", "visual.*"),
        new("text.token_embedding.weight", "token_embedding.weight"),
        new("text.positional_embedding", "positional_embedding"),
        new("text.transformer.*", "transformer.*"),
        new("text.ln_final.*", "ln_final.*"),
        new("text.text_projection", "text_projection"),
        new("logit_scale", "logit_scale"),
    ];

    /// <summary>The layout.</summary>
    public static Layout Layout { get; } =
        new(CheckpointLayout.OpenClip, "open_clip", "open_clip's CLIP, text tower at the root", Rules, ["attn_mask"]);
}
