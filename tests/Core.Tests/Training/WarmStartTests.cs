using Research.Encoders;
using Research.Engine;
using Research.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Training;

/// <summary>Starting weights from another model: exact where both agree, fitted where only sizes of the input differ, refused otherwise.</summary>
public sealed class WarmStartTests
{
    static DualEncoderConfig Config(int imageSize = 16, int context = 8) =>
        new()
        {
            Vision = new VisionConfig
            {
                ImageSize = imageSize,
                PatchSize = 8,
                Width = 12,
                Layers = 1,
                Heads = 2,
            },
            Text = new TextConfig
            {
                VocabularySize = 20,
                EndOfText = 19,
                ContextLength = context,
                Width = 12,
                Layers = 1,
                Heads = 2,
            },
            EmbedDimension = 6,
        };

    static Tensor Tokens() => torch.tensor(new long[] { 18, 3, 5, 19, 18, 7, 19, 0 }, new long[] { 2, 4 });

    [Fact]
    public void Each_encoder_gives_what_its_source_gives_and_the_other_stays()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var (model, source) = (new DualEncoder(Config()), new DualEncoder(Config()));
        source.logit_scale.fill_(1.5);
        var images = rand(2, 3, 16, 16);
        var (ownText, ownScale) = (model.encode_text(Tokens()), model.logit_scale.item<float>());
        WarmStart.Image(model, source);
        Golden("image", source.encode_image(images), model.encode_image(images));
        Golden("untouched text", ownText, model.encode_text(Tokens()));
        WarmStart.Text(model, source);
        Golden("text", source.encode_text(Tokens()), model.encode_text(Tokens()));
        Assert.Equal(ownScale, model.logit_scale.item<float>());
        WarmStart.LogitScale(model, source);
        Assert.Equal(1.5f, model.logit_scale.item<float>());
        source.logit_scale.fill_(9);
        WarmStart.LogitScale(model, source);
        Assert.Equal(Math.Log(100), model.logit_scale.item<float>(), 1e-6);
    }

    [Fact]
    public void Another_image_size_interpolates_positions_and_a_shorter_context_cuts_them()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var (model, source) = (new DualEncoder(Config(imageSize: 32, context: 5)), new DualEncoder(Config()));
        WarmStart.Image(model, source);
        WarmStart.Text(model, source);
        var (wide, narrow) = (model.visual.Weights(), source.visual.Weights());
        Golden(
            "positions",
            PositionInterpolation.Grid(narrow["positional_embedding"], 4, 1),
            wide["positional_embedding"]
        );
        Golden("projection", narrow["proj"], wide["proj"]);
        Golden("captions that fit", source.encode_text(Tokens()), model.encode_text(Tokens()));
    }

    [Fact]
    public void What_differs_is_named_and_nothing_is_copied()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var config = Config();
        var model = new DualEncoder(config);
        var before = model.visual.Weights()["proj"].clone();
        string Refused(Action<DualEncoder, DualEncoder> copy, DualEncoderConfig other) =>
            Assert.Throws<ArgumentException>(() => copy(model, new DualEncoder(other))).Message;
        var quick = config with { Vision = config.Vision with { Activation = Activation.QuickGelu, Heads = 3 } };
        Assert.Contains("Heads 2, there 3; Activation Gelu, there QuickGelu", Refused(WarmStart.Image, quick));
        Assert.Contains("EmbedDimension 6, there 7", Refused(WarmStart.Image, config with { EmbedDimension = 7 }));
        Assert.Contains(
            "VocabularySize 20, there 30",
            Refused(WarmStart.Text, config with { Text = config.Text with { VocabularySize = 30 } })
        );
        Assert.Contains(
            "ContextLength 8, there 4",
            Refused(WarmStart.Text, config with { Text = config.Text with { ContextLength = 4 } })
        );
        Golden("weights", before, model.visual.Weights()["proj"]);
    }

    static void Golden(string what, Tensor expected, Tensor actual) => Engine.Golden.Same(what, expected, actual);
}
