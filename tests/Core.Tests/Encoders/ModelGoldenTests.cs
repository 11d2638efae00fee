using Core.Tests.Engine;
using Research.Encoders;
using Research.Engine;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>The encoders against plain PyTorch from the same weights (tests/golden/models.py).</summary>
public sealed class ModelGoldenTests
{
    /// <summary>The presets at full size. The large ones' "-quickgelu" twins, which differ in the nonlinearity only, are left to `bench models`.</summary>
    public static TheoryData<string> Presets =>
        [
            .. EncoderPresets.Names.Where(n =>
                !n.EndsWith("-quickgelu") || n is "ViT-B-32-quickgelu" or "RN50-quickgelu"
            ),
        ];

    [Theory]
    [MemberData(nameof(Presets))]
    public void A_preset_at_full_size_embeds_as_PyTorch_does(string name)
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Load("models");
        var config = EncoderPresets.Dual(name);
        using var model = new DualEncoder(config);
        FormulaWeights.Fill(model);
        model.eval();
        using var none = no_grad();
        var (size, length) = (config.Vision.ImageSize, config.Text.ContextLength);
        var image = model.visual.call(Formula.Ramp(1, [1, 3, size, size], 4));
        var text = model.text.call(Formula.Captions(5, 1, length, config.Text.VocabularySize));
        Agrees($"{name} image", golden[$"{name}.image"], image);
        Agrees($"{name} text", golden[$"{name}.text"], text);
        if (name.EndsWith("-quickgelu"))
            Assert.False(Near(golden[$"{name[..^10]}.text"], text)); // the other nonlinearity would not pass
    }

    static (double Difference, double Cosine) Compare(Tensor expected, Tensor actual)
    {
        var (e, a) = (expected.to(ScalarType.Float64).view(-1), actual.to(ScalarType.Float64).view(-1));
        var size = e.norm().item<double>() / Math.Sqrt(e.numel()); // of an element
        return ((e - a).abs().max().item<double>() / size, ((e * a).sum() / (e.norm() * a.norm())).item<double>());
    }

    static bool Near(Tensor expected, Tensor actual) =>
        Compare(expected, actual) is { Difference: <= 1e-4, Cosine: >= 1 - 1e-6 };

    static void Agrees(string what, Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.numel(), actual.numel());
        var (difference, cosine) = Compare(expected, actual);
        Assert.True(
            difference <= 1e-4 && cosine >= 1 - 1e-6,
            $"{what}: {difference:g3} of an element's size, cosine {cosine:R}"
        );
    }

    static readonly TextConfig smallText = new()
    {
        VocabularySize = 40,
        EndOfText = 39,
        ContextLength = 8,
        Width = 16,
        Layers = 1,
        Heads = 2,
    };

    static readonly VisionConfig small = new()
    {
        ImageSize = 16,
        PatchSize = 4,
        Width = 16,
        Layers = 2,
        Heads = 2,
    };

    /// <summary>A small model of every kind, as in KINDS of models.py.</summary>
    internal static DualEncoderConfig Kind(string name)
    {
        var two = smallText with { Layers = 2 };
        var pooler = small with { Pooling = VisionPooling.Attention, PoolerHeads = 4, PoolerQueries = 5 };
        var (vision, text, embed) = name switch
        {
            "class" => (small, two, 12),
            "quick" => (
                small with
                {
                    Activation = Activation.QuickGelu,
                    LayerNormEpsilon = 1e-3,
                },
                two with
                {
                    Activation = Activation.QuickGelu,
                    LayerNormEpsilon = 1e-3,
                },
                12
            ),
            "mean" => (
                small with
                {
                    Pooling = VisionPooling.Mean,
                    PreNorm = false,
                },
                two with
                {
                    Causal = false,
                    Pooling = TextPooling.Mean,
                },
                12
            ),
            "stem" => (
                small with
                {
                    Layers = 1,
                    StemLayers = 2,
                    StemWidth = 4,
                    Pooling = VisionPooling.Mean,
                },
                smallText,
                12
            ),
            "pooler" => (pooler, smallText, 12),
            "pooler-average" => (pooler with { PoolerAverage = true }, smallText, 16),
            "resnet" => (
                new VisionConfig
                {
                    ImageSize = 64,
                    Width = 8,
                    ResNet = new(2, 1, 1, 1),
                },
                smallText,
                12
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "unknown kind"),
        };
        return new()
        {
            Vision = vision,
            Text = text,
            EmbedDimension = embed,
        };
    }

    public static TheoryData<string> Kinds => ["class", "quick", "mean", "stem", "pooler", "pooler-average", "resnet"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_small_model_of_every_kind_has_PyTorchs_embeddings_and_gradients(string kind)
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Load("model_gradients");
        var config = Kind(kind);
        using var model = new DualEncoder(config);
        FormulaWeights.Fill(model);
        model.to(ScalarType.Float64);
        model.train();
        var size = config.Vision.ImageSize;
        var images = Formula.Ramp(3, [3, 3, size, size], 4).to(ScalarType.Float64).requires_grad_();
        var (image, text) = (model.visual.call(images), model.text.call(Formula.Captions(2, 3, 8, 40)));
        ((image * Formula.Ramp(7, image.shape)).sum() + (text * Formula.Ramp(8, text.shape)).sum()).backward();

        Golden.Close("image", golden[$"{kind}.image"], image, 1e-9, 1e-9);
        Golden.Close("text", golden[$"{kind}.text"], text, 1e-9, 1e-9);
        var leaves = model
            .named_parameters()
            .Where(p => p.name != "logit_scale")
            .ToDictionary(p => p.name, p => (Tensor)p.parameter);
        leaves.Add("images", images);
        Assert.Equal(
            golden.Keys.Where(k => k.StartsWith($"{kind}.d.")).Select(k => k[(kind.Length + 3)..]).Order(),
            leaves.Keys.Order()
        );
        foreach (var (name, leaf) in leaves)
        {
            var (gradient, expected) = (leaf.grad!, Golden.Doubles(golden[$"{kind}.d.{name}"]));
            var tolerance = 1e-8 * Math.Max(expected[0], 1e-6);
            Assert.Equal(expected[0], gradient.norm().item<double>(), tolerance);
            Assert.Equal(expected[1], (gradient * Formula.Ramp(9, gradient.shape)).sum().item<double>(), tolerance);
        }
        foreach (var (name, buffer) in model.named_buffers().Where(b => golden.ContainsKey($"{kind}.b.{b.name}")))
            Golden.Close(name, golden[$"{kind}.b.{name}"], buffer, 1e-9, 1e-9);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_weight_is_in_one_group_of_its_encoder(string kind)
    {
        using var model = new DualEncoder(Kind(kind));
        foreach (
            var (encoder, groups) in new (nn.Module, IReadOnlyList<TowerGroup>)[]
            {
                (model.visual, model.visual.Groups),
                (model.text, model.text.Groups),
            }
        )
        {
            var grouped = groups.SelectMany(g => g.Parameters).ToList();
            Assert.Equal(grouped.Count, grouped.ToHashSet<object>(ReferenceEqualityComparer.Instance).Count);
            Assert.Equal(
                encoder.parameters().ToHashSet<object>(ReferenceEqualityComparer.Instance),
                grouped.ToHashSet<object>(ReferenceEqualityComparer.Instance)
            );
        }
    }
}
