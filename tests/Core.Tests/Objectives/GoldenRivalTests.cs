using Research.Objectives;
using Research.Schedules;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>
/// Losses and all gradients, of the plain and of the tiled form, against tests/golden/objectives_rivals.py, which follows the equations
/// entry by entry in PyTorch.
/// </summary>
public class GoldenRivalTests
{
    static readonly Dictionary<string, Func<IObjective>> Cases = new()
    {
        ["debiased.p0.1.b1"] = () => new DebiasedNce(),
        ["debiased.p0.02.b0"] = () => new DebiasedNce(new() { PositivePrior = 0.02, Beta = 0 }),
        ["debiased.p0.7.b0.5.detached"] = () =>
            new DebiasedNce(
                new()
                {
                    PositivePrior = 0.7,
                    Beta = 0.5,
                    GradientThroughWeights = false,
                }
            ),
        ["siglip"] = () => new SigLip(-1.25),
        ["momentum.b0.4"] = () => new MomentumDistillation(new() { Blend = Schedule.Constant(0.4) }),
        ["momentum.b1.ratio0.5"] = () =>
            new MomentumDistillation(new() { Blend = Schedule.Constant(1), TeacherTemperatureRatio = 0.5 }),
        ["frozen.b0.5.kl"] = () => new FrozenDistillation(new() { TeacherTemperature = 0.3 }),
        ["frozen.b0.8.ce"] = () =>
            new FrozenDistillation(
                new()
                {
                    Blend = Schedule.Constant(0.8),
                    TeacherTemperature = 0.3,
                    Distance = TargetDistance.CrossEntropy,
                }
            ),
        ["cyclip.0.25.0.25"] = () => new CyClip(),
        ["cyclip.0.7.0.1"] = () => new CyClip(0.7, 0.1),
        ["psd.frozen.swapped.ratio0.8"] = () =>
            new Psd(
                new()
                {
                    SoftFraction = Schedule.Constant(0.5),
                    Teacher = TeacherSource.Frozen,
                    TeacherTemperatureRatio = 0.8,
                }
            ),
        ["concepts.1.0.5"] = Concepts,
        ["sum.0.6infonce.0.3siglip.1concepts"] = () =>
            new WeightedSum((0.6, new InfoNce()), (0.3, new SigLip(-1.25)), (1, Concepts())),
    };

    static ConceptDistillation Concepts() =>
        new(
            new()
            {
                FeatureWidth = 3,
                Objects = 6,
                Attributes = 4,
                AttributeWeight = 0.5,
            }
        );

    static Dictionary<string, Tensor> Golden() =>
        Safetensors.Load(Path.Combine(AppContext.BaseDirectory, "golden", "objectives_rivals.safetensors"));

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void Every_case_of_the_generator_is_checked()
    {
        using var scope = NewDisposeScope();
        var generated = Golden().Keys.Where(k => k.EndsWith("/loss")).Select(k => k[..^5]);
        Assert.Equal(generated.Order(), Cases.Keys.Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_and_gradients_equal_PyTorchs_in_float64(string name) => Check(name, ScalarType.Float64, 1e-10);

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_and_gradients_equal_PyTorchs_in_float32(string name) => Check(name, ScalarType.Float32, 1e-5);

    static void Check(string name, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var golden = Golden();
        Tensor Of(string key) => golden[key].to(type);
        ConceptTargets Targets(string key) => new(golden[$"{key}_indices"], Of($"{key}_probabilities"));
        var objective = Cases[name]();
        foreach (var (key, parameter) in objective.Parameters.Select(p => (p.Name, p.Parameter)))
        {
            using var none = no_grad();
            parameter.copy_(golden[key]);
        }
        var unaligned = golden["unaligned"].data<bool>().ToArray();
        var batch = new EmbeddingBatch(
            Of("image"),
            Of("text"),
            Of("log_scale"),
            unaligned,
            unaligned,
            0.5,
            Of("teacher_image"),
            Of("teacher_text")
        )
        {
            ImageFeatures = Of("features"),
            Objects = Targets("objects"),
            Attributes = Targets("attributes"),
        };
        Compare("plain", AutogradGradients.Of(objective, batch));
        Compare("tiled", objective.Gradients(batch, new(4, 3)));

        void Compare(string form, ObjectiveGradients actual)
        {
            Entry("loss", actual.Loss, tolerance);
            Entry("image", actual.Image, tolerance);
            Entry("text", actual.Text, tolerance);
            Entry("log_scale", actual.LogitScale, tolerance);
            if (golden.ContainsKey($"{name}/features"))
                Entry("features", actual.Features!, tolerance);
            for (var i = 0; i < objective.Parameters.Count; i++)
                Entry(objective.Parameters[i].Name, actual.Parameters[i], Math.Max(tolerance, 2e-7)); // they are float32

            void Entry(string key, Tensor value, double bound)
            {
                if (!golden.TryGetValue($"{name}/{key}", out var expected))
                {
                    Assert.Equal(0, value.abs().max().to(ScalarType.Float64).item<double>());
                    return;
                }
                Assert.Equal(expected.shape, value.shape);
                var error = (value.to(ScalarType.Float64) - expected).abs().max().item<double>();
                var size = expected.abs().max().item<double>();
                Assert.True(
                    error <= bound * size,
                    $"{name}, {form}, {key}: off by {error:g3} where the largest entry is {size:g3}"
                );
            }
        }
    }
}
