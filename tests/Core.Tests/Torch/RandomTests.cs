using TorchSharp;
using Xunit;

namespace Core.Tests.Torch;

/// <summary>Random numbers are PyTorch's, and a saved state continues the stream.</summary>
public sealed class RandomTests : IDisposable
{
    private readonly DisposeScope scope = torch.NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void ASeedGivesPyTorchsNumbers()
    {
        // torch.manual_seed(0); torch.randn(3); torch.rand(2); torch.randint(0, 100, (4,)); torch.randperm(5)
        torch.manual_seed(0).Dispose();
        Golden.Close("randn", torch.tensor([1.5409961f, -0.2934289f, -2.1787894f]), torch.randn(3));
        torch.manual_seed(0).Dispose();
        Golden.Close("rand", torch.tensor([0.49625659f, 0.76822180f]), torch.rand(2));
        torch.manual_seed(0).Dispose();
        Assert.Equal([44L, 39L, 33L, 60L], torch.randint(0, 100, [4]).data<long>().ToArray());
    }

    [Fact]
    public void ASavedStateContinuesTheStream()
    {
        torch.manual_seed(5).Dispose();
        torch.rand(7);
        var state = torch.get_rng_state();
        var first = Draw(null);
        torch.set_rng_state(state);
        Assert.Equal(first, Draw(null));
        Assert.NotEqual(first, Draw(null));
    }

    [Fact]
    public void AStateSurvivesBeingStoredAsBytes()
    {
        torch.rand(3);
        var bytes = torch.get_rng_state().bytes.ToArray();
        var first = Draw(null);
        torch.set_rng_state(torch.tensor(bytes));
        Assert.Equal(first, Draw(null));
    }

    [Fact]
    public void GeneratorsAreIndependentOfTheDefaultStream()
    {
        using var generator = new torch.Generator(42);
        Assert.Equal(42, generator.initial_seed());
        var first = Draw(generator);
        torch.rand(100);
        generator.manual_seed(42);
        Assert.Equal(first, Draw(generator));

        torch.manual_seed(1).Dispose();
        var alone = torch.rand(3).data<float>().ToArray();
        torch.manual_seed(1).Dispose();
        Draw(generator);
        Assert.Equal(alone, torch.rand(3).data<float>().ToArray());
    }

    [Fact]
    public void EveryDrawHasItsRangeAndShape()
    {
        using var generator = new torch.Generator(3);
        var u = torch.rand(1000, generator: generator);
        Assert.True(u.min().item<float>() >= 0 && u.max().item<float>() < 1);
        var i = torch.randint(-3, 4, [1000], generator: generator);
        Assert.Equal([-3L, 3L], new[] { i.min().item<long>(), i.max().item<long>() });
        var p = torch.randperm(50, generator: generator).sort().Values;
        Assert.True(p.equal(torch.arange(50)));
        var n = torch.empty(10_000).normal_(2.0, 3.0, generator);
        Assert.InRange(n.mean().item<float>(), 1.85f, 2.15f);
        Assert.InRange(n.std().item<float>(), 2.9f, 3.1f);
        var b = torch.empty(10_000).bernoulli_(0.25, generator);
        Assert.InRange(b.mean().item<float>(), 0.22f, 0.28f);
        var m = torch.tensor([0f, 1f, 0f]).multinomial(5, true, generator);
        Assert.All(m.data<long>().ToArray(), x => Assert.Equal(1, x));
    }

    [Fact]
    public void ABrokenStateIsRefused() =>
        Assert.ThrowsAny<SystemException>(() => torch.set_rng_state(torch.ones(3, torch.uint8)));

    private static float[] Draw(torch.Generator? generator) =>
        [
            .. torch.rand(5, generator: generator).data<float>().ToArray(),
            .. torch.randn(5, generator: generator).data<float>().ToArray(),
            .. torch.empty(4).uniform_(-1, 1, generator).data<float>().ToArray(),
        ];
}
