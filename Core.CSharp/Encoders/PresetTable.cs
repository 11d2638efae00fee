namespace Research.Encoders;

/// <summary>A named pair of encoders.</summary>
sealed record Preset(string Name, VisionConfig Vision, TextConfig Text, int EmbedDimension);

/// <summary>
/// The sizes of the presets: ViT-B and ViT-L and the residual networks as in Radford et al. 2021, tables 19 and 20; ViT-H-14 as in open_clip;
/// ViT-Ti and ViT-S after Touvron et al. 2021, with a text encoder of the same width; those named tiny are the house's, for 32 pixels.
/// </summary>
static class PresetTable
{
    public static readonly IReadOnlyList<Preset> All =
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
            TinyText,
            128
        ),
        new("rn-tiny", ResNet(32, 16, new(1, 1, 1, 1)), TinyText, 128),
        new("ViT-Ti-16", Vit(224, 16, 192, 12, 3), Clip(192, 3), 192),
        new("ViT-S-32", Vit(224, 32, 384, 12, 6), Clip(384, 6), 384),
        new("ViT-S-16", Vit(224, 16, 384, 12, 6), Clip(384, 6), 384),
        .. WithQuick(
            new("ViT-B-32", Vit(224, 32, 768, 12, 12), Clip(512, 8), 512),
            new("ViT-B-16", Vit(224, 16, 768, 12, 12), Clip(512, 8), 512),
            new("ViT-L-14", Vit(224, 14, 1024, 24, 16), Clip(768, 12), 768),
            new("ViT-L-14-336", Vit(336, 14, 1024, 24, 16), Clip(768, 12), 768)
        ),
        new("ViT-H-14", Vit(224, 14, 1280, 32, 16), Clip(1024, 16, layers: 24), 1024),
        .. WithQuick(
            new("RN50", ResNet(224, 64, new(3, 4, 6, 3)), Clip(512, 8), 1024),
            new("RN101", ResNet(224, 64, new(3, 4, 23, 3)), Clip(512, 8), 512),
            new("RN50x4", ResNet(288, 80, new(4, 6, 10, 6)), Clip(640, 10), 640)
        ),
    ];

    static TextConfig TinyText =>
        new()
        {
            ContextLength = 16,
            Width = 96,
            Layers = 1,
            Heads = 3,
            Causal = false,
            Pooling = TextPooling.Mean,
        };

    static VisionConfig Vit(int image, int patch, int width, int layers, int heads) =>
        new()
        {
            ImageSize = image,
            PatchSize = patch,
            Width = width,
            Layers = layers,
            Heads = heads,
        };

    static VisionConfig ResNet(int image, int width, ResNetStages stages) =>
        new()
        {
            ImageSize = image,
            Width = width,
            ResNet = stages,
        };

    static TextConfig Clip(int width, int heads, int layers = 12) =>
        new()
        {
            Width = width,
            Heads = heads,
            Layers = layers,
        };

    static IEnumerable<Preset> WithQuick(params Preset[] presets) =>
        presets.Concat(
            presets.Select(p =>
                p with
                {
                    Name = $"{p.Name}-quickgelu",
                    Vision = p.Vision.ResNet is null ? p.Vision with { Activation = Activation.QuickGelu } : p.Vision,
                    Text = p.Text with { Activation = Activation.QuickGelu },
                }
            )
        );
}
