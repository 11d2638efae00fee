using TorchSharp;
using Xunit;

namespace Core.Tests.Torch;

/// <summary>Every operator gives PyTorch's values and gradients.</summary>
public sealed class OperatorTests
{
    private static readonly Dictionary<string, torch.Tensor> golden = Golden.Load("torch_ops");

    public static TheoryData<string> Names => [.. golden.Keys.Select(k => k.Split('/')[0]).Distinct()];

    [Fact]
    public void EveryCaseHereHasGoldenValuesAndTheReverse() =>
        Assert.Equal(golden.Keys.Select(k => k.Split('/')[0]).Distinct().Order(), OperatorCases.All.Keys.Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void ValuesAndGradientsArePyTorchs(string name)
    {
        using var scope = torch.NewDisposeScope();
        var inputs = new List<torch.Tensor>();
        while (golden.TryGetValue($"{name}/in{inputs.Count}", out var stored))
            inputs.Add(stored.is_floating_point() ? stored.clone().requires_grad_() : stored.alias());

        var output = OperatorCases.All[name]([.. inputs]);

        var expected = golden[$"{name}/out"];
        Assert.Equal(expected.dtype, output.dtype);
        Golden.Close($"{name}, value", expected, output);
        if (!golden.TryGetValue($"{name}/cotangent", out var cotangent))
            return;
        Assert.True(output.requires_grad, $"{name}: the output has no gradient");
        output.backward([cotangent]);
        for (var k = 0; k < inputs.Count; k++)
            if (golden.TryGetValue($"{name}/grad{k}", out var gradient))
                Golden.Close($"{name}, gradient {k}", gradient, inputs[k].grad!, 1e-4, 1e-5);
    }

    [Fact]
    public void EveryOperatorInUseIsInTheEngine()
    {
        Assert.True(OperatorTable.All.Count > 300);
        Assert.Null(OperatorTable.Failure(OperatorTable.All));
    }

    [Fact]
    public void MissingOperatorsAreAllNamed()
    {
        (Op, bool)[] operators =
        [
            (Op.Optional("no_such_thing"), false),
            (Op.Optional("add", "Tensor"), false),
            (Op.Optional("nor_this", "out"), false),
            (Op.Optional("not_needed"), true),
        ];

        var message = OperatorTable.Failure(operators);

        Assert.Contains("2 operator(s)", message);
        Assert.Contains("no_such_thing, nor_this.out", message);
        Assert.DoesNotContain("not_needed", message);
        Assert.Contains("RESEARCH_LIBTORCH", message);
    }

    [Fact]
    public void AnOperatorOfALaterEngineSaysSoWhenItIsCalled()
    {
        var error = Assert.Throws<NotSupportedException>(() => Op.Optional("no_such_thing").Call());
        Assert.Contains("no_such_thing", error.Message);
        Assert.Contains(torch.__version__, error.Message);
    }

    [Fact]
    public void ListsLongerThanTheStackBlockAreMarshalled()
    {
        using var scope = torch.NewDisposeScope();
        var parts = Enumerable.Range(0, 2000).Select(i => torch.tensor((float)i)).ToArray();
        var sum = torch.stack(parts).sum();
        Assert.Equal(1999 * 1000f, sum.item<float>());
    }
}
