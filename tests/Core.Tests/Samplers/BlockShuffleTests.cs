using Research.Samplers;
using Xunit;

namespace Research.Tests.Samplers;

public class BlockShuffleTests
{
    static long[] Epoch(BlockShuffle shuffle, long epoch) =>
        [
            .. Enumerable
                .Range(0, (int)shuffle.Count)
                .Select(p => shuffle.At(epoch, p))
                .Select(r => (long)r.Block * shuffle.BlockSize + r.Row),
        ];

    // Sizes around the edges: a last block that is full, short, alone; a last buffer that is full, short, alone.
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(7, 10, 3)]
    [InlineData(100, 10, 3)]
    [InlineData(101, 10, 3)]
    [InlineData(119, 10, 4)]
    [InlineData(120, 10, 4)]
    [InlineData(121, 10, 4)]
    [InlineData(997, 7, 5)]
    [InlineData(1000, 1, 16)]
    [InlineData(64, 8, 100)]
    public void An_epoch_has_every_row_once(int count, int block, int buffer)
    {
        for (var seed = 0UL; seed < 8; seed++)
        {
            var shuffle = new BlockShuffle(count, seed, block, buffer);
            foreach (var epoch in new[] { 0, 1 })
                Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), Epoch(shuffle, epoch).Order());
        }
    }

    [Fact]
    public void A_place_depends_on_seed_epoch_and_position_alone()
    {
        var shuffle = new BlockShuffle(1003, 5, 10, 4);
        var (first, second) = (Epoch(shuffle, 0), Epoch(shuffle, 1));
        Assert.NotEqual(first, second);
        Assert.NotEqual(first, Epoch(new BlockShuffle(1003, 6, 10, 4), 0));
        var again = new BlockShuffle(1003, 5, 10, 4);
        foreach (var position in new[] { 1002, 0, 517, 40, 39, 41, 800 })
        {
            var place = again.At(1, position);
            Assert.Equal(second[position], (long)place.Block * 10 + place.Row);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => again.At(0, 1003));
    }

    [Fact]
    public void Rows_of_a_buffer_are_mixed_and_no_others_come_between()
    {
        var shuffle = new BlockShuffle(6400, 3, 16, 20);
        var order = Epoch(shuffle, 0);
        for (var start = 0; start < order.Length; start += 320)
        {
            var blocks = order.Skip(start).Take(320).Select(r => r / 16).ToArray();
            Assert.Equal(20, blocks.Distinct().Count());
            Assert.InRange(blocks.Zip(blocks.Skip(1)).Count(p => p.First == p.Second), 2, 60);
        }
    }
}
