using Core.Tests.Engine;
using Research.Encoders;
using Research.Engine;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>What the encoders promise: unit vectors, no leak of padding, clear errors, CLIP's sizes and initial values.</summary>
public sealed class DualEncoderTests
{
    static Tensor Captions => Formula.Captions(2, TinyDual.Batch, TinyDual.Context, TinyDual.Vocabulary);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Embeddings_are_unit_vectors_of_the_joint_width(bool stem)
    {
        using var scope = NewDisposeScope();
        using var model = new DualEncoder(TinyDual.Config(stem));
        var image = model.encode_image(TinyDual.Images(model, 1));
        var text = model.encode_text(Captions);
        Assert.Equal([8L, 12], image.shape);
        Assert.Equal([8L, 12], text.shape);
        foreach (var x in (Tensor[])[image, text])
            Golden.Close("norms", ones(8), x.norm(-1), relative: 1e-6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_follows_the_end_of_text_does_not_matter(bool stem)
    {
        using var scope = NewDisposeScope();
        using var model = new DualEncoder(TinyDual.Config(stem));
        var tokens = Captions;
        var end = tokens.eq(TinyDual.Vocabulary - 1).to(ScalarType.Int64).argmax(1).unsqueeze(1);
        var padding = arange(TinyDual.Context).unsqueeze(0) > end;
        Assert.True(padding.sum().item<long>() > 8);
        Golden.Same("text", model.encode_text(tokens), model.encode_text(tokens.masked_fill(padding, 11)));
        Assert.False(
            model
                .encode_text(tokens)
                .allclose(model.encode_text(tokens.masked_fill(padding.logical_not() & (tokens < 30), 11)))
        );
    }

    [Fact]
    public void A_shorter_context_gives_the_same_embeddings()
    {
        using var scope = NewDisposeScope();
        foreach (var stem in (bool[])[false, true])
        {
            using var model = new DualEncoder(TinyDual.Config(stem));
            var tokens = Captions.narrow(0, 0, 1);
            var used = tokens.eq(TinyDual.Vocabulary - 1).to(ScalarType.Int64).argmax(1).item<long>() + 1;
            Assert.True(used < TinyDual.Context);
            Golden.Close("text", model.encode_text(tokens), model.encode_text(tokens.narrow(1, 0, used)));
        }
    }

    [Fact]
    public void Inputs_of_the_wrong_shape_say_what_is_wanted()
    {
        using var scope = NewDisposeScope();
        using var model = new DualEncoder(TinyDual.Config(stem: false));
        string Message(Action act) => Assert.Throws<ArgumentException>(act).Message;
        Assert.Contains("[B, 3, 16, 16], not [2, 3, 32, 32]", Message(() => model.encode_image(zeros(2, 3, 32, 32))));
        Assert.Contains("not [2, 1, 16, 16]", Message(() => model.encode_image(zeros(2, 1, 16, 16))));
        Assert.Contains("1 .. 8, not [2, 9]", Message(() => model.encode_text(zeros([2, 9], dtype: ScalarType.Int64))));
        var tokens = Captions;
        tokens.select(0, 5).fill_(1);
        Assert.Contains("Row 5 of the tokens has no end-of-text id 39", Message(() => model.encode_text(tokens)));
    }

    [Fact]
    public void The_logit_scale_starts_at_ln_1_over_tau_and_is_clamped_at_ln_100()
    {
        using var scope = NewDisposeScope();
        using var model = new DualEncoder(TinyDual.Config(stem: false));
        Assert.Equal(Math.Log(1 / 0.07), model.logit_scale.item<float>(), 1e-6);
        model.ClampLogitScale();
        Assert.Equal(Math.Log(1 / 0.07), model.logit_scale.item<float>(), 1e-6);
        using (no_grad())
            model.logit_scale.fill_(7);
        model.ClampLogitScale();
        Assert.Equal(Math.Log(100), model.logit_scale.item<float>(), 1e-6);
        Assert.True(model.logit_scale.requires_grad);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Under_autocast_the_result_is_normalised_in_single_precision(bool stem)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        using var model = new DualEncoder(TinyDual.Config(stem));
        model.eval();
        var images = TinyDual.Images(model, 1);
        var (image, text) = (model.encode_image(images), model.encode_text(Captions));
        Tensor image16,
            text16;
        using (Modes.autocast(DeviceType.CPU, ScalarType.BFloat16))
            (image16, text16) = (model.encode_image(images), model.encode_text(Captions));
        foreach (var (a, b) in ((Tensor, Tensor)[])[(image, image16), (text, text16)])
        {
            Assert.Equal(ScalarType.Float32, b.dtype);
            Golden.Close("norms", ones(8), b.norm(-1), relative: 1e-6);
            Golden.Close("embedding", a, b, relative: 0, absolute: 0.06);
            Assert.False(a.Equals(b));
        }
        using (Modes.autocast(DeviceType.CPU, ScalarType.BFloat16))
        {
            var logits = model.encode_image(images).mm(model.encode_text(Captions).t());
            logits.sum().backward();
        }
        Assert.All(
            model.named_parameters().Where(p => p.name != "logit_scale"),
            p => Assert.True(p.parameter.grad!.isfinite().all().item<bool>(), p.name)
        );
    }

    [Fact]
    public void Weights_start_with_CLIPs_spread()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        using var text = new TextTransformer(
            new TextConfig
            {
                VocabularySize = 500,
                EndOfText = 499,
                Width = 64,
                Heads = 4,
                Layers = 8,
            },
            32
        );
        double Spread(string name) => text.get_parameter(name)!.std().item<float>();
        Assert.Equal(0.02, Spread("token_embedding.weight"), 0.001);
        Assert.Equal(0.01, Spread("positional_embedding"), 0.001);
        Assert.Equal(1 / 8.0, Spread("transformer.resblocks.3.attn.in_proj_weight"), 0.01);
        Assert.Equal(1 / 8.0 / 4, Spread("transformer.resblocks.3.attn.out_proj.weight"), 0.003);
        Assert.Equal(1 / Math.Sqrt(128), Spread("transformer.resblocks.3.mlp.c_fc.weight"), 0.01);
        Assert.Equal(1 / 8.0 / 4, Spread("transformer.resblocks.3.mlp.c_proj.weight"), 0.003);
        Assert.Equal(1 / 8.0, Spread("text_projection"), 0.01);
    }

    [Fact]
    public void Dropout_acts_in_training_only_and_follows_the_seed()
    {
        using var scope = NewDisposeScope();
        var config = TinyDual.Config(stem: false);
        using var model = new DualEncoder(config with { Vision = config.Vision with { Dropout = 0.3 } });
        var images = TinyDual.Images(model, 1);
        Tensor Encode(long seed)
        {
            manual_seed(seed);
            return model.encode_image(images);
        }
        Golden.Same("one seed", Encode(1), Encode(1));
        Assert.False(Encode(1).allclose(Encode(2)));
        model.eval();
        Golden.Same("evaluation", Encode(1), Encode(2));
    }
}
