using Research.Engine;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Engine;

/// <summary>Every layer against PyTorch: forward in both modes, gradients, buffers (tests/golden/modules.py).</summary>
public sealed class ModuleGoldenTests
{
    static readonly Dictionary<string, (Func<nn.Module<Tensor, Tensor>> make, int seed, long[] shape)> cases = new()
    {
        ["linear"] = (() => nn.Linear(5, 3), 0, [2, 4, 5]),
        ["linear_without_bias"] = (() => nn.Linear(5, 3, hasBias: false), 1, [4, 5]),
        ["layer_norm"] = (() => nn.LayerNorm(6), 2, [2, 3, 6]),
        ["layer_norm_2d"] = (() => nn.LayerNorm([3, 4], eps: 1e-3), 3, [2, 3, 4]),
        ["conv"] = (() => nn.Conv2d(3, 4, 3, stride: 2, padding: 1), 4, [2, 3, 7, 7]),
        ["conv_groups"] = (
            () => nn.Conv2d(4, 6, (2, 3), stride: (1, 2), padding: (1, 0), groups: 2, bias: false),
            5,
            [2, 4, 6, 7]
        ),
        ["batch_norm"] = (() => nn.BatchNorm2d(3), 6, [4, 3, 5, 5]),
        ["relu"] = (() => nn.ReLU(), 7, [3, 7]),
        ["gelu"] = (() => nn.GELU(), 8, [3, 7]),
        ["silu"] = (() => nn.SiLU(), 9, [3, 7]),
        ["tanh"] = (() => nn.Tanh(), 10, [3, 7]),
        ["sequential"] = (() => nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 2)), 11, [3, 4]),
        ["quick_gelu"] = (() => new QuickGelu(), 20, [3, 7]),
    };

    public static TheoryData<string> Names => [.. cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_layer_gives_PyTorchs_values_and_gradients(string name)
    {
        using var scope = NewDisposeScope();
        var (make, seed, shape) = cases[name];
        Check(name, make(), Formula.Ramp(seed, shape, 4));
    }

    [Fact]
    public void An_embedding_gives_PyTorchs_values_and_gradients()
    {
        using var scope = NewDisposeScope();
        Check("embedding", nn.Embedding(7, 4, padding_idx: 2), tensor([1L, 2, 6, 0, 1, 1]).reshape(2, 3));
    }

    // libtorch 1.13's own kernel returns uninitialised memory here.
    [Fact]
    public void GELUs_gradient_is_right_when_the_incoming_one_is_transposed()
    {
        using var scope = NewDisposeScope();
        var x = Formula.Ramp(3, [8, 16, 4, 4], 4);
        Tensor Gradient(Func<Tensor, Tensor> arrange)
        {
            var given = x.clone().requires_grad_();
            var y = arrange(nn.functional.gelu(given).flatten(2));
            (y * arrange(Formula.Ramp(4, [8, 16, 16]))).sum().backward();
            return given.grad!;
        }
        for (var repeat = 0; repeat < 5; repeat++)
            Golden.Close("gradient", Gradient(y => y), Gradient(y => y.transpose(1, 2).contiguous()));
    }

    static void Check(string name, nn.Module<Tensor, Tensor> module, Tensor x)
    {
        var golden = Golden.Load("modules");
        Fill(module);
        Tensor y = x,
            given = x;
        for (var step = 0; step < 2; step++)
        {
            module.zero_grad();
            given = x.is_floating_point() ? (x + step).requires_grad_() : x;
            y = module.call(given);
            (y * Formula.Ramp(99, y.shape)).sum().backward();
        }
        Golden.Close(name + ".y", golden[name + ".y"], y);
        if (given.is_floating_point())
            Golden.Close(name + ".dx", golden[name + ".dx"], given.grad!);
        foreach (var (key, parameter) in module.named_parameters())
            Golden.Close($"{name}.d.{key}", golden[$"{name}.d.{key}"], parameter.grad!);
        foreach (var (key, buffer) in module.named_buffers())
            Golden.Close($"{name}.b.{key}", golden[$"{name}.b.{key}"], buffer);
        var stored = golden.Keys.Where(k => k.StartsWith(name + ".d.") || k.StartsWith(name + ".b."));
        Assert.Equal(stored.Count(), module.named_parameters().Count() + module.named_buffers().Count());
        module.eval();
        using (no_grad())
            Golden.Close(name + ".eval", golden[name + ".eval"], module.call(x));
        module.Dispose();
    }

    internal static void Fill(nn.Module module)
    {
        using var guard = no_grad();
        foreach (var (parameter, i) in module.parameters().Select((p, i) => (p, i)))
            parameter.copy_(Formula.Ramp(50 + i, parameter.shape));
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("conv")]
    [InlineData("embedding")]
    public void A_seeded_layer_starts_from_PyTorchs_values(string name)
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Load("initial_values");
        manual_seed(7);
        using nn.Module module = name switch
        {
            "linear" => nn.Linear(5, 3),
            "conv" => nn.Conv2d(3, 4, 3),
            _ => nn.Embedding(6, 4, padding_idx: 1),
        };
        foreach (var (key, parameter) in module.named_parameters())
            Golden.Same(key, golden[$"{name}.{key}"], parameter);
    }

    [Theory]
    [InlineData("normal")]
    [InlineData("uniform")]
    [InlineData("kaiming_uniform")]
    [InlineData("kaiming_normal")]
    [InlineData("xavier_uniform")]
    public void A_seeded_initialiser_gives_PyTorchs_values(string name)
    {
        using var scope = NewDisposeScope();
        var t = empty(8, 5, 3);
        manual_seed(8);
        var filled = name switch
        {
            "normal" => nn.init.normal_(t, 1, 0.5),
            "uniform" => nn.init.uniform_(t, -2, 3),
            "kaiming_uniform" => nn.init.kaiming_uniform_(t, nonlinearity: nn.init.NonlinearityType.ReLU),
            "kaiming_normal" => nn.init.kaiming_normal_(t, 0.2, nn.init.FanInOut.FanOut),
            _ => nn.init.xavier_uniform_(t, 1.5),
        };
        Assert.Same(t, filled);
        Golden.Close(name, Golden.Load("initial_values")[name], filled, relative: 1e-6, absolute: 1e-7);
    }
}
