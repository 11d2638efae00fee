using Core.Tests.Engine;
using Research.Encoders;
using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>The tiny CLIP of tests/golden/checkpoints.py, whose weights are a formula of their names' order.</summary>
static class TinyClip
{
    public const int Batch = 4;

    public static DualEncoderConfig Config(int layers, Activation activation = Activation.QuickGelu) =>
        new()
        {
            Vision = new VisionConfig
            {
                ImageSize = 16,
                PatchSize = 8,
                Width = 64,
                Layers = layers,
                Heads = 1,
                Activation = activation,
            },
            Text = new TextConfig
            {
                VocabularySize = 40,
                EndOfText = 39,
                ContextLength = 8,
                Width = 64,
                Layers = layers,
                Heads = 1,
                Activation = activation,
            },
            EmbedDimension = 12,
        };

    /// <summary>The weights by our names, float32.</summary>
    public static Dictionary<string, Tensor> Weights(int layers)
    {
        using var model = new DualEncoder(Config(layers));
        var shapes = model.Weights().ToDictionary(w => w.Key, w => w.Value.shape);
        var weights = new Dictionary<string, Tensor>();
        foreach (var (i, name) in shapes.Keys.Order(StringComparer.Ordinal).Index())
        {
            var shape = shapes[name];
            var value = Formula.Ramp(i, shape, shape.Length > 1 ? 0.2 : 0.1);
            weights[name] = name switch
            {
                "logit_scale" => tensor(2.75f),
                _ when shape.Length == 1 && name.EndsWith("weight", StringComparison.Ordinal) => value + 1,
                _ => value,
            };
        }
        return weights;
    }

    public static Tensor Images() => Formula.Ramp(1, [Batch, 3, 16, 16], 4);

    public static Tensor Captions() => Formula.Captions(1, Batch, 8, 40);

    public static string Golden(string name) => Engine.Golden.PathOf(Path.Combine("checkpoints", name));

    /// <summary>A copy of a golden file in a folder of its own, so that nothing stands beside it.</summary>
    public static string Copy(string name, string folder)
    {
        var path = Path.Combine(folder, name);
        File.Copy(Golden(name), path);
        return path;
    }

    /// <summary>Asserts that a model holds these weights, to the bit.</summary>
    public static void AssertHolds(IReadOnlyDictionary<string, Tensor> expected, DualEncoder model)
    {
        using var scope = NewDisposeScope();
        var actual = model.Weights();
        Xunit.Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, value) in expected)
        {
            Xunit.Assert.Equal(value.is_floating_point() ? ScalarType.Float32 : value.dtype, actual[name].dtype);
            Engine.Golden.Same(name, value, actual[name]);
        }
    }
}
