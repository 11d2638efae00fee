using Research.Imaging;
using Research.Training;
using Xunit;

namespace Core.Tests.Training;

public sealed class AugmentationTests
{
    const int Size = 8;

    static readonly Augmentation Everything = new()
    {
        Crop = new RandomResizedCrop(Size, leastArea: 0.3),
        Stages = [new HorizontalFlip(), new ColourJitter { Brightness = 0.4, Hue = 0.1 }, new RandAugment(1, 5)],
    };

    static byte[] Picture(int number = 1)
    {
        var random = new Research.Randomness.SeededRandom((ulong)number);
        return [.. Enumerable.Range(0, 3 * Size * Size).Select(_ => (byte)random.NextInt(256))];
    }

    static byte[] Changed(Augmentation augmentation, ulong seed, long picture, long epoch)
    {
        var planes = Picture();
        augmentation.Apply(planes, Size, seed, picture, epoch);
        return planes;
    }

    [Fact]
    public void Changes_depend_on_seed_picture_and_epoch_and_on_nothing_else()
    {
        var changed = Changed(Everything, 1, 2, 3);
        Assert.Equal(changed, Changed(Everything, 1, 2, 3));
        Assert.NotEqual(Picture(), changed);
        Assert.NotEqual(changed, Changed(Everything, 2, 2, 3));
        Assert.NotEqual(changed, Changed(Everything, 1, 3, 3));
        Assert.NotEqual(changed, Changed(Everything, 1, 2, 4));
    }

    [Fact]
    public void Planes_keep_their_places()
    {
        Assert.Equal(Picture(), Changed(new(), 1, 2, 3));
        var mirrored = Changed(new() { Stages = [new HorizontalFlip(1)] }, 1, 2, 3);
        var expected = Picture().Chunk(Size).SelectMany(row => row.Reverse()); // row by row, plane by plane
        Assert.Equal(expected, mirrored);
        var whole = Changed(new() { Crop = new RandomResizedCrop(Size, 1, 1, 1, 1) }, 1, 2, 3);
        Assert.Equal(Picture(), whole);
    }

    [Fact]
    public void Another_size_is_an_error()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            new Augmentation { Crop = new RandomResizedCrop(16) }.Apply(Picture(), Size, 1, 1, 1)
        );
        Assert.Contains("16", error.Message);
        Assert.Throws<ArgumentException>(() => Everything.Apply(new byte[7], Size, 1, 1, 1));
    }
}
