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

    static ObjectiveGolden Golden() => new("objectives_rivals");

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void Every_case_of_the_generator_is_checked()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(Golden().Cases, Cases.Keys.Order());
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
        var batch = new EmbeddingBatch(Of("image"), Of("text"), Of("log_scale"), 0.5)
        {
            Random = Batches.Drawing(golden.Flags("unaligned")),
            TeacherImage = Of("teacher_image"),
            TeacherText = Of("teacher_text"),
            TeacherLogitScale = Of("log_scale"), // the generator's teacher has the student's
            ImageFeatures = Of("features"),
            Objects = Targets("objects"),
            Attributes = Targets("attributes"),
        };
        golden.Check(name, Cases[name](), batch, new(4, 3), tolerance);
    }
}
