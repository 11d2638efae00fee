using Research.Engine;
using Research.Training;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Engine;

/// <summary>Optimizers and gradient clipping against PyTorch (tests/golden/optimizers.py), their state and their errors.</summary>
public sealed class OptimizerTests
{
    static readonly long[][] shapes =
    [
        [3, 4],
        [5],
        [2, 3, 2],
    ];

    static Parameter[] Parameters(ScalarType type = ScalarType.Float32) =>
        [.. shapes.Select((s, i) => new Parameter(Formula.Ramp(i, s).to(type)))];

    static readonly double[] rates = [1e-2, 3e-2];

    static FusedAdamW Adam(Parameter[] p) =>
        new(
            [new ParameterGroup([("0", p[0]), ("2", p[2])], 1e-2, 0.2), new ParameterGroup([("1", p[1])], 3e-2, 0)],
            0.9,
            0.98,
            1e-6
        );

    static void Run(Parameter[] parameters, FusedAdamW optimizer, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            using var scope = NewDisposeScope();
            foreach (var (group, rate) in optimizer.Groups.Zip(rates))
                group.LearningRate = rate * Math.Min(1, (step + 1) / 4.0);
            foreach (var (p, i) in parameters.Select((p, i) => (p, i)))
                p.grad = i == 1 && step is 3 or 4 ? null : Formula.Ramp(100 + 10 * step + i, p.shape).to(p.dtype);
            optimizer.step();
        }
    }

    // The kernel rounds in another order than PyTorch's list operators, by which the golden values were made.
    [Theory]
    [InlineData("adamw", ScalarType.Float32, 2e-7, 2e-8)]
    [InlineData("adamw64", ScalarType.Float64, 2e-15, 1e-16)]
    public void AdamW_follows_PyTorchs_trajectory_to_rounding(
        string name,
        ScalarType type,
        double relative,
        double absolute
    )
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Load("optimizers");
        var parameters = Parameters(type);
        using var optimizer = Adam(parameters);
        Run(parameters, optimizer, 0, 12);
        var state = optimizer.state_dict();
        Assert.Equal(9, state.Count);
        for (var i = 0; i < 3; i++)
        {
            Golden.Close($"parameter {i}", golden[$"{name}.{i}"], parameters[i], relative, absolute);
            foreach (var slot in (string[])["exp_avg", "exp_avg_sq", "step"])
                Golden.Close($"{i}.{slot}", golden[$"{name}.{i}.{slot}"], state[$"{i}.{slot}"], relative, absolute);
        }
    }

    [Fact]
    public void A_resumed_optimizer_continues_exactly()
    {
        using var scope = NewDisposeScope();
        var whole = Parameters();
        using var uninterrupted = Adam(whole);
        Run(whole, uninterrupted, 0, 9);
        var first = Parameters();
        using var before = Adam(first);
        Run(first, before, 0, 4);
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        Safetensors.Save(file, before.state_dict());
        Parameter[] second = [.. first.Select(p => new Parameter(p.detach().clone()))];
        using var after = Adam(second);
        after.load_state_dict(Safetensors.Load(file));
        File.Delete(file);
        Run(second, after, 4, 9);
        for (var i = 0; i < 3; i++)
            Golden.Same($"parameter {i}", whole[i], second[i]);
    }

    [Theory]
    [InlineData("0.exp_avg", "lacks '0.exp_avg'")]
    [InlineData("0.step", "lacks '0.step'")]
    public void A_state_with_a_hole_is_rejected_by_name(string removed, string message)
    {
        using var scope = NewDisposeScope();
        var parameters = Parameters();
        using var optimizer = Adam(parameters);
        Run(parameters, optimizer, 0, 1);
        var state = optimizer.state_dict();
        state.Remove(removed);
        var error = Assert.Throws<ArgumentException>(() => optimizer.load_state_dict(state));
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void A_state_of_another_model_is_rejected_by_name()
    {
        using var scope = NewDisposeScope();
        var parameters = Parameters();
        using var optimizer = Adam(parameters);
        Run(parameters, optimizer, 0, 1);
        var state = optimizer.state_dict();
        state["0.exp_avg"] = zeros(4, 3);
        Assert.Contains(
            "'0.exp_avg' has shape [4, 3], the parameter [3, 4]",
            Assert.Throws<ArgumentException>(() => optimizer.load_state_dict(state)).Message
        );
        state = optimizer.state_dict();
        state["9.step"] = zeros(1);
        Assert.Contains("'9.step'", Assert.Throws<ArgumentException>(() => optimizer.load_state_dict(state)).Message);
    }

    [Fact]
    public void Bad_settings_are_rejected()
    {
        using var scope = NewDisposeScope();
        var p = Parameters().Select((p, i) => ($"{i}", p)).ToList();
        Assert.Throws<ArgumentOutOfRangeException>(() => new ParameterGroup(p, -1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ParameterGroup(p, 1, double.NaN));
        Assert.Throws<ArgumentException>(() => new ParameterGroup([], 1, 0));
        Assert.Throws<ArgumentException>(() => new FusedAdamW([]));
        var group = new ParameterGroup(p, 1e-3, 0.1);
        Assert.Throws<ArgumentOutOfRangeException>(() => new FusedAdamW([group], beta1: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FusedAdamW([group], eps: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => group.LearningRate = double.NaN);
        Assert.Throws<ArgumentOutOfRangeException>(() => group.WeightDecay = -1);
        Assert.Contains(
            "'again'",
            Assert.Throws<ArgumentException>(() => new FusedAdamW([group, new([("again", p[0].p)], 1, 0)])).Message
        );
    }

    [Fact]
    public void Clipping_gives_PyTorchs_norm_and_gradients()
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Load("optimizers");
        foreach (var (size, limit) in (IEnumerable<(string, double)>)[("clipped", 0.25), ("kept", 1e3)])
        {
            Parameter[] parameters = [.. shapes.Select(s => new Parameter(zeros(s)))];
            foreach (var (p, i) in parameters.Select((p, i) => (p, i)))
                p.grad = Formula.Ramp(30 + i, p.shape);
            var (_, norm) = GradientNorm.Read(zeros(1)[0], parameters);
            GradientNorm.Clip(parameters, norm, limit);
            Assert.Equal(Golden.Doubles(golden[$"clip.l2.{size}.norm"])[0], norm, 1e-7);
            for (var i = 0; i < 3; i++)
                Golden.Same($"{size} {i}", golden[$"clip.l2.{size}.{i}"], parameters[i].grad!);
        }
    }
}
