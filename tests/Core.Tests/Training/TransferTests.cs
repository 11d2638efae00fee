using Research.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Training;

public sealed class TransferTests : IDisposable
{
    readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    /// <summary>Random pictures that can be had as bytes, or only normalised.</summary>
    sealed class Bytes(bool raw) : ISlicedTrainingData
    {
        readonly Synthetic source = new(8);

        public int Asked { get; private set; }
        public int BatchSize => 8;

        public TrainingBatch Batch(long step) => throw new InvalidOperationException("the whole batch was asked for");

        Tensor All(long step)
        {
            using var generator = new Generator((ulong)step + 1);
            return randint(0, 256, source.Batch(step).Images.shape, ScalarType.Byte, generator: generator);
        }

        public Tensor Images(long step, int start, int count) =>
            raw
                ? throw new InvalidOperationException("normalised images were asked for")
                : ImageBatches.Normalise(All(step).narrow(0, start, count));

        public Tensor? Pixels(long step, int start, int count)
        {
            Asked++;
            return raw ? All(step).narrow(0, start, count) : null;
        }

        public Tensor Tokens(long step, int start, int count) => source.Batch(step).Tokens.narrow(0, start, count);
    }

    [Fact]
    public void Bytes_that_are_normalised_on_the_device_are_the_images_to_the_bit()
    {
        var (raw, ready) = (new Bytes(true), new Bytes(false));
        var (first, second) = (new StepBatch(raw, 3, 0, 8, CPU), new StepBatch(ready, 3, 0, 8, CPU));
        Assert.True(first.Images(2, 5).Equals(second.Images(2, 5)));
        Assert.True(first.Tokens(2, 5).Equals(second.Tokens(2, 5)));
        Assert.Equal((1, 1), (raw.Asked, ready.Asked));
    }

    [Fact]
    public void To_the_processor_a_tensor_is_given_as_it_is()
    {
        var x = ones(3, 4);
        var same = Transfer.ToDevice(x, CPU);
        x.fill_(7);
        Assert.Equal(7, same[1, 2].item<float>());
        Assert.False(same.is_pinned());
    }

    [Fact]
    public void Normalising_takes_no_other_than_pictures_of_bytes()
    {
        Assert.Contains(
            "uint8",
            Assert.Throws<ArgumentException>(() => ImageBatches.Normalise(ones(2, 3, 4, 4))).Message
        );
        Assert.Throws<ArgumentException>(() => ImageBatches.Normalise(zeros([2, 4, 4, 4], ScalarType.Byte)));
        Assert.Throws<ArgumentException>(() => ImageBatches.Normalise(zeros([3, 4, 4], ScalarType.Byte)));
    }

    [Fact]
    public void Normalising_leaves_the_bytes_as_they_are()
    {
        var bytes = full([1, 3, 2, 2], 100, ScalarType.Byte);
        ImageBatches.Normalise(bytes);
        Assert.All(bytes.data<byte>().ToArray(), b => Assert.Equal(100, b));
    }

    [Fact]
    public void A_transfer_without_a_GPU_says_so_and_with_one_the_copy_is_the_tensor()
    {
        var x = arange(12, ScalarType.Int64).reshape(3, 4);
        if (!cuda.is_available())
        {
            var error = Assert.Throws<InvalidOperationException>(() => Transfer.ToDevice(x, CUDA));
            Assert.Contains("CUDA", error.Message);
            Assert.False(x.is_pinned());
            return;
        }
        using var pinned = x.pin_memory();
        Assert.True(pinned.is_pinned() && !x.is_pinned());
        Assert.True(Transfer.ToDevice(x, CUDA).cpu().Equals(x));
        var bytes = randint(0, 256, [4, 3, 8, 8], ScalarType.Byte);
        Assert.True(
            allclose(
                ImageBatches.Normalise(Transfer.ToDevice(bytes, CUDA)).cpu(),
                ImageBatches.Normalise(bytes),
                0,
                1e-6
            )
        );
    }
}
