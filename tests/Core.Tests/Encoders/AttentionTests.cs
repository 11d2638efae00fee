using Core.Tests.Engine;
using Research.Encoders;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Encoders;

/// <summary>The encoders' attention against PyTorch's MultiheadAttention (tests/golden/modules.py).</summary>
public sealed class AttentionTests
{
    [Theory]
    [InlineData("attention", 21, false)]
    [InlineData("attention_causal", 22, true)]
    public void Attention_gives_PyTorchs_values_and_gradients(string name, int seed, bool causal)
    {
        using var scope = NewDisposeScope();
        var golden = Golden.Load("modules");
        using var attention = new Attention(12, 3);
        ModuleGoldenTests.Fill(attention);
        var mask = causal ? new AttentionMask(AttentionMask.Causal(5), true) : AttentionMask.None;
        Tensor x = Formula.Ramp(seed, [2, 5, 12], 4),
            given = x,
            y = x;
        for (var step = 0; step < 2; step++)
        {
            attention.zero_grad();
            given = (x + step).requires_grad_();
            y = attention.call(given, mask);
            (y * Formula.Ramp(99, y.shape)).sum().backward();
        }
        Golden.Close("y", golden[name + ".y"], y, absolute: 1e-5);
        Golden.Close("dx", golden[name + ".dx"], given.grad!, absolute: 1e-5);
        foreach (var (key, parameter) in attention.named_parameters())
            Golden.Close(key, golden[$"{name}.d.inner.{key}"], parameter.grad!, absolute: 1e-5);
        using (no_grad())
            Golden.Close("eval", golden[name + ".eval"], attention.call(x, mask), absolute: 1e-5);
    }

    [Fact]
    public void A_hidden_key_changes_nothing_for_the_others()
    {
        using var scope = NewDisposeScope();
        using var attention = new Attention(12, 3);
        var x = Formula.Ramp(1, [2, 4, 12], 2);
        var other = x.clone();
        other.select(1, 3).fill_(9);
        var mask = AttentionMask.Keys(tensor([true, true, true, false, true, true, true, false]).reshape(2, 4));
        var (a, b) = (attention.call(x, mask).narrow(1, 0, 3), attention.call(other, mask).narrow(1, 0, 3));
        Golden.Same("visible tokens", a, b);
        Assert.False(attention.call(x, AttentionMask.None).narrow(1, 0, 3).allclose(a));
    }
}
