using Research.Objectives;
using Research.Schedules;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

public class PsdTests
{
    static readonly int[] Some = [1, 2, 5];
    static readonly int[] All = [0, 1, 2, 3, 4, 5, 6, 7, 8];

    /// <summary>PSD with so many of 9 rows unaligned.</summary>
    static Psd Psd(int unaligned, PsdOptions? options = null) =>
        new((options ?? new()) with { SoftFraction = Schedule.Constant(unaligned / 9.0) });

    [Fact]
    public void Without_unaligned_rows_every_setting_is_InfoNCE()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random();
        var expected = Batches.Run(new InfoNce(), batch);
        foreach (var options in Accepted())
            Batches.AssertSame(Batches.Run(Psd(0, options), WithTeacher(batch)), expected);
    }

    [Fact]
    public void The_zero_gradient_trap_is_rejected_and_says_so()
    {
        var error = Assert.Throws<ArgumentException>(() => new Psd(new() { Direction = TargetDirection.Plain }));
        Assert.Contains("gradient", error.Message);
        Assert.Contains("zero", error.Message);
        Assert.Contains("EMA", error.Message);
        Assert.Throws<ArgumentException>(() =>
            new Psd(new() { Direction = TargetDirection.Plain, Negatives = NegativePool.OwnSubset })
        );
    }

    [Fact]
    public void The_rejected_setting_has_a_gradient_of_zero_and_its_limit_is_approached()
    {
        using var scope = NewDisposeScope();
        // the rejected setting by its definition: the student's own softmax, detached, as the target of every row
        var batch = Batches.Random();
        var logits = batch.Image.mm(batch.Text.t()) * batch.LogitScale.exp();
        var soft = new[] { logits, logits.t() }
            .Select(z => nn.functional.log_softmax(z, 1))
            .Select(p => -(p.detach().exp() * p).sum(1).mean())
            .Aggregate((a, b) => a + b);
        soft.backward();
        foreach (var leaf in new[] { batch.Image, batch.Text, batch.LogitScale })
            Assert.InRange(leaf.grad!.abs().max().item<double>(), 0, 1e-14);

        var nearly = new PsdOptions { Direction = TargetDirection.Plain, TeacherTemperatureRatio = 1 + 1e-9 };
        var gradients = Batches.Run(Psd(9, nearly), Batches.Random()).Gradients;
        Assert.InRange(gradients.Max(Math.Abs), 0, 1e-7);
    }

    [Fact]
    public void Every_accepted_setting_has_a_soft_gradient()
    {
        using var scope = NewDisposeScope();
        var batch = WithTeacher(Batches.Random()) with { Progress = 1 };
        foreach (var options in Accepted().Where(o => o.Negatives == NegativePool.WholeBatch))
        {
            var all = options with { SoftFraction = Schedule.Linear(0, 1) };
            var gradients = Batches.Run(new Psd(all), batch).Gradients;
            Assert.True(gradients.Max(Math.Abs) > 1e-3, $"{options} trains nothing");
        }
    }

    [Fact]
    public void Swapped_targets_have_no_soft_gradient_where_the_similarities_are_symmetric()
    {
        using var scope = NewDisposeScope();
        var v = Batches.Units(9, 6, 4);
        var gradients = Batches.Run(Psd(9), Batches.Of(v, v)).Gradients;
        Assert.InRange(gradients.Max(Math.Abs), 0, 1e-13);
        var asymmetric = Batches.Run(Psd(9), Batches.Of(v, Batches.Units(9, 6, 5))).Gradients;
        Assert.True(asymmetric.Max(Math.Abs) > 1e-3);
        var sharper = Batches.Run(Psd(9, new() { TeacherTemperatureRatio = 0.5 }), Batches.Of(v, v)).Gradients;
        Assert.True(sharper.Max(Math.Abs) > 1e-3);
    }

    [Fact]
    public void The_target_of_an_unaligned_row_is_replaced_and_the_others_are_untouched()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random(unaligned: Some);
        var s = Batches.Logits(batch);
        var n = s.GetLength(0);
        double Row(int i, bool columns)
        {
            double Z(int r, int c) => columns ? s[c, r] : s[r, c];
            double LogP(int r, int c, bool transposed)
            {
                double X(int a, int b) => transposed ? Z(b, a) : Z(a, b);
                return X(r, c) - Math.Log(Enumerable.Range(0, n).Sum(k => Math.Exp(X(r, k))));
            }
            return Some.Contains(i)
                ? -Enumerable
                    .Range(0, n)
                    .Sum(j => Math.Exp(LogP(i, j, transposed: true)) * LogP(i, j, transposed: false))
                : -LogP(i, i, transposed: false);
        }
        var expected = Enumerable.Range(0, n).Sum(i => Row(i, columns: false) + Row(i, columns: true)) / (2 * n);
        Assert.Equal(expected, Batches.Run(Psd(3), batch).Loss, 1e-12);
    }

    [Fact]
    public void No_gradient_reaches_the_teacher()
    {
        using var scope = NewDisposeScope();
        var batch = WithTeacher(Batches.Random(unaligned: Some));
        batch.TeacherImage!.requires_grad_();
        batch.TeacherText!.requires_grad_();
        Psd(3, new() { Teacher = TeacherSource.Ema() }).Forward(batch).Loss.backward();
        Assert.Null(batch.TeacherImage!.grad);
        Assert.Null(batch.TeacherText!.grad);
    }

    [Fact]
    public void Diagnostics_come_only_on_request()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random(unaligned: Some);
        Assert.Empty(Psd(3).Forward(batch).Diagnostics);
        var diagnostics = Psd(3).Forward(batch with { WantDiagnostics = true }).Diagnostics;
        Assert.Equal(3 / 9.0, diagnostics[PsdDiagnostics.UnalignedShare], 12);
        Assert.DoesNotContain(PsdDiagnostics.LoneRows, diagnostics.Keys);
        Assert.InRange(diagnostics[DiagnosticNames.TargetEntropy], 0.01, Math.Log(9));
        Assert.InRange(diagnostics[DiagnosticNames.Accuracy], 0, 1);
        Assert.DoesNotContain(DiagnosticNames.EffectiveNegatives, diagnostics.Keys);
        Assert.Contains(
            DiagnosticNames.EffectiveNegatives,
            new Psd(new() { HardNegatives = new() }).Forward(batch with { WantDiagnostics = true }).Diagnostics.Keys
        );
    }

    [Fact]
    public void Equal_rows_give_targets_of_the_largest_entropy()
    {
        using var scope = NewDisposeScope();
        var same = Batches.Units(1, 6, 4).expand(5, 6).contiguous();
        var batch = Batches.Of(same, same, Batches.Temperature, 0, 3) with { WantDiagnostics = true };
        var psd = new Psd(new() { SoftFraction = Schedule.Constant(0.4) });
        Assert.Equal(Math.Log(5), psd.Forward(batch).Diagnostics[DiagnosticNames.TargetEntropy], 1e-12);
    }

    [Fact]
    public void The_soft_fraction_follows_its_schedule()
    {
        using var scope = NewDisposeScope();
        var batch = Batches.Random() with { WantDiagnostics = true };
        foreach (var (progress, fraction, rows) in new[] { (0, 0, 0), (0.5, 0.4, 4), (1, 0.8, 7) })
        foreach (var diagnostics in Both(new Psd(), batch with { Progress = progress }))
        {
            Assert.Equal(fraction, diagnostics[PsdDiagnostics.SoftFraction], 1e-12);
            Assert.Equal(rows / 9.0, diagnostics[PsdDiagnostics.UnalignedShare], 1e-12);
        }
    }

    static IEnumerable<IReadOnlyDictionary<string, double>> Both(Psd psd, EmbeddingBatch batch) =>
        [psd.Forward(batch).Diagnostics, psd.Gradients(batch, new(4, 3)).Diagnostics];

    [Fact]
    public void A_schedule_that_leaves_the_range_is_rejected_before_training()
    {
        foreach (var schedule in new[] { Schedule.Constant(1.2), Schedule.Linear(0, 1.5), Schedule.Cosine(-0.1, 0.5) })
        {
            var error = Assert.Throws<ArgumentException>(() => new Psd(new() { SoftFraction = schedule }));
            Assert.StartsWith($"SoftFraction ({schedule}) reaches", error.Message);
            Assert.Contains("[0, 1]", error.Message);
        }
    }

    [Fact]
    public void A_moving_average_that_is_the_student_in_every_row_of_the_first_step_is_rejected()
    {
        using var scope = NewDisposeScope();
        var options = new PsdOptions
        {
            Teacher = TeacherSource.Ema(),
            Direction = TargetDirection.Plain,
            SoftFraction = Schedule.Linear(1, 0.5),
        };
        var error = Assert.Throws<ArgumentException>(() => new Psd(options));
        Assert.Contains("rounding", error.Message);
        Assert.Contains("linear 1 -> 0.5", error.Message);
        // all of 16 rows by rounding: known once the batch is
        var nearly = new Psd(options with { SoftFraction = Schedule.Constant(0.99) });
        Assert.Contains("rounding", Assert.Throws<ArgumentException>(() => nearly.CheckBatchSize(16)).Message);
        nearly.CheckBatchSize(128);
        foreach (
            var good in new[]
            {
                options with
                {
                    TeacherTemperatureRatio = 0.5,
                },
                options with
                {
                    Direction = TargetDirection.Swapped,
                },
                options with
                {
                    SoftFraction = Schedule.Linear(0, 1),
                },
                options with
                {
                    Teacher = TeacherSource.Frozen,
                },
            }
        )
            new Psd(good).CheckBatchSize(16);

        // what is refused: the gradient is nothing but rounding
        var batch = Batches.Random(n: 16) with
        {
            Progress = 0,
        };
        batch = batch with { TeacherImage = batch.Image.detach(), TeacherText = batch.Text.detach() };
        Assert.InRange(Batches.Run(nearly, batch).Gradients.Max(Math.Abs), 0, 1e-14);
    }

    [Fact]
    public void A_frozen_teachers_temperature_is_relative_to_its_own_and_others_to_the_students()
    {
        using var scope = NewDisposeScope();
        var batch = WithTeacher(Batches.Random(unaligned: Some)) with
        {
            TeacherLogitScale = torch.tensor(Math.Log(2), ScalarType.Float64),
        };
        double Loss(TeacherSource teacher, double ratio) =>
            Batches.Run(Psd(3, new() { Teacher = teacher, TeacherTemperatureRatio = ratio }), batch).Loss;
        // the student's 1/tau is 5, the frozen teacher's 2
        Assert.Equal(Loss(TeacherSource.Ema(), 2.5), Loss(TeacherSource.Frozen, 1), 1e-12);
        Assert.NotEqual(Loss(TeacherSource.Ema(), 1), Loss(TeacherSource.Frozen, 1), 1e-3);
        var without = batch with { TeacherLogitScale = null };
        foreach (
            var run in new Action[]
            {
                () => Psd(3, new() { Teacher = TeacherSource.Frozen }).Forward(without),
                () => Psd(3, new() { Teacher = TeacherSource.Frozen }).Gradients(without, Tiling.Default),
            }
        )
            Assert.Contains("PSD: the frozen teacher's logit scale", Assert.Throws<ArgumentException>(run).Message);
    }

    [Fact]
    public void Settings_out_of_range_are_named()
    {
        foreach (var ratio in new[] { 0, -1, double.NaN, double.PositiveInfinity })
            Assert.Equal(
                "TeacherTemperatureRatio",
                Assert
                    .Throws<ArgumentOutOfRangeException>(() => new Psd(new() { TeacherTemperatureRatio = ratio }))
                    .ParamName
            );
        foreach (var decay in new[] { 0, 1, -0.5, double.NaN })
            Assert.Throws<ArgumentOutOfRangeException>(() => TeacherSource.Ema(decay));
        Assert.Equal(
            "Negatives",
            Assert
                .Throws<ArgumentException>(() =>
                    new Psd(new() { HardNegatives = new(), Negatives = NegativePool.OwnSubset })
                )
                .ParamName
        );
        Assert.Equal(
            "Beta",
            Assert
                .Throws<ArgumentOutOfRangeException>(() => new Psd(new() { HardNegatives = new() { Beta = -1 } }))
                .ParamName
        );
    }

    [Fact]
    public void Rows_alone_in_their_subset_have_no_loss_are_counted_and_batches_that_only_have_such_are_refused()
    {
        using var scope = NewDisposeScope();
        var own = new PsdOptions { Negatives = NegativePool.OwnSubset };
        var batch = Batches.Random() with { WantDiagnostics = true };
        foreach (var (unaligned, lone) in new[] { (0, 0), (1, 2), (2, 0), (7, 0), (8, 2) }) // over both directions
        foreach (var diagnostics in Both(Psd(unaligned, own), batch))
            Assert.Equal(lone, diagnostics[PsdDiagnostics.LoneRows]);
        // two rows, each alone: nothing to learn
        var two = Batches.Random(n: 2);
        Assert.Equal(0, Batches.Run(new Psd(own with { SoftFraction = Schedule.Constant(0.5) }), two).Loss, 1e-15);

        foreach (
            var run in new Action[]
            {
                () => Psd(9, own).Forward(batch),
                () => Psd(9, own).Gradients(batch, Tiling.Default),
            }
        )
            Assert.Contains("all 9 rows are unaligned", Assert.Throws<ArgumentException>(run).Message);

        void Refused(double most, int pairs) =>
            Assert.Contains(
                $"a batch of {pairs} has",
                Assert
                    .Throws<ArgumentException>(() =>
                        new Psd(own with { SoftFraction = Schedule.Cosine(0, most) }).CheckBatchSize(pairs)
                    )
                    .Message
            );
        Refused(0.8, 7); // 6 and 1
        Refused(1, 64); // 64 and 0
        Refused(0.02, 64); // 1 and 63
        new Psd(own).CheckBatchSize(10);
        new Psd(own with { SoftFraction = Schedule.Constant(0) }).CheckBatchSize(2);
        new Psd(new() { SoftFraction = Schedule.Constant(1) }).CheckBatchSize(2);
        Assert.Throws<ArgumentException>(() =>
            new WeightedSum((1, new InfoNce()), (1, new Psd(own))).CheckBatchSize(4)
        );
    }

    [Fact]
    public void A_missing_teacher_is_an_error()
    {
        using var scope = NewDisposeScope();
        var psd = Psd(3, new() { Teacher = TeacherSource.Ema() });
        Assert.Contains(
            "teacher",
            Assert.Throws<ArgumentException>(() => psd.Forward(Batches.Random(unaligned: Some))).Message
        );
    }

    [Fact]
    public void Extreme_logits_stay_finite_in_float32_with_subset_negatives()
    {
        using var scope = NewDisposeScope();
        var v = Batches.Units(9, 4, 5, ScalarType.Float32);
        foreach (var pool in Enum.GetValues<NegativePool>())
        foreach (var text in new[] { v, -v })
        {
            var (loss, gradients) = Batches.Run(Psd(1, new() { Negatives = pool }), Batches.Of(v, text, 0.01));
            Assert.True(double.IsFinite(loss));
            Assert.All(gradients, g => Assert.True(double.IsFinite(g)));
        }
    }

    static EmbeddingBatch WithTeacher(EmbeddingBatch batch) =>
        batch with
        {
            TeacherImage = Batches.Units((int)batch.Image.shape[0], 6, 77),
            TeacherText = Batches.Units((int)batch.Image.shape[0], 6, 78),
        };

    /// <summary>Every combination of settings that is not rejected.</summary>
    static IEnumerable<PsdOptions> Accepted() =>
        from teacher in new[] { TeacherSource.Shared, TeacherSource.Ema() }
        from direction in Enum.GetValues<TargetDirection>()
        from ratio in new[] { 0.5, 1, 2 }
        from pool in Enum.GetValues<NegativePool>()
        where !(teacher is SharedTeacher && direction == TargetDirection.Plain && ratio == 1)
        select new PsdOptions
        {
            Teacher = teacher,
            Direction = direction,
            TeacherTemperatureRatio = ratio,
            Negatives = pool,
        };
}
