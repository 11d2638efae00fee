using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;

namespace Core.Tests.Torch;

/// <summary>Misuse gives a .NET exception that names the operator, the arguments and torch's reason.</summary>
public sealed class ErrorTests : IDisposable
{
    private readonly DisposeScope scope = torch.NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void ShapesThatDoNotFitAreNamed()
    {
        var a = torch.ones(2, 3);
        var error = Assert.Throws<ExternalException>(() => a.matmul(torch.ones([4, 5], torch.float64)));
        Assert.StartsWith("matmul: ", error.Message);
        Assert.Contains("self Tensor[2, 3] Float32 cpu", error.Message);
        Assert.Contains("other Tensor[4, 5] Float64 cpu", error.Message);
        Assert.DoesNotContain("frame #", error.Message);
        Assert.DoesNotContain("Exception raised from", error.Message);
    }

    [Fact]
    public void NumbersListsAndFlagsAreShown()
    {
        var error = Assert.Throws<ExternalException>(() => torch.ones(6).view(4, 2));
        Assert.Contains("view: ", error.Message);
        Assert.Contains("size [4, 2]", error.Message);
        error = Assert.Throws<ExternalException>(() => torch.cat([torch.ones(2, 3), torch.ones(3, 2)], 1));
        Assert.Contains("tensors [Tensor[2, 3] Float32 cpu, Tensor[3, 2] Float32 cpu], dim 1", error.Message);
    }

    [Fact]
    public void PlacesOutsideATensorAreRangeErrors()
    {
        var a = torch.ones(2, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => a.select(1, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => a.sum(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => a.size(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => a[0, 0, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => a.data<float>()[6]);
        Assert.Throws<ArgumentOutOfRangeException>(() => a.data<float>()[2, 0]);
        Assert.Contains("index 3 is out of bounds", Reason(() => a[torch.tensor(new long[] { 3 })]));
    }

    [Fact]
    public void EmbeddingRowsThatDoNotExistAreAnErrorNotACrash() =>
        Assert.Contains(
            "index out of range",
            Reason(() => torch.nn.functional.embedding(torch.tensor([7L]), torch.ones(3, 2)))
        );

    [Fact]
    public void ADisposedTensorIsNamedWithTheOperator()
    {
        var a = torch.ones(2);
        var b = torch.ones(2);
        b.Dispose();
        var error = Assert.Throws<ObjectDisposedException>(() => a + b);
        Assert.Contains("add.Tensor", error.Message);
        Assert.Contains("shape", Assert.Throws<ObjectDisposedException>(() => b.shape).Message);
        Assert.Contains("cat", Assert.Throws<ObjectDisposedException>(() => torch.cat([a, b])).Message);
        Assert.Contains("backward", Assert.Throws<ObjectDisposedException>(() => b.backward()).Message);
        Assert.Contains("data", Assert.Throws<ObjectDisposedException>(() => b.data<float>()).Message);
        Assert.Contains("grad", Assert.Throws<ObjectDisposedException>(() => b.grad).Message);
        Assert.Throws<ObjectDisposedException>(() => b.MoveToOuterDisposeScope());
        Assert.Contains("disposed", b.ToString());
        b.Dispose();
    }

    [Fact]
    public void WrongElementTypesAreRefused()
    {
        var a = torch.ones(2);
        Assert.Contains("Float32", Assert.Throws<ArgumentException>(() => a.data<double>()).Message);
        Assert.Throws<NotSupportedException>(() => torch.tensor(new decimal[] { 1 }));
        Assert.Throws<ArgumentException>(() => torch.tensor(new float[5], [2, 3]));
        Assert.Contains("floating point", Reason(() => torch.arange(3).requires_grad_()));
        Assert.Contains("2 elements", Assert.Throws<ExternalException>(() => a.item<float>()).Message);
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:x")]
    [InlineData("cuda:-1")]
    [InlineData("cpu:0:0")]
    [InlineData("")]
    public void UnknownDevicesAreRefused(string name) =>
        Assert.Contains("cuda:N", Assert.Throws<ArgumentException>(() => torch.device(name)).Message);

    [Fact]
    public void AMissingGpuIsNamed()
    {
        if (torch.cuda.is_available())
            return;
        Assert.Equal(0, torch.cuda.device_count());
        Assert.Contains(
            "CUDA",
            Assert.Throws<InvalidOperationException>(() => torch.InitializeDeviceType(DeviceType.CUDA)).Message
        );
        Assert.Contains("cuda", Reason(() => torch.ones(2).cuda()).ToLowerInvariant());
    }

    [Fact]
    public void BackwardWithoutAGraphSaysWhy()
    {
        Assert.Contains("does not require grad", Reason(() => torch.ones(1).backward()));
        var w = torch.ones(2, requires_grad: true);
        Assert.Contains("scalar", Reason(() => (w * 2).backward()));
        var loss = (w * w).sum();
        loss.backward();
        Assert.Contains("second time", Reason(() => loss.backward()));
        Assert.Throws<ArgumentException>(() => torch.autograd.backward([loss], [torch.ones([]), torch.ones([])]));
    }

    [Fact]
    public void ChangingWhatBackwardNeedsIsDetected()
    {
        var w = torch.ones(2, requires_grad: true);
        var h = w.exp();
        var loss = h.sum();
        h.detach().zero_();
        Assert.Contains("modified by an inplace operation", Reason(() => loss.backward()));
    }

    [Fact]
    public void AThreadCountMustBePositive() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => torch.set_num_threads(0));

    private static string Reason(Action action) => Assert.ThrowsAny<SystemException>(action).Message;

    private static string Reason(Func<object?> action) => Assert.ThrowsAny<SystemException>(() => action()).Message;
}
