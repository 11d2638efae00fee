using Research.Objectives;
using Research.Schedules;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>
/// Losses and gradients, of the plain and of the tiled form, against tests/golden/objectives.py, which follows the equations entry by entry
/// in PyTorch.
/// </summary>
public class GoldenObjectiveTests
{
    static readonly HnNceOptions Quarter = new() { Alpha = 1, Beta = 0.25 };
    static readonly TeacherSource Ema = TeacherSource.Ema(0.9);

    static readonly Dictionary<string, Func<IObjective>> Cases = new()
    {
        ["infonce"] = () => new InfoNce(),
        ["infonce.smoothing0.1"] = () => new InfoNce(0.1),
        ["hnnce.a1.b0.25"] = () => new HnNce(Quarter),
        ["hnnce.a0.999.b0.5"] = () => new HnNce(new() { Alpha = 0.999, Beta = 0.5 }),
        ["hnnce.a1.b1.detached"] = () =>
            new HnNce(
                new()
                {
                    Alpha = 1,
                    Beta = 1,
                    GradientThroughWeights = false,
                }
            ),
        ["hnnce.a0.b0.5"] = () => new HnNce(new() { Alpha = 0, Beta = 0.5 }),
        ["dcl"] = HnNce.Decoupled,
        ["psd.shared.swapped"] = () => Psd(new()),
        ["psd.shared.swapped.ratio0.5"] = () => Psd(new() { TeacherTemperatureRatio = 0.5 }),
        ["psd.shared.plain.ratio0.5"] = () =>
            Psd(new() { Direction = TargetDirection.Plain, TeacherTemperatureRatio = 0.5 }),
        ["psd.shared.intra"] = () => Psd(new() { Direction = TargetDirection.IntraModal }),
        ["psd.shared.swapped.separate"] = () => Psd(new() { Sampling = SubsetSampling.Separate }),
        ["psd.shared.swapped.subset"] = () => Psd(new() { Negatives = NegativePool.OwnSubset }),
        ["psd.shared.intra.ratio2.separate.subset"] = () =>
            Psd(
                new()
                {
                    Direction = TargetDirection.IntraModal,
                    TeacherTemperatureRatio = 2,
                    Sampling = SubsetSampling.Separate,
                    Negatives = NegativePool.OwnSubset,
                }
            ),
        ["psd.shared.plain.ratio0.5.subset"] = () =>
            Psd(
                new()
                {
                    Direction = TargetDirection.Plain,
                    TeacherTemperatureRatio = 0.5,
                    Negatives = NegativePool.OwnSubset,
                }
            ),
        ["psd.ema.swapped"] = () => Psd(new() { Teacher = Ema }),
        ["psd.ema.plain"] = () => Psd(new() { Teacher = Ema, Direction = TargetDirection.Plain }),
        ["psd.ema.intra.ratio0.5"] = () =>
            Psd(
                new()
                {
                    Teacher = Ema,
                    Direction = TargetDirection.IntraModal,
                    TeacherTemperatureRatio = 0.5,
                }
            ),
        ["psd.ema.plain.separate.subset"] = () =>
            Psd(
                new()
                {
                    Teacher = Ema,
                    Direction = TargetDirection.Plain,
                    Sampling = SubsetSampling.Separate,
                    Negatives = NegativePool.OwnSubset,
                }
            ),
        ["psd.shared.swapped.hard"] = () => Psd(new() { HardNegatives = Quarter }),
        ["psd.ema.swapped.separate.hard"] = () =>
            Psd(
                new()
                {
                    Teacher = Ema,
                    Sampling = SubsetSampling.Separate,
                    HardNegatives = new() { Alpha = 0.9, Beta = 0.5 },
                }
            ),
    };

    static Psd Psd(PsdOptions options) => new(options with { SoftFraction = Schedule.Constant(3 / 7.0) });

    static ObjectiveGolden Golden() => new("objectives");

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
        var objective = Cases[name]();
        var ema = objective.Needs.Teacher is EmaTeacher;
        var batch = new EmbeddingBatch(Of("image"), Of("text"), Of("log_scale"), 0.5)
        {
            Random = Batches.Drawing(golden.Flags("unaligned_images"), golden.Flags("unaligned_texts")),
            TeacherImage = ema ? Of("teacher_image") : null,
            TeacherText = ema ? Of("teacher_text") : null,
        };
        golden.Check(name, objective, batch, new(3, 4), tolerance);
    }
}
