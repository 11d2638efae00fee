namespace Research.Encoders.Layouts;

/// <summary>
/// Our own: the names of <see cref="DualEncoder"/>. The weights of a run's checkpoint are the same under "model."; see
/// <see cref="KeyPrefixes"/>.
/// </summary>
static class OwnLayout
{
    /// <summary>The layout.</summary>
    public static Layout Layout { get; } =
        new(
            CheckpointLayout.Research,
            "research",
            "this toolkit's own, with its configuration in the file",
            [new("visual.*", "visual.*"), new("text.*", "text.*"), new("logit_scale", "logit_scale")],
            []
        );
}
