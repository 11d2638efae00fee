using Research.Encoders;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>Configurations reject what cannot be built and name the field; presets have the published sizes.</summary>
public sealed class EncoderConfigTests
{
    static readonly VisionConfig vision = new();
    static readonly TextConfig text = new();

    public static TheoryData<string, string> Faults =>
        new()
        {
            { nameof(VisionConfig), "ImageSize" },
            { nameof(VisionConfig), "PatchSize" },
            { nameof(VisionConfig), "Heads" },
            { nameof(VisionConfig), "Layers" },
            { nameof(VisionConfig), "StemLayers" },
            { nameof(VisionConfig), "MlpRatio" },
            { nameof(VisionConfig), "Dropout" },
            { nameof(TextConfig), "VocabularySize" },
            { nameof(TextConfig), "EndOfText" },
            { nameof(TextConfig), "ContextLength" },
            { nameof(TextConfig), "Width" },
            { nameof(TextConfig), "Pooling" },
            { nameof(DualEncoderConfig), "EmbedDimension" },
            { nameof(DualEncoderConfig), "InitialTemperature" },
            { nameof(DualEncoderConfig), "MaximalLogitScale" },
        };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_bad_field_is_named(string record, string field)
    {
        var dual = new DualEncoderConfig { Vision = vision, Text = text };
        var bad = (record, field) switch
        {
            (nameof(VisionConfig), "ImageSize") => dual with { Vision = vision with { ImageSize = 225 } },
            (nameof(VisionConfig), "PatchSize") => dual with { Vision = vision with { PatchSize = 0 } },
            (nameof(VisionConfig), "Heads") => dual with { Vision = vision with { Heads = 7 } },
            (nameof(VisionConfig), "Layers") => dual with { Vision = vision with { Layers = 0 } },
            (nameof(VisionConfig), "StemLayers") => dual with { Vision = vision with { StemLayers = -1 } },
            (nameof(VisionConfig), "MlpRatio") => dual with { Vision = vision with { MlpRatio = double.NaN } },
            (nameof(VisionConfig), _) => dual with { Vision = vision with { Dropout = 1 } },
            (nameof(TextConfig), "VocabularySize") => dual with { Text = text with { VocabularySize = 0 } },
            (nameof(TextConfig), "EndOfText") => dual with { Text = text with { EndOfText = 49408 } },
            (nameof(TextConfig), "ContextLength") => dual with { Text = text with { ContextLength = -1 } },
            (nameof(TextConfig), "Width") => dual with { Text = text with { Width = 0 } },
            (nameof(TextConfig), _) => dual with { Text = text with { Pooling = (TextPooling)9 } },
            (_, "EmbedDimension") => dual with { EmbedDimension = 0 },
            (_, "InitialTemperature") => dual with { InitialTemperature = 0.001 },
            _ => dual with { MaximalLogitScale = double.PositiveInfinity },
        };
        Assert.Contains($"{record}.{field}", Assert.Throws<ArgumentException>(() => bad.Validate()).Message);
    }

    [Fact]
    public void A_stem_that_does_not_divide_the_image_is_rejected() =>
        Assert.Contains(
            "VisionConfig.ImageSize = 36 must be a multiple of 8",
            Assert.Throws<ArgumentException>(() => (vision with { ImageSize = 36, StemLayers = 3 }).Validate()).Message
        );

    public static TheoryData<string, VisionConfig> VisionFaults
    {
        get
        {
            var resnet = new VisionConfig { Width = 64, ResNet = new(3, 4, 6, 3) };
            var pooler = vision with { Pooling = VisionPooling.Attention };
            return new()
            {
                { "VisionConfig.PatchDropout = 1", vision with { PatchDropout = 1 } },
                { "VisionConfig.LayerNormEpsilon = 0", vision with { LayerNormEpsilon = 0 } },
                { "VisionConfig.PoolerHeads = 0", pooler with { PoolerHeads = 0 } },
                { "VisionConfig.PoolerQueries = 0", pooler with { PoolerQueries = 0 } },
                { "VisionConfig.PoolerQueries = 1", pooler with { PoolerQueries = 1, PoolerAverage = true } },
                { "VisionConfig.PoolerHeads = 7", pooler with { PoolerHeads = 7 } }, // does not divide the joint width
                { "VisionConfig.ResNet.Third = 0", resnet with { ResNet = new(3, 4, 0, 3) } },
                { "VisionConfig.Width = 63", resnet with { Width = 63 } },
                { "VisionConfig.ImageSize = 230", resnet with { ImageSize = 230 } },
                { "VisionConfig.Pooling has no effect", resnet with { Pooling = VisionPooling.Mean } },
                { "VisionConfig.StemLayers has no effect", resnet with { StemLayers = 2 } },
                { "VisionConfig.Dropout has no effect", resnet with { Dropout = 0.1 } },
                { "VisionConfig.PatchDropout has no effect", resnet with { PatchDropout = 0.1 } },
                { "VisionConfig.CheckpointActivations has no effect", resnet with { CheckpointActivations = true } },
            };
        }
    }

    [Theory]
    [MemberData(nameof(VisionFaults))]
    public void What_a_kind_of_image_encoder_cannot_have_is_named(string words, VisionConfig bad) =>
        Assert.Contains(
            words,
            Assert
                .Throws<ArgumentException>(() => new DualEncoderConfig { Vision = bad, Text = text }.Validate())
                .Message
        );

    [Fact]
    public void A_text_epsilon_of_nought_and_the_wrong_class_for_a_kind_are_refused()
    {
        Assert.Contains(
            "TextConfig.LayerNormEpsilon = -1",
            Assert.Throws<ArgumentException>(() => (text with { LayerNormEpsilon = -1 }).Validate()).Message
        );
        var resnet = new VisionConfig { Width = 8, ResNet = new(1, 1, 1, 1) };
        Assert.Throws<ArgumentException>(() => new VisionTransformer(resnet, 8));
        Assert.Throws<ArgumentException>(() => new ModifiedResNet(vision, 8));
    }

    [Fact]
    public void Every_preset_is_valid_and_found_under_its_common_spellings()
    {
        foreach (var name in EncoderPresets.Names)
            EncoderPresets.Dual(name).Validate();
        Assert.Equal(EncoderPresets.Vision("ViT-B-32"), EncoderPresets.Vision("vit_b/32"));
        Assert.Equal(EncoderPresets.Text("ViT-L-14-336"), EncoderPresets.Text("ViT-L/14@336"));
        Assert.Equal(577, EncoderPresets.Vision("ViT-L/14@336").Tokens);
        Assert.Equal(50, EncoderPresets.Vision("ViT-B/32").Tokens);
    }

    [Fact]
    public void An_unknown_preset_lists_the_known_ones()
    {
        var message = Assert.Throws<ArgumentException>(() => EncoderPresets.Text("ViT-X-99")).Message;
        Assert.Contains("'ViT-X-99'", message);
        Assert.All(EncoderPresets.Names, name => Assert.Contains(name, message));
    }

    [Fact]
    public void ViT_B_32_has_as_many_parameters_as_the_published_model()
    {
        using var scope = NewDisposeScope();
        var preset = EncoderPresets.Dual("ViT-B-32");
        Assert.Equal((12, 12), (preset.Vision.Layers, preset.Text.Layers));
        long Count(int layers)
        {
            using var model = new DualEncoder(
                preset with
                {
                    Vision = preset.Vision with { Layers = layers },
                    Text = preset.Text with { Layers = layers },
                }
            );
            return model.ParameterCount;
        }
        // Every layer adds the same, so two shallow models tell the deep one's size without its 600 MB.
        var (one, two) = (Count(1), Count(2));
        Assert.Equal(151_277_313, one + 11 * (two - one));
    }

    [Fact]
    public void The_small_image_preset_has_16_tokens_and_about_three_quarters_of_a_million_parameters()
    {
        using var scope = NewDisposeScope();
        var preset = EncoderPresets.Dual("vit_tiny_stem32");
        using var model = new DualEncoder(
            preset with
            {
                Text = preset.Text with { VocabularySize = 3000, EndOfText = 2999 },
            }
        );
        Assert.Equal(16, model.Config.Vision.Tokens);
        Assert.InRange(model.ParameterCount, 650_000, 800_000);
    }
}
