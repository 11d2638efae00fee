using TorchSharp;
using Xunit;

namespace Core.Tests.Torch;

/// <summary>Gradients, modes and autocast behave as PyTorch's.</summary>
public sealed class AutogradTests : IDisposable
{
    private readonly DisposeScope scope = torch.NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void LeavesAndFunctionsAreTold()
    {
        var w = torch.ones(2, requires_grad: true);
        var y = w * w;
        Assert.True(w.is_leaf);
        Assert.Null(w.grad_fn);
        Assert.False(y.is_leaf);
        Assert.Equal("MulBackward0", y.grad_fn);
        Assert.True(y.detach().is_leaf);
        Assert.False(y.detach().requires_grad);
    }

    [Fact]
    public void GradientsAccumulateUntilCleared()
    {
        var w = torch.ones(2, requires_grad: true);
        Assert.Null(w.grad);
        (w * 3).sum().backward();
        (w * 3).sum().backward();
        Assert.Equal([6f, 6f], w.grad!.data<float>().ToArray());
        w.grad = null;
        Assert.Null(w.grad);
        w.grad = torch.full(2, 5.0);
        Assert.Equal([5f, 5f], w.grad!.data<float>().ToArray());
        Assert.ThrowsAny<SystemException>(() => w.grad = torch.ones(3));
    }

    [Fact]
    public void RetainedGraphsRunTwiceAndRetainedGradientsAreKept()
    {
        var w = torch.ones(1, requires_grad: true);
        var h = w * 2;
        h.retain_grad();
        var loss = h.square().sum();
        loss.backward(retain_graph: true);
        loss.backward();
        Assert.Equal(16f, w.grad!.item<float>());
        Assert.Equal(8f, h.grad!.item<float>());
    }

    [Fact]
    public void GradReturnsGradientsWithoutTouchingLeaves()
    {
        var a = torch.tensor(3f, requires_grad: true);
        var b = torch.tensor(5f, requires_grad: true);
        var c = torch.tensor(7f, requires_grad: true);
        var g = torch.autograd.grad([a * a * b], [a, b, c], allow_unused: true);
        Assert.Equal(30f, g[0].item<float>());
        Assert.Equal(9f, g[1].item<float>());
        Assert.Null(g[2]);
        Assert.Null(a.grad);
        Assert.ThrowsAny<SystemException>(() => torch.autograd.grad([a * b], [c]));
    }

    [Fact]
    public void SecondDerivativesExist()
    {
        var x = torch.tensor(2.0, requires_grad: true);
        var first = torch.autograd.grad([x.pow(3)], [x], create_graph: true)[0];
        var second = torch.autograd.grad([first], [x])[0];
        Assert.Equal(12.0, first.item<double>(), 10);
        Assert.Equal(12.0, second.item<double>(), 10);
    }

    [Fact]
    public void BackwardCanBeLimitedToInputs()
    {
        var a = torch.ones(1, requires_grad: true);
        var b = torch.ones(1, requires_grad: true);
        (a * b).sum().backward(inputs: [a]);
        Assert.NotNull(a.grad);
        Assert.Null(b.grad);
    }

    [Fact]
    public void ModesNestAndEnd()
    {
        var w = torch.ones(1, requires_grad: true);
        Assert.True(torch.is_grad_enabled());
        using (torch.no_grad())
        {
            Assert.False((w * 2).requires_grad);
            using (torch.enable_grad())
                Assert.True((w * 2).requires_grad);
            using (torch.set_grad_enabled(true))
                Assert.True(torch.is_grad_enabled());
            Assert.False(torch.is_grad_enabled());
        }
        Assert.True(torch.is_grad_enabled());
    }

    [Fact]
    public void ModesEndAlsoWhenAnExceptionPasses()
    {
        Assert.ThrowsAny<SystemException>(() =>
        {
            using (torch.no_grad())
            using (torch.inference_mode())
            using (torch.autocast(DeviceType.CPU))
                torch.ones(2).view(3);
        });
        Assert.True(torch.is_grad_enabled());
        Assert.False(torch.is_inference_mode_enabled());
        Assert.False(torch.is_autocast_enabled(DeviceType.CPU));
    }

    [Fact]
    public void InferenceTensorsStayOutOfAutograd()
    {
        var w = torch.ones(1, requires_grad: true);
        torch.Tensor made;
        using (torch.inference_mode())
        {
            Assert.True(torch.is_inference_mode_enabled());
            made = w * 2;
        }
        Assert.True(made.is_inference());
        Assert.Contains(
            "nference tensor",
            Assert.ThrowsAny<SystemException>(() => (w * made).sum().backward()).Message
        );
    }

    [Fact]
    public void InferenceModesCloseInOrderOnly()
    {
        var outer = torch.inference_mode();
        var inner = torch.inference_mode(false);
        Assert.Contains("reverse order", Assert.Throws<InvalidOperationException>(outer.Dispose).Message);
        inner.Dispose();
        outer.Dispose();
        outer.Dispose();
        Assert.False(torch.is_inference_mode_enabled());
    }

    [Fact]
    public void ModesBelongToTheirThread()
    {
        using var mode = torch.no_grad();
        var other = true;
        Exception? refused = null;
        var thread = new Thread(() =>
        {
            other = torch.is_grad_enabled();
            refused = Record.Exception(mode.Dispose);
        });
        thread.Start();
        thread.Join();
        Assert.True(other);
        Assert.IsType<InvalidOperationException>(refused);
    }

    [Fact]
    public void AutocastRunsProductsInBFloat16AndKeepsWeightsAndGradientsInFloat32()
    {
        var w = torch.randn(8, 8, requires_grad: true);
        var x = torch.randn(4, 8);
        torch.Tensor y;
        using (torch.autocast(DeviceType.CPU))
        {
            Assert.True(torch.is_autocast_enabled(DeviceType.CPU));
            y = x.matmul(w);
            Assert.Equal(torch.bfloat16, y.dtype);
            using (torch.autocast(DeviceType.CPU, enabled: false))
                Assert.Equal(torch.float32, x.matmul(w).dtype);
            Assert.Equal(torch.bfloat16, x.matmul(w).dtype);
        }
        Assert.Equal(torch.float32, x.matmul(w).dtype);
        y.to(torch.float32).sum().backward();
        Assert.Equal(torch.float32, w.grad!.dtype);
        Golden.Close("bf16 product", x.matmul(w), y, 0.05, 0.05);
    }

    [Fact]
    public void AutocastSeesChangedWeightsInTheNextRegion()
    {
        var w = torch.ones(2, 2, requires_grad: true);
        var x = torch.ones(1, 2);
        using (torch.autocast(DeviceType.CPU))
            Assert.Equal(2.0, x.matmul(w)[0, 0].item<double>());
        using (torch.no_grad())
            w.mul_(3);
        using (torch.autocast(DeviceType.CPU))
            Assert.Equal(6.0, x.matmul(w)[0, 0].item<double>());
    }

    [Fact]
    public void AutocastRefusesTypesThatAreNotShort()
    {
        Assert.Throws<ArgumentException>(() => torch.autocast(DeviceType.CPU, torch.float32));
        Assert.Throws<ArgumentException>(() => torch.autocast(DeviceType.CPU, torch.float16));
    }
}
