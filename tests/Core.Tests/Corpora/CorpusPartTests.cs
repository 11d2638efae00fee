using Research.Corpora;
using Research.Randomness;
using Xunit;

namespace Research.Tests.Corpora;

public class CorpusPartTests
{
    static readonly (long Id, string Key)[] Pairs =
    [
        .. Enumerable.Range(0, 5000).Select(i => ((long)i, $"source/item {i}")),
    ];

    static long[] Part(double fraction, ulong seed)
    {
        var part = new CorpusPart(fraction, seed);
        var last = part.Last(() => Pairs);
        return [.. Pairs.Where(p => part.Holds(p.Id, p.Key, last)).Select(p => p.Id)];
    }

    [Fact]
    public void A_part_is_the_lowest_of_a_sort_by_hash()
    {
        var random = new SeededRandom(2);
        for (ulong seed = 0; seed < 30; seed++)
        {
            var fraction = 1 - random.NextDouble();
            var sorted = Pairs
                .OrderBy(p => Seed.Derive(seed, $"training fraction: {p.Key}"))
                .Take((int)Math.Round(fraction * Pairs.Length, MidpointRounding.AwayFromZero))
                .Select(p => p.Id);
            Assert.Equal(sorted.Order(), Part(fraction, seed));
        }
        Assert.Empty(Part(0.00001, 1));
        Assert.Equal(5000, Part(1, 1).Length);
    }

    [Fact]
    public void Equal_hashes_are_told_apart_by_number()
    {
        var same = Enumerable.Repeat("one key", 10).Select((key, i) => ((long)i, key)).ToArray();
        var part = new CorpusPart(0.3, 4);
        var last = part.Last(() => same);
        Assert.Equal([0L, 1L, 2L], same.Where(p => part.Holds(p.Item1, p.key, last)).Select(p => p.Item1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void A_fraction_outside_zero_to_one_is_refused(double fraction) =>
        Assert.Contains(
            "(0, 1]",
            Assert.Throws<ArgumentOutOfRangeException>(() => new CorpusPart(fraction, 1).Of([])).Message
        );
}
