using Research.Objectives;
using Research.Schedules;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>What the tiled form promises beyond its numbers: types, ownership, no graphs, no N x N matrix.</summary>
public class TiledFormTests
{
    public static TheoryData<string> Names => [.. Every.ClosedForms.Where(k => !k.StartsWith("PSD EmaTeacher"))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Bfloat16_embeddings_are_summed_in_float32(string name)
    {
        using var scope = NewDisposeScope();
        var objective = Every.Objective[name]();
        var n = 40;
        var half = Every.Batch(
            Batches.Units(n, 8, 3, ScalarType.BFloat16),
            Batches.Units(n, 8, 4, ScalarType.BFloat16),
            10
        ) with
        {
            LogitScale = torch.tensor((float)Math.Log(10)),
        };
        var wide = Every.InFloat64(half);
        var expected = objective.Gradients(wide, new(7, 9));
        var actual = objective.Gradients(half, new(7, 9));
        Assert.Equal(ScalarType.Float32, actual.Loss.dtype);
        Assert.Equal(ScalarType.BFloat16, actual.Image.dtype);
        Assert.Equal(ScalarType.BFloat16, actual.Text.dtype);
        Assert.Equal(ScalarType.Float32, actual.LogitScale.dtype);
        // the sums have float32's precision; only the embeddings' gradients are rounded to bfloat16 at the end
        var loss = expected.Loss.item<double>();
        Assert.Equal(loss, actual.Loss.item<float>(), 2e-6 * Math.Max(1, Math.Abs(loss)));
        foreach (var (x, y) in new[] { (expected.Image, actual.Image), (expected.Text, actual.Text) })
        {
            var error = (y.to(ScalarType.Float64) - x).square().sum().sqrt().item<double>();
            Assert.True(error <= 3e-3 * x.square().sum().sqrt().item<double>(), $"{name}: off by {error:g3}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_leaves_no_tensor_behind_and_no_graph(string name)
    {
        using var scope = NewDisposeScope();
        var objective = Every.Objective[name]();
        var batch = Every.Batch(Batches.Units(9, 4, 3), Batches.Units(9, 4, 4), 5);
        batch.Image.requires_grad_();
        batch.Text.requires_grad_();
        batch.LogitScale.requires_grad_();
        void Run()
        {
            using var inner = NewDisposeScope();
            var gradients = objective.Gradients(batch, new(4, 5));
            foreach (
                var tensor in (Tensor[])
                    [gradients.Loss, gradients.Image, gradients.Text, gradients.LogitScale, .. gradients.Parameters]
            )
                Assert.False(tensor.requires_grad);
        }
        Run();
        GC.Collect(); // what other tests left to their finalizers
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        Run();
        var after = Tensor.TotalCount;
        Assert.True(after <= before, $"{after - before} tensors more than before");
        Assert.Null(batch.Image.grad);
        Assert.Null(batch.LogitScale.grad);
    }

    public static TheoryData<string> Large => ["InfoNCE", "PSD + HN-NCE", "SigLIP", "CyCLIP", "frozen distillation"];

    [Theory]
    [MemberData(nameof(Large))]
    public void Memory_grows_with_the_batch_not_with_its_square(string name)
    {
        if (!File.Exists("/proc/self/clear_refs"))
            return;
        using var scope = NewDisposeScope();
        var objective = Every.Objective[name]();
        var n = 6000;
        var batch = Every.Batch(
            Batches.Units(n, 4, 3, ScalarType.Float32),
            Batches.Units(n, 4, 4, ScalarType.Float32),
            10
        ) with
        {
            WantDiagnostics = false,
        };
        objective.Gradients(batch, new(256, 512));
        File.WriteAllText("/proc/self/clear_refs", "5");
        var before = Status("VmRSS");
        objective.Gradients(batch, new(256, 512));
        var peak = Status("VmHWM") - before;
        Assert.True(peak < (long)n * n * sizeof(float) / 4, $"{name}: {peak / 1e6:f0} MB, where N x N are 144 MB");
    }

    static long Status(string field) =>
        1024 * long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(field + ":")).Split(' ')[^2]);

    [Fact]
    public void Gradients_fed_back_through_an_encoder_are_those_of_the_whole_graph()
    {
        using var scope = NewDisposeScope();
        var weight = (Batches.Units(5, 4, 1) * 2).detach().requires_grad_();
        var (x, y) = (Batches.Units(8, 5, 2), Batches.Units(8, 4, 3));
        var scale = torch.tensor(Math.Log(5)).requires_grad_();
        var psd = new Psd(new() { SoftFraction = Schedule.Constant(0.25) });
        EmbeddingBatch Batch(Tensor image) => new(image, y, scale, 0) { Random = new(1, 2) };
        Tensor Encode()
        {
            var z = x.mm(weight);
            return z / z.square().sum([1L], true).sqrt();
        }
        psd.Forward(Batch(Encode())).Loss.backward();
        var expected = weight.grad!.clone();
        weight.grad!.zero_();
        var image = Encode();
        image.backward([psd.Gradients(Batch(image), Tiling.Default).Image]);
        Assert.True((weight.grad! - expected).abs().max().item<double>() < 1e-12);
    }
}
