using Research.Randomness;
using Research.Samplers;
using Xunit;

namespace Research.Tests.Samplers;

public class SamplerTests
{
    [Fact]
    public void An_epoch_visits_every_row_at_most_once_and_drops_less_than_a_batch()
    {
        var random = new SeededRandom(1);
        for (var trial = 0; trial < 100; trial++)
        {
            var batch = 1 + random.NextInt(20);
            var count = batch + random.NextInt(100);
            var sampler = new SeededSampler(count, batch, random.NextUInt64());
            for (var epoch = 0L; epoch < 3; epoch++)
            {
                var rows = Enumerable
                    .Range(0, sampler.StepsPerEpoch)
                    .SelectMany(i => sampler.Batch(epoch * sampler.StepsPerEpoch + i))
                    .ToArray();
                Assert.Equal(rows.Length, rows.Distinct().Count());
                Assert.All(rows, row => Assert.InRange(row, 0, count - 1));
                Assert.InRange(count - rows.Length, 0, batch - 1);
            }
        }
    }

    [Fact]
    public void A_batch_depends_on_seed_and_step_alone()
    {
        var forward = new SeededSampler(103, 10, 7);
        var expected = Enumerable.Range(0, 50).Select(step => forward.Batch(step)).ToArray();
        var resumed = new SeededSampler(103, 10, 7);
        for (var step = 49; step >= 0; step--)
            Assert.Equal(expected[step], resumed.Batch(step));
        Assert.NotEqual(expected[0], new SeededSampler(103, 10, 8).Batch(0));
        Assert.NotEqual(expected[0], expected[10]); // another epoch
    }

    [Fact]
    public void Ranks_share_a_batch_without_overlap()
    {
        var sampler = new SeededSampler(100, 12, 3);
        var parts = Enumerable.Range(0, 4).SelectMany(rank => sampler.Batch(5, rank, 4)).Order();
        Assert.Equal(sampler.Batch(5).Order(), parts);
        Assert.Throws<ArgumentOutOfRangeException>(() => sampler.Batch(0, 4, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => sampler.Batch(0, 0, 5));
    }

    [Fact]
    public void A_batch_larger_than_the_corpus_is_refused_with_both_numbers()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new SeededSampler(100, 128, 1));
        Assert.Contains("batch of 128 is larger than the corpus of 100", error.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SeededSampler(0, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SeededSampler(10, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SeededSampler(10, 5, 1).Batch(-1));
    }
}
