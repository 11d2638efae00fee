using Research.Objectives;
using Research.Schedules;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>Identities between objectives, of the plain and of the tiled form.</summary>
public class IdentityTests
{
    static readonly Tiling Tiles = new(4, 3);

    static void Equal(IObjective one, IObjective other, EmbeddingBatch batch, double losses = 0)
    {
        Same(AutogradGradients.Of(one, batch), AutogradGradients.Of(other, batch), losses);
        Same(one.Gradients(batch, Tiles), other.Gradients(batch, Tiles), losses);
    }

    static void Same(ObjectiveGradients a, ObjectiveGradients b, double losses)
    {
        Assert.Equal(losses, a.Loss.item<double>() - b.Loss.item<double>(), 1e-12);
        foreach (var (x, y) in new[] { (a.Image, b.Image), (a.Text, b.Text), (a.LogitScale, b.LogitScale) })
            Assert.True((x - y).abs().max().item<double>() < 1e-12);
    }

    static double Loss(IObjective objective, EmbeddingBatch batch) =>
        objective.Gradients(batch, Tiles).Loss.item<double>();

    [Fact]
    public void HN_NCE_with_alpha_1_and_beta_0_is_InfoNCE()
    {
        using var scope = NewDisposeScope();
        Equal(new HnNce(new() { Alpha = 1, Beta = 0 }), new InfoNce(), Batches.Random());
    }

    [Fact]
    public void Debiased_NCE_without_false_negatives_is_HN_NCE()
    {
        using var scope = NewDisposeScope();
        foreach (var through in new[] { true, false })
            Equal(
                new DebiasedNce(
                    new()
                    {
                        PositivePrior = 0,
                        Beta = 0.5,
                        GradientThroughWeights = through,
                    }
                ),
                new HnNce(new() { Beta = 0.5, GradientThroughWeights = through }),
                Batches.Random()
            );
    }

    [Fact]
    public void PSD_without_unaligned_rows_is_InfoNCE_and_with_hard_negatives_HN_NCE()
    {
        using var scope = NewDisposeScope();
        var aligned = Schedule.Constant(0);
        Equal(new Psd(new() { SoftFraction = aligned }), new InfoNce(), Batches.Random());
        Equal(new Psd(new() { SoftFraction = aligned, HardNegatives = new() }), new HnNce(), Batches.Random());
    }

    [Fact]
    public void A_blend_of_nothing_is_InfoNCE()
    {
        using var scope = NewDisposeScope();
        var none = Schedule.Constant(0);
        Equal(new MomentumDistillation(new() { Blend = none }), new InfoNce(), Batches.Random());
        Equal(new FrozenDistillation(new() { Blend = none }), new InfoNce(), Batches.Random());
        Equal(new CyClip(0, 0), new InfoNce(), Batches.Random());
    }

    [Fact]
    public void A_blend_of_all_is_PSD_with_all_rows_unaligned_and_plain_targets()
    {
        using var scope = NewDisposeScope();
        Equal(
            new MomentumDistillation(new() { Blend = Schedule.Constant(1), TeacherTemperatureRatio = 0.5 }),
            new Psd(
                new()
                {
                    SoftFraction = Schedule.Constant(1),
                    Teacher = TeacherSource.Ema(),
                    Direction = TargetDirection.Plain,
                    TeacherTemperatureRatio = 0.5,
                }
            ),
            WithTeacher(Batches.Random())
        );
    }

    [Fact]
    public void Divergence_is_cross_entropy_less_the_targets_entropy()
    {
        using var scope = NewDisposeScope();
        var batch = WithTeacher(Batches.Random()) with { WantDiagnostics = true };
        FrozenDistillation Of(TargetDistance distance) =>
            new(
                new()
                {
                    Blend = Schedule.Constant(0.5),
                    Distance = distance,
                    TeacherTemperature = 0.3,
                }
            );
        var entropy = Of(TargetDistance.CrossEntropy).Gradients(batch, Tiles).Diagnostics[
            DiagnosticNames.TargetEntropy
        ];
        Assert.InRange(entropy, 0.1, Math.Log(9));
        Equal(Of(TargetDistance.CrossEntropy), Of(TargetDistance.KullbackLeibler), batch, entropy / 2);
    }

    [Fact]
    public void The_divergence_from_a_teacher_that_is_learned_is_zero()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random();
        batch = batch with { TeacherImage = batch.Image.detach(), TeacherText = batch.Text.detach() };
        var all = new FrozenDistillation(
            new() { Blend = Schedule.Constant(1), TeacherTemperature = Batches.Temperature }
        );
        var gradients = all.Gradients(batch, Tiles);
        Assert.Equal(0, gradients.Loss.item<double>(), 1e-12);
        Assert.True(gradients.Image.abs().max().item<double>() < 1e-12);
    }

    [Fact]
    public void A_sum_is_linear_in_its_parts()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random();
        Equal(new WeightedSum((0.25, new InfoNce()), (0.75, new InfoNce())), new InfoNce(), batch);
        Assert.Equal(
            2 * Loss(new HnNce(), batch) - 0.5 * Loss(new CyClip(), batch),
            Loss(new WeightedSum((2, new HnNce()), (-0.5, new CyClip())), batch),
            1e-12
        );
    }

    [Fact]
    public void Parts_of_a_sum_draw_each_for_itself()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random();
        Psd Of(double fraction, SubsetSampling sampling) =>
            new(new() { SoftFraction = Schedule.Constant(fraction), Sampling = sampling });
        var (some, most) = (Of(0.3, SubsetSampling.Separate), Of(0.8, SubsetSampling.Joint));
        var sum = new WeightedSum((0.25, some), (0.5, most));
        foreach (
            var of in new Func<IObjective, double>[] { o => o.Forward(batch).Loss.item<double>(), o => Loss(o, batch) }
        )
            Assert.Equal(0.25 * of(some) + 0.5 * of(most), of(sum), 1e-12);
        // a part draws what it draws alone
        Equal(new WeightedSum((1, most)), most, batch);
    }

    [Fact]
    public void SigLIP_at_its_start_asks_one_question_a_pair()
    {
        using var scope = NewDisposeScope();
        var siglip = new SigLip();
        Assert.Equal(-10, siglip.Bias.item<float>());
        Assert.Equal(Math.Log(10), siglip.InitialLogitScale!.Value, 1e-12);
        var axes = torch.eye(3, dtype: ScalarType.Float64);
        var batch = Batches.Of(axes, axes, 0.1);
        // logits 10 and 0, bias -10: three questions at even odds, six that are nearly certain
        var expected = Math.Log(2) + 2 * Math.Log(1 + Math.Exp(-10));
        Assert.Equal(expected, Loss(siglip, batch), 1e-10);
    }

    static EmbeddingBatch WithTeacher(EmbeddingBatch batch) =>
        batch with
        {
            TeacherImage = Batches.Units((int)batch.Image.shape[0], 5, 77),
            TeacherText = Batches.Units((int)batch.Image.shape[0], 5, 78),
        };
}
