using TorchSharp;
using Xunit;

namespace Core.Tests.Torch;

/// <summary>Making tensors, reading them, indexing them, and what they say of themselves.</summary>
public sealed class TensorTests : IDisposable
{
    private readonly DisposeScope scope = torch.NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void TheEngineStatesItsVersionAndConfiguration()
    {
        Assert.Matches(@"^\d+\.\d+", torch.__version__);
        Assert.Contains("ATen", torch.__config__);
        Assert.True(torch.backends.openmp.is_available());
    }

    [Fact]
    public void ThreadsAreSetAndRead()
    {
        var before = torch.get_num_threads();
        torch.set_num_threads(2);
        Assert.Equal(2, torch.get_num_threads());
        torch.set_num_threads(before);
    }

    [Fact]
    public void OneTensorMayBeReadByManyThreads()
    {
        var shared = torch.randn(32, 32);
        var expected = shared.matmul(shared).sum().item<float>();
        Parallel.For(
            0,
            64,
            _ =>
            {
                using var own = torch.NewDisposeScope();
                Assert.Equal(expected, shared.matmul(shared).sum().item<float>());
            }
        );
    }

    [Fact]
    public void FactoriesFillShapesAndTypes()
    {
        Assert.Equal("Tensor[2, 3] Float32 cpu", torch.zeros(2, 3).ToString());
        Assert.Equal(torch.float64, torch.ones([2], torch.float64).dtype);
        Assert.Equal(torch.int64, torch.full(2, 7).dtype);
        Assert.Equal(torch.float32, torch.full(2, 7.0).dtype);
        Assert.Equal(torch.@bool, torch.full(2, true).dtype);
        Assert.Equal([0L, 1L, 2L], torch.arange(3).data<long>().ToArray());
        Assert.Equal([1f, 1.5f, 2f], torch.arange(1, 2.5, 0.5).data<float>().ToArray());
        Assert.Equal([0f, 0.5f, 1f], torch.linspace(0, 1, 3).data<float>().ToArray());
        Assert.Equal([1f, 10f, 100f], torch.logspace(0, 2, 3).data<float>().ToArray());
        Assert.Equal([1f, 0f, 0f, 0f, 1f, 0f], torch.eye(2, 3).data<float>().ToArray());
        var like = torch.full_like(torch.zeros([2], torch.int32), 9);
        Assert.Equal([9, 9], like.data<int>().ToArray());
        Assert.True(torch.zeros(1, requires_grad: true).requires_grad);
        Assert.Equal(0, torch.empty(0, 5).numel());
        Assert.Equal([0L, 5L], torch.empty(0, 5).shape);
    }

    [Fact]
    public void ArraysOfEveryElementTypeGoInAndOut()
    {
        RoundTrip(1.5f, -2f);
        RoundTrip(1.5, -2.0);
        RoundTrip(1L, long.MinValue);
        RoundTrip(1, int.MinValue);
        RoundTrip((short)1, short.MinValue);
        RoundTrip((sbyte)1, sbyte.MinValue);
        RoundTrip((byte)1, byte.MaxValue);
        RoundTrip(true, false);
        RoundTrip((Half)1.5, (Half)(-2));
        static void RoundTrip<T>(params T[] values)
            where T : unmanaged
        {
            Assert.Equal(values, torch.tensor(values).data<T>().ToArray());
            Assert.Equal(values, torch.from_array(values).data<T>().ToArray());
            Assert.Equal(values[1], torch.tensor(values)[1].item<T>());
        }
    }

    [Fact]
    public void ArraysOfHigherRankKeepTheirShape()
    {
        var m = torch.tensor(
            new float[,]
            {
                { 1, 2, 3 },
                { 4, 5, 6 },
            }
        );
        Assert.Equal([2L, 3L], m.shape);
        Assert.Equal(6f, m[1, 2].item<float>());
        Assert.Equal([1L, 2L, 2L, 1L], torch.from_array(new int[1, 2, 2, 1]).shape);
        Assert.Equal(torch.float64, torch.tensor(new List<int> { 1, 2 }, torch.float64).dtype);
    }

    [Fact]
    public void AccessorsReadAndWriteStridedTensors()
    {
        var t = torch.arange(6).view(2, 3).t();
        var data = t.data<long>();
        Assert.Equal([0L, 3L, 1L, 4L, 2L, 5L], data.ToArray());
        Assert.Equal([0L, 3L, 1L, 4L, 2L, 5L], data);
        Assert.Equal(4L, data[3]);
        Assert.Equal(5L, data[2, 1]);
        data[2, 1] = 50;
        data[0] = -1;
        Assert.Equal([-1L, 3L, 1L, 4L, 2L, 50L], t.contiguous().data<long>().ToArray());
        Assert.Empty(torch.empty(0).data<float>().ToArray());
    }

    [Fact]
    public void BytesAreTheMemoryItself()
    {
        var t = torch.zeros(2, torch.int32);
        t.bytes[0] = 7;
        Assert.Equal([7, 0], t.data<int>().ToArray());
        Assert.Throws<ArgumentException>(() => t.bytes = new byte[3]);
        Assert.Throws<InvalidOperationException>(() => torch.zeros(2, 3).t().bytes.Length);
    }

    [Fact]
    public void IndexingReadsViewsAndWritesThroughThem()
    {
        var t = torch.arange(24).view(2, 3, 4);
        Assert.Equal([12L, 16L, 20L], t[1, .., 0].data<long>().ToArray());
        Assert.Equal([23L], t[^1, ^1, ^1].data<long>().ToArray());
        Assert.Equal([2L, 1L, 2L], t[.., torch.TensorIndex.Slice(1, 2), 2..].shape);
        Assert.Equal([2L, 3L, 4L], t[torch.TensorIndex.Ellipsis].shape);
        Assert.Equal([1L, 2L, 3L, 4L], t[true].shape);
        Assert.Equal([0L, 2L, 3L, 4L], t[false].shape);
        t[0, 1..3] = torch.tensor(-1L);
        Assert.Equal(8, t.eq(-1).sum().item<long>());
        t.index_put_(5, t.eq(-1));
        Assert.Equal(9, t.eq(5).sum().item<long>() + t.eq(0).sum().item<long>());
        Assert.False(ReferenceEquals(t, t[..]));
    }

    [Fact]
    public void ConversionsKeepValuesAndShareWhenNothingChanges()
    {
        var t = torch.tensor([1.7f, -1.7f]);
        Assert.Equal([1L, -1L], t.to(torch.int64).data<long>().ToArray());
        Assert.Equal(torch.bfloat16, t.bfloat16().dtype);
        var same = t.to(torch.float32);
        same.fill_(3);
        Assert.Equal(3f, t[0].item<float>());
        var copy = t.to(torch.float32, copy: true);
        copy.fill_(4);
        Assert.Equal(3f, t[0].item<float>());
        Assert.Equal(torch.CPU, t.cpu().device);
        Assert.Equal(DeviceType.META, t.to("meta").device.type);
    }

    [Fact]
    public void ItemsConvertAmongNumbers()
    {
        Assert.Equal(2.5f, torch.tensor(2.5).item<float>());
        Assert.Equal(3.0, torch.tensor(3L).item<double>());
        Assert.Equal(3, torch.tensor(3L).ToInt32());
        Assert.True(torch.tensor(true).item<bool>());
        Assert.Throws<OverflowException>(() => torch.tensor(300L).item<byte>());
        Assert.Equal(1.5f, (float)torch.tensor(1.5f));
    }

    [Fact]
    public void InPlaceOperatorsReturnTheSameObject()
    {
        var t = torch.ones(2);
        var version = t._version;
        Assert.Same(t, t.add_(1).mul_(2).clamp_(0, 3));
        Assert.Equal([3f, 3f], t.data<float>().ToArray());
        Assert.Equal(version + 3, t._version);
    }

    [Fact]
    public void DevicesCompareByValue()
    {
        Assert.Equal(new torch.Device("cuda:1"), torch.device(DeviceType.CUDA, 1));
        Assert.NotEqual(torch.CPU, torch.CUDA);
        Assert.Equal("cuda:1", torch.device("cuda:1").ToString());
        Assert.True(torch.device("cpu") == torch.CPU);
    }
}
