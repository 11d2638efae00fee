using Research.Engine;

namespace Research.Encoders;

/// <summary>
/// Named sizes. Each name has an image encoder, the text encoder that goes with it and the width of their joint space. Case does not
/// matter, and "/" and "_" count as "-", so that "ViT-B/32" and "vit_b_32" are "ViT-B-32".
/// </summary>
public static class EncoderPresets
{
    sealed record Preset(string Name, VisionConfig Vision, TextConfig Text, int EmbedDimension);

    static readonly Preset[] all =
    [
        // 32 pixels on two cores: three stride-2 convolutions to 16 tokens beat patches at this size.
        new(
            "vit-tiny-stem32",
            new VisionConfig
            {
                ImageSize = 32,
                PatchSize = 8,
                Width = 96,
                Layers = 2,
                Heads = 3,
                StemLayers = 3,
                StemWidth = 24,
                Pooling = VisionPooling.Mean,
                PreNorm = false,
            },
            new TextConfig
            {
                ContextLength = 16,
                Width = 96,
                Layers = 1,
                Heads = 3,
                Causal = false,
                Pooling = TextPooling.Mean,
            },
            128
        ),
        Clip("ViT-Ti-16", 224, 16, 192, 12, 3, Clip(192, 3), 192),
        Clip("ViT-S-32", 224, 32, 384, 12, 6, Clip(384, 6), 384),
        Clip("ViT-S-16", 224, 16, 384, 12, 6, Clip(384, 6), 384),
        Clip("ViT-B-32", 224, 32, 768, 12, 12, Clip(512, 8), 512),
        Clip("ViT-B-16", 224, 16, 768, 12, 12, Clip(512, 8), 512),
        Clip("ViT-L-14", 224, 14, 1024, 24, 16, Clip(768, 12), 768),
        Clip("ViT-L-14-336", 336, 14, 1024, 24, 16, Clip(768, 12), 768),
        Quick(Clip("ViT-B-32-quickgelu", 224, 32, 768, 12, 12, Clip(512, 8), 512)),
        Quick(Clip("ViT-B-16-quickgelu", 224, 16, 768, 12, 12, Clip(512, 8), 512)),
        Quick(Clip("ViT-L-14-quickgelu", 224, 14, 1024, 24, 16, Clip(768, 12), 768)),
        Quick(Clip("ViT-L-14-336-quickgelu", 336, 14, 1024, 24, 16, Clip(768, 12), 768)),
    ];

    /// <summary>The known names. Those that end in "-quickgelu" are as OpenAI trained CLIP.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. all.Select(p => p.Name)];

    /// <summary>The image encoder of a preset.</summary>
    /// <exception cref="ArgumentException">The name is unknown; the message lists the known ones.</exception>
    public static VisionConfig Vision(string name) => Find(name).Vision;

    /// <summary>The text encoder of a preset, with CLIP's vocabulary; a compact one sets VocabularySize and EndOfText.</summary>
    /// <inheritdoc cref="Vision"/>
    public static TextConfig Text(string name) => Find(name).Text;

    /// <summary>Both encoders of a preset and their joint width.</summary>
    /// <inheritdoc cref="Vision"/>
    public static DualEncoderConfig Dual(string name)
    {
        var preset = Find(name);
        return new DualEncoderConfig
        {
            Vision = preset.Vision,
            Text = preset.Text,
            EmbedDimension = preset.EmbedDimension,
        };
    }

    static Preset Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var wanted = name.Replace('/', '-').Replace('_', '-').Replace('@', '-');
        return Array.Find(all, p => p.Name.Equals(wanted, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"Unknown encoder preset '{name}'. Known are: {string.Join(", ", Names)}.",
                nameof(name)
            );
    }

    static TextConfig Clip(int width, int heads) => new() { Width = width, Heads = heads };

    static Preset Clip(
        string name,
        int image,
        int patch,
        int width,
        int layers,
        int heads,
        TextConfig text,
        int embed
    ) =>
        new(
            name,
            new VisionConfig
            {
                ImageSize = image,
                PatchSize = patch,
                Width = width,
                Layers = layers,
                Heads = heads,
            },
            text,
            embed
        );

    static Preset Quick(Preset preset) =>
        preset with
        {
            Vision = preset.Vision with { Activation = Activation.QuickGelu },
            Text = preset.Text with { Activation = Activation.QuickGelu },
        };
}
