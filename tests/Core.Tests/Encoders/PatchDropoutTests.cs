using Core.Tests.Engine;
using Research.Encoders;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

public sealed class PatchDropoutTests
{
    const int Patches = 20;

    /// <summary>Tokens that hold their number, rows x (1 + 20) x 3.</summary>
    static Tensor Numbered(int rows) =>
        arange(Patches + 1, dtype: ScalarType.Float32).view(1, -1, 1).expand(rows, -1, 3).contiguous();

    static long[][] Kept(PatchDropout dropout, ulong seed, int first, int count)
    {
        using var scope = NewDisposeScope();
        using var rows = DropoutRows.Begin(seed, first, count);
        var y = dropout.call(Numbered(count));
        Golden.Same("all columns", y.select(2, 0), y.select(2, 2));
        return
        [
            .. Enumerable.Range(0, count).Select(r => Golden.Doubles(y[r].select(1, 0)).Select(x => (long)x).ToArray()),
        ];
    }

    [Theory]
    [InlineData(0.5, 10)]
    [InlineData(0.33, 13)]
    [InlineData(0.99, 1)]
    public void The_class_token_and_open_clips_number_of_patches_stay_in_their_order(double p, int staying)
    {
        using var dropout = new PatchDropout(p, classToken: true);
        foreach (var kept in Kept(dropout, 3, 0, 8))
        {
            Assert.Equal(1 + staying, kept.Length);
            Assert.Equal(0, kept[0]);
            Assert.Equal(kept.Distinct().Order(), kept);
        }
        using var all = new PatchDropout(p, classToken: false);
        using var rows = DropoutRows.Begin(3, 0, 2);
        using var y = all.call(zeros(2, Patches, 3));
        Assert.Equal([2L, staying, 3], y.shape);
    }

    [Fact]
    public void A_row_keeps_the_same_patches_in_every_micro_batch_and_others_with_another_seed()
    {
        using var dropout = new PatchDropout(0.5, classToken: true);
        var whole = Kept(dropout, 7, 0, 12);
        foreach (var (first, count) in new[] { (0, 5), (5, 7), (11, 1) })
            Assert.Equal(whole.Skip(first).Take(count), Kept(dropout, 7, first, count));
        Assert.NotEqual(whole, Kept(dropout, 8, 0, 12));
        Assert.Equal(12, whole.Select(r => string.Join(",", r)).Distinct().Count());
    }

    [Fact]
    public void Every_patch_is_kept_as_often()
    {
        using var dropout = new PatchDropout(0.5, classToken: true);
        const int rows = 4000;
        var counts = Kept(dropout, 1, 0, rows).SelectMany(r => r.Skip(1)).CountBy(x => x).ToDictionary();
        Assert.Equal(Patches, counts.Count);
        var deviation = Math.Sqrt(rows * 0.25);
        Assert.All(counts.Values, n => Assert.InRange(n, rows / 2 - 5 * deviation, rows / 2 + 5 * deviation));
    }

    [Fact]
    public void It_acts_in_training_only_and_gradients_reach_the_kept_patches()
    {
        using var scope = NewDisposeScope();
        var config = TinyDual.Config(stem: false);
        using var model = new DualEncoder(
            config with
            {
                Vision = config.Vision with { PatchSize = 4, PatchDropout = 0.5 },
            }
        );
        using var plain = new DualEncoder(config with { Vision = config.Vision with { PatchSize = 4 } });
        var weights = model.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter);
        Research.Engine.StateDict.LoadWeights(plain, weights);
        var images = TinyDual.Images(model, 1).requires_grad_();
        manual_seed(1);
        var dropped = model.encode_image(images);
        manual_seed(1);
        Golden.Same("one seed", dropped, model.encode_image(images));
        dropped.sum().backward();
        var seen = images.grad!.abs().sum([1]).unfold(1, 4, 4).unfold(2, 4, 4).sum([3, 4]).gt(0); // B x 4 x 4 patches
        Golden.Close("patches seen", full([8], 8f), seen.sum([1, 2]).to(ScalarType.Float32));
        model.eval();
        plain.eval();
        Golden.Same("evaluation", plain.encode_image(images), model.encode_image(images));
        Assert.False(dropped.allclose(model.encode_image(images)));
    }
}
