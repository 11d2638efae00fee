namespace Research.Encoders.Layouts;

/// <summary>open_clip's class CustomTextCLIP: the two towers under "visual." and "text.". [P] its model.py.</summary>
static class OpenClipCustomTextLayout
{
    /// <summary>The layout.</summary>
    public static Layout Layout { get; } =
        new(
            CheckpointLayout.OpenClipCustomText,
            "open_clip-custom-text",
            "open_clip's CustomTextCLIP, text tower under \"text.\"",
            [new("visual.*", "visual.*"), new("text.*", "text.*"), new("logit_scale", "logit_scale")],
            ["text.attn_mask"]
        );
}
