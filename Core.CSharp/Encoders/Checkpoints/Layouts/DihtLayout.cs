namespace Research.Encoders.Layouts;

/// <summary>DiHT (Radenovic et al. 2023): OpenAI's names, exact GELU. [P] its model.py and model_zoo_configs.</summary>
static class DihtLayout
{
    /// <summary>The layout.</summary>
    public static Layout Layout { get; } =
        new(
            CheckpointLayout.Diht,
            "diht",
            "DiHT's released models",
            OpenClipLayout.Rules,
            ["attn_mask"],
            Activation.Gelu
        );
}
