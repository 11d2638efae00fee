using System.Runtime.InteropServices;
using Core.Tests.Engine;
using Research.Encoders;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>Sizes by formula against built models and published counts.</summary>
public sealed class ModelSizeTests
{
    [Theory]
    [MemberData(nameof(ModelGoldenTests.Kinds), MemberType = typeof(ModelGoldenTests))]
    public void The_number_of_parameters_is_that_of_the_built_model(string kind)
    {
        var config = ModelGoldenTests.Kind(kind);
        using var model = new DualEncoder(config);
        Assert.Equal(model.ParameterCount, ModelSize.Parameters(config));
    }

    [Theory]
    [InlineData("vit-tiny-stem32")]
    [InlineData("rn-tiny")]
    [InlineData("ViT-Ti-16")]
    [InlineData("RN50")]
    public void So_it_is_of_the_smaller_presets(string name)
    {
        var config = EncoderPresets.Dual(name);
        using var model = new DualEncoder(config);
        Assert.Equal(model.ParameterCount, ModelSize.Parameters(config));
    }

    [Theory]
    [InlineData("ViT-B-32", 151_277_313)]
    [InlineData("ViT-B-16", 149_620_737)]
    [InlineData("ViT-L-14", 427_616_513)]
    [InlineData("ViT-L-14-336", 427_944_193)]
    [InlineData("ViT-H-14", 986_109_441)]
    [InlineData("RN50", 102_007_137)]
    [InlineData("RN101", 119_688_033)]
    [InlineData("RN50x4", 178_300_601)]
    [InlineData("ViT-B-32-quickgelu", 151_277_313)]
    public void Presets_have_as_many_parameters_as_the_published_models(string name, long parameters) =>
        Assert.Equal(parameters, ModelSize.Parameters(EncoderPresets.Dual(name)));

    // open_clip's docs/model_profile.csv [R], where a multiplication with its addition is one operation. The residual networks' attention pooling
    // asks for all positions there and for the first alone here.
    [Theory]
    [InlineData("ViT-B-32", 4.4, 2.98)]
    [InlineData("ViT-B-16", 17.49, 2.98)]
    [InlineData("ViT-L-14", 81.08, 6.66)]
    [InlineData("RN50", 6.15, 2.98)]
    [InlineData("RN101", 9.85, 2.98)]
    public void Operations_are_about_those_published(string name, double image, double text)
    {
        var config = EncoderPresets.Dual(name);
        var (vision, embed) = (config.Vision, config.EmbedDimension);
        var channels = 32.0 * vision.Width;
        var left = vision.ResNet is null ? 0 : (vision.Tokens - 1) * (channels * channels + channels * embed) / 1e9;
        Assert.InRange(ModelSize.ImageFlops(config) / 2e9 + left, 0.97 * image, 1.03 * image);
        Assert.InRange(ModelSize.TextFlops(config) / 2e9, 0.97 * text, 1.05 * text);
    }

    [Fact]
    public void A_step_is_three_forward_passes_and_four_with_checkpointed_activations()
    {
        var plain = EncoderPresets.Dual("ViT-B-32");
        var checkpointed = plain with
        {
            Vision = plain.Vision with { CheckpointActivations = true },
            Text = plain.Text with { CheckpointActivations = true },
        };
        var pass = ModelSize.ImageFlops(plain) + ModelSize.TextFlops(plain);
        Assert.Equal(3, ModelSize.StepFlops(plain, 8) / (8 * pass), 0.01);
        Assert.Equal(4, ModelSize.StepFlops(checkpointed, 8) / (8 * pass), 0.06);
        Assert.InRange(ModelSize.Activations(checkpointed) / ModelSize.Activations(plain), 0.1, 0.2);
        var dropped = plain with { Vision = plain.Vision with { PatchDropout = 0.5 } };
        Assert.InRange(ModelSize.ImageFlops(dropped) / ModelSize.ImageFlops(plain), 0.5, 0.55);
    }

    const int Pairs = 32;

    static DualEncoderConfig Medium(string kind)
    {
        var vision = new VisionConfig
        {
            ImageSize = 64,
            PatchSize = 8,
            Width = 96,
            Layers = 6,
            Heads = 4,
        };
        var text = new TextConfig
        {
            VocabularySize = 100,
            EndOfText = 99,
            ContextLength = 32,
            Width = 64,
            Layers = 6,
            Heads = 4,
        };
        return new()
        {
            Vision = kind switch
            {
                "resnet" => new VisionConfig
                {
                    ImageSize = 64,
                    Width = 16,
                    ResNet = new(2, 2, 2, 2),
                },
                "quickgelu" => vision with { Activation = Activation.QuickGelu },
                "checkpointed" => vision with { CheckpointActivations = true },
                _ => vision,
            },
            Text = text with
            {
                Activation = kind == "quickgelu" ? Activation.QuickGelu : Activation.Gelu,
                CheckpointActivations = kind == "checkpointed",
            },
            EmbedDimension = 32,
        };
    }

    /// <summary>Bytes that are in use once both encoders have run, over those before: what the graph keeps for backward.</summary>
    static double Held(string kind)
    {
        var config = Medium(kind);
        using var model = new DualEncoder(config);
        var images = Formula.Ramp(1, [Pairs, 3, 64, 64], 4);
        var tokens = Formula.Captions(2, Pairs, 32, 100);
        double held = 0;
        for (var pass = 0; pass < 2; pass++) // the first makes what stays: the engine's caches
        {
            var before = InUse();
            using var scope = NewDisposeScope();
            var (image, text) = (model.encode_image(images), model.encode_text(tokens));
            held = InUse() - before;
            (image.sum() + text.sum()).backward();
        }
        return held;
    }

    static double InUse()
    {
        var now = mallinfo2();
        return (double)now.Blocks + now.Mapped;
    }

    /// <summary>glibc's account of its heap; what is kept of freed memory does not count as in use.</summary>
    [StructLayout(LayoutKind.Sequential)]
    struct HeapInfo
    {
        readonly nuint arena,
            ordblks,
            smblks,
            hblks;
        public readonly nuint Mapped;
        readonly nuint usmblks,
            fsmblks;
        public readonly nuint Blocks;
        readonly nuint fordblks,
            keepcost;
    }

    [DllImport("libc.so.6")]
    static extern HeapInfo mallinfo2();

    [Theory]
    [InlineData("plain")]
    [InlineData("quickgelu")]
    [InlineData("resnet")]
    public void What_a_step_keeps_is_about_what_the_formula_says(string kind) =>
        Assert.InRange(Held(kind) / (4 * Pairs * ModelSize.Activations(Medium(kind))), 0.85, 1.15);

    [Fact]
    public void With_checkpointed_activations_a_step_keeps_a_small_part()
    {
        var part = Held("checkpointed") / Held("plain");
        Assert.True(part < 0.15, $"{part:f3} of what is kept without"); // a block's input is 1 of the 17 widths that it keeps inside
    }
}
