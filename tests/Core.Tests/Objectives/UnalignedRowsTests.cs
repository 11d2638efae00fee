using Research.Objectives;
using Research.Randomness;
using Research.Schedules;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>Which rows PSD draws. Committed results hold these draws: they stay as they are for every seed and step.</summary>
public class UnalignedRowsTests
{
    static bool[] Sample(int rows, double fraction, ulong seed, long step, string purpose = "partition") =>
        Psd.UnalignedRows(rows, fraction, new StepRandomness(seed, step).For(purpose));

    static int[] Places(bool[] rows) => [.. rows.Index().Where(r => r.Item).Select(r => r.Index)];

    [Theory]
    [InlineData(3, 0, 16, 0.5, "partition", new[] { 0, 1, 3, 4, 8, 9, 11, 15 })]
    [InlineData(3, 7, 16, 0.5, "partition", new[] { 0, 2, 5, 7, 8, 10, 11, 14 })]
    [InlineData(3, 7, 16, 0.5, "partition of texts", new[] { 1, 2, 4, 8, 9, 11, 14, 15 })]
    [InlineData(42, 499, 24, 0.25, "partition", new[] { 0, 2, 4, 11, 17, 21 })]
    public void A_seed_and_a_step_give_these_rows(
        ulong seed,
        long step,
        int rows,
        double fraction,
        string purpose,
        int[] expected
    ) => Assert.Equal(expected, Places(Sample(rows, fraction, seed, step, purpose)));

    [Fact]
    public void A_batch_of_a_step_trains_on_the_rows_pinned_above()
    {
        using var scope = NewDisposeScope();
        var batch = Every.Batch(Batches.Units(16, 6, 1), Batches.Units(16, 6, 2), 5) with { Random = new(3, 7) };
        int[] images = [0, 2, 5, 7, 8, 10, 11, 14];
        int[] texts = [1, 2, 4, 8, 9, 11, 14, 15];
        var psd = new Psd(
            new()
            {
                SoftFraction = Schedule.Constant(0.5),
                Sampling = SubsetSampling.Separate,
                Teacher = TeacherSource.Ema(),
            }
        );
        Assert.Equal(Expected(batch, images, texts), psd.Gradients(batch, new(5, 7)).Loss.item<double>(), 1e-10);
        Assert.Equal(Expected(batch, images, texts), psd.Forward(batch).Loss.item<double>(), 1e-10);
        Assert.NotEqual(Expected(batch, texts, images), psd.Forward(batch).Loss.item<double>(), 1e-4);
    }

    /// <summary>The loss written out, with these rows and captions learning from the teacher, swapped.</summary>
    static double Expected(EmbeddingBatch batch, int[] images, int[] texts)
    {
        var s = batch.Image.mm(batch.Text.t()) * batch.LogitScale.exp();
        var teacher = batch.TeacherImage!.mm(batch.TeacherText!.t()) * batch.LogitScale.exp();
        double Side(TorchSharp.torch.Tensor z, TorchSharp.torch.Tensor targets, int[] soft) =>
            Enumerable
                .Range(0, 16)
                .Average(i =>
                {
                    var logs = z[i].log_softmax(0);
                    return soft.Contains(i)
                        ? -(targets[i].softmax(0) * logs).sum().item<double>()
                        : -logs[i].item<double>();
                });
        return (Side(s, teacher.t(), images) + Side(s.t(), teacher, texts)) / 2;
    }

    [Fact]
    public void The_share_is_exact()
    {
        for (var batch = 1; batch <= 40; batch++)
        for (var tenths = 0; tenths <= 10; tenths++)
        {
            var expected = (int)Math.Round(batch * (tenths / 10.0), MidpointRounding.AwayFromZero);
            Assert.Equal(expected, Sample(batch, tenths / 10.0, 9, batch).Count(u => u));
        }
    }

    [Fact]
    public void Rows_that_are_unaligned_stay_so_when_the_fraction_grows()
    {
        for (var step = 0; step < 50; step++)
        {
            var less = Sample(64, 0.25, 4, step);
            var more = Sample(64, 0.6, 4, step);
            Assert.All(Enumerable.Range(0, 64).Where(i => less[i]), i => Assert.True(more[i]));
        }
    }

    [Fact]
    public void Every_row_is_unaligned_equally_often()
    {
        var counts = new int[32];
        const int steps = 4000;
        for (var step = 0; step < steps; step++)
        {
            var unaligned = Sample(32, 0.5, 11, step);
            for (var i = 0; i < 32; i++)
                counts[i] += unaligned[i] ? 1 : 0;
        }
        var deviation = Math.Sqrt(steps * 0.25);
        Assert.All(counts, count => Assert.InRange(count, steps / 2 - 5 * deviation, steps / 2 + 5 * deviation));
    }

    [Fact]
    public void Steps_and_sides_draw_apart()
    {
        Assert.Equal(Sample(64, 0.5, 1, 2), Sample(64, 0.5, 1, 2));
        Assert.NotEqual(Sample(64, 0.5, 1, 2), Sample(64, 0.5, 1, 3));
        Assert.NotEqual(Sample(64, 0.5, 1, 2), Sample(64, 0.5, 1, 2, "partition of texts"));
    }

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void A_soft_fraction_outside_zero_to_one_is_refused(double fraction) =>
        Assert.Contains(
            "outside [0, 1]",
            Assert.Throws<ArgumentOutOfRangeException>(() => Sample(8, fraction, 1, 40)).Message
        );
}
