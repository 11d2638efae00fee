using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Torch;

/// <summary>Optimizers and gradient clipping against PyTorch (tests/golden/optimizers.py), their state and their errors.</summary>
public sealed class OptimizerTests
{
    static readonly long[][] shapes =
    [
        [3, 4],
        [5],
        [2, 3, 2],
    ];

    static Parameter[] Parameters() => [.. shapes.Select((s, i) => new Parameter(Formula.Ramp(i, s)))];

    static optim.Optimizer Adam(Parameter[] p) =>
        optim.AdamW(
            [new optim.ParamGroup([("0", p[0]), ("2", p[2])], 1e-2, 0.2), new optim.ParamGroup([("1", p[1])], 3e-2, 0)],
            0.9,
            0.98,
            1e-6
        );

    static void Run(Parameter[] parameters, optim.Optimizer optimizer, int from, int to)
    {
        for (var step = from; step < to; step++)
        {
            using var scope = NewDisposeScope();
            foreach (var group in optimizer.ParamGroups)
                group.LearningRate = group.InitialLearningRate * Math.Min(1, (step + 1) / 4.0);
            foreach (var (p, i) in parameters.Select((p, i) => (p, i)))
                p.grad = i == 1 && step is 3 or 4 ? null : Formula.Ramp(100 + 10 * step + i, p.shape);
            Assert.Null(optimizer.step());
        }
    }

    [Fact]
    public void AdamW_follows_PyTorchs_trajectory_to_the_last_bit()
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Load("optimizers");
        var parameters = Parameters();
        using var optimizer = Adam(parameters);
        Run(parameters, optimizer, 0, 12);
        var state = optimizer.state_dict();
        Assert.Equal(9, state.Count);
        for (var i = 0; i < 3; i++)
        {
            Golden.Same($"parameter {i}", golden[$"adamw.{i}"], parameters[i]);
            foreach (var slot in (string[])["exp_avg", "exp_avg_sq", "step"])
                Golden.Same($"{i}.{slot}", golden[$"adamw.{i}.{slot}"], state[$"{i}.{slot}"]);
        }
    }

    [Fact]
    public void SGD_follows_PyTorchs_trajectory_to_the_last_bit()
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Load("optimizers");
        var parameters = Parameters();
        using var optimizer = optim.SGD(parameters, 1e-2, momentum: 0.9, weight_decay: 0.1);
        Run(parameters, optimizer, 0, 12);
        for (var i = 0; i < 3; i++)
            Golden.Same($"parameter {i}", golden[$"sgd.{i}"], parameters[i]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_resumed_optimizer_continues_exactly(bool adam)
    {
        using var scope = NewDisposeScope();
        optim.Optimizer Make(Parameter[] p) => adam ? Adam(p) : optim.SGD(p, 1e-2, momentum: 0.9);
        var whole = Parameters();
        using var uninterrupted = Make(whole);
        Run(whole, uninterrupted, 0, 9);
        var first = Parameters();
        using var before = Make(first);
        Run(first, before, 0, 4);
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        Safetensors.Save(file, before.state_dict());
        Parameter[] second = [.. first.Select(p => new Parameter(p.detach().clone()))];
        using var after = Make(second);
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
        var p = Parameters();
        Assert.Throws<ArgumentOutOfRangeException>(() => optim.AdamW(p, lr: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => optim.AdamW(p, beta1: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => optim.AdamW(p, weight_decay: double.NaN));
        Assert.Throws<ArgumentException>(() => optim.AdamW(Array.Empty<Parameter>()));
        using var optimizer = optim.AdamW(p);
        Assert.Throws<ArgumentOutOfRangeException>(() => optimizer.LearningRate = double.NaN);
        Assert.Throws<ArgumentOutOfRangeException>(() => optimizer.ParamGroups[0].WeightDecay = -1);
        Assert.Contains("'1'", Assert.Throws<ArgumentException>(() => optim.AdamW([p[0], p[0]])).Message);
    }

    [Theory]
    [InlineData("l2", 2.0)]
    [InlineData("l1", 1.0)]
    [InlineData("max", double.PositiveInfinity)]
    public void Clipping_gives_PyTorchs_norm_and_gradients(string name, double order)
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Load("optimizers");
        foreach (var (size, limit) in (IEnumerable<(string, double)>)[("clipped", 0.25), ("kept", 1e3)])
        {
            Parameter[] parameters = [.. shapes.Select(s => new Parameter(zeros(s)))];
            foreach (var (p, i) in parameters.Select((p, i) => (p, i)))
                p.grad = Formula.Ramp(30 + i, p.shape);
            var norm = nn.utils.clip_grad_norm_(parameters, limit, order);
            Assert.Equal(Golden.Doubles(golden[$"clip.{name}.{size}.norm"])[0], norm, 1e-7);
            for (var i = 0; i < 3; i++)
                Golden.Same($"{size} {i}", golden[$"clip.{name}.{size}.{i}"], parameters[i].grad!);
        }
    }

    [Fact]
    public void A_norm_that_is_not_finite_is_an_error_on_request_and_changes_nothing()
    {
        using var scope = NewDisposeScope();
        Parameter[] parameters = [.. shapes.Select(s => new Parameter(zeros(s)))];
        Assert.Equal(0, nn.utils.clip_grad_norm_(parameters, 1));
        foreach (var p in parameters)
            p.grad = ones(p.shape);
        parameters[1].grad = full([5], double.NaN);
        var error = Assert.Throws<ArithmeticException>(() =>
            nn.utils.clip_grad_norm_(parameters, 1, error_if_nonfinite: true)
        );
        Assert.Contains("1 of 3 gradients", error.Message);
        Golden.Same("gradient", ones(3, 4), parameters[0].grad!);
        Assert.True(double.IsNaN(nn.utils.clip_grad_norm_(parameters, 1)));
    }
}
