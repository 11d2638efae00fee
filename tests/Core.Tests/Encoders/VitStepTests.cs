using Core.Tests.Engine;
using Research.Encoders;
using Research.Engine;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>Training in C# against training in PyTorch from the same weights (tests/golden/vit_step.py).</summary>
public sealed class VitStepTests
{
    [Theory]
    [InlineData("vit_step", false)]
    [InlineData("stem_step", true)]
    public void Twenty_training_steps_give_PyTorchs_losses_and_weights(string name, bool stem)
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Load(name);
        Dictionary<string, Tensor> Part(string prefix) =>
            golden.Where(p => p.Key.StartsWith(prefix)).ToDictionary(p => p.Key[prefix.Length..], p => p.Value);
        using var model = new DualEncoder(TinyDual.Config(stem));
        model.LoadWeights(Part("start."));
        using var optimizer = TinyDual.Optimizer(model);
        var losses = Golden.Doubles(golden["losses"]);
        var norms = Golden.Doubles(golden["norms"]);
        Assert.Equal(20, losses.Length);
        for (var step = 0; step < losses.Length; step++)
        {
            var (loss, norm) = TinyDual.Step(model, optimizer, step);
            Assert.True(
                Math.Abs(loss - losses[step]) <= 1e-5 * Math.Abs(losses[step]),
                $"step {step}: loss {loss:R}, PyTorch {losses[step]:R}"
            );
            Assert.True(
                Math.Abs(norm - norms[step]) <= 1e-4 * norms[step],
                $"step {step}: norm {norm:R}, PyTorch {norms[step]:R}"
            );
        }
        Assert.True(losses[^1] < losses[0] / 2);
        foreach (var (key, value) in Part("final."))
            Golden.Close(key, value, model.Weights()[key], relative: 1e-3, absolute: 1e-4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_hundred_training_steps_leave_handles_and_memory_flat(bool stem)
    {
        manual_seed(1);
        using var model = new DualEncoder(TinyDual.Config(stem));
        using var optimizer = TinyDual.Optimizer(model);
        for (var step = 0; step < 20; step++)
            TinyDual.Step(model, optimizer, step);
        ResidentBytes(); // collects what earlier tests left
        var handles = Tensor.TotalCount;
        // The runtime grows too while it compiles, but only for a while: a leak grows in every round.
        var growth = new List<long>();
        while (growth.Count < 3 && growth.All(bytes => bytes >= 16 << 20))
        {
            var memory = ResidentBytes();
            for (var step = 0; step < 200; step++)
                TinyDual.Step(model, optimizer, step);
            growth.Add(ResidentBytes() - memory);
        }
        Assert.Equal(handles, Tensor.TotalCount);
        Assert.True(
            growth[^1] < 16 << 20,
            $"resident size grew by {string.Join(", ", growth.Select(bytes => $"{bytes >> 10} KiB"))} in rounds of 200 steps"
        );
    }

    static long ResidentBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Environment.WorkingSet;
    }
}
