using Research.Randomness;
using Xunit;

namespace Research.Tests.Randomness;

public class SeededRandomTests
{
    [Fact]
    public void Seeds_of_different_purposes_and_steps_differ()
    {
        var seeds = new HashSet<ulong>();
        foreach (var purpose in new[] { "sampler", "partition", "noise" })
            for (var step = 0; step < 1000; step++)
                Assert.True(seeds.Add(Seed.Derive(1, purpose, step)));
        Assert.Equal(Seed.Derive(1, "sampler", 5), Seed.Derive(1, "sampler", 5));
        Assert.NotEqual(Seed.Derive(1, "sampler"), Seed.Derive(2, "sampler"));
        Assert.Throws<ArgumentException>(() => Seed.Derive(1, ""));
    }

    [Fact]
    public void Xoshiro_follows_its_recurrence()
    {
        // The published algorithm, written again over four words that SplitMix64 fills.
        static ulong Mix(ref ulong x)
        {
            x += 0x9e3779b97f4a7c15;
            var z = x;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            return z ^ (z >> 31);
        }
        var state = 42UL;
        ulong[] s = [Mix(ref state), Mix(ref state), Mix(ref state), Mix(ref state)];
        var random = new SeededRandom(42);
        for (var i = 0; i < 100; i++)
        {
            var expected = ulong.RotateLeft(s[1] * 5, 7) * 9;
            var t = s[1] << 17;
            s[2] ^= s[0];
            s[3] ^= s[1];
            s[1] ^= s[2];
            s[0] ^= s[3];
            s[2] ^= t;
            s[3] = ulong.RotateLeft(s[3], 45);
            Assert.Equal(expected, random.NextUInt64());
        }
    }

    [Fact]
    public void Doubles_are_uniform_in_the_unit_interval()
    {
        var random = new SeededRandom(1);
        const int n = 100_000;
        double sum = 0,
            squares = 0;
        for (var i = 0; i < n; i++)
        {
            var x = random.NextDouble();
            Assert.InRange(x, 0, 1 - 1e-16);
            sum += x;
            squares += x * x;
        }
        Assert.Equal(0.5, sum / n, 0.005);
        Assert.Equal(1 / 3.0, squares / n, 0.005);
    }

    [Fact]
    public void Integers_are_uniform_below_their_bound()
    {
        var random = new SeededRandom(2);
        var counts = new int[7];
        for (var i = 0; i < 70_000; i++)
            counts[random.NextInt(7)]++;
        Assert.All(counts, count => Assert.InRange(count, 9500, 10500));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt(0));
    }

    [Fact]
    public void Permutations_hold_every_index_once()
    {
        var random = new SeededRandom(3);
        for (var n = 0; n < 60; n++)
            Assert.Equal(Enumerable.Range(0, n), random.Permutation(n).Order());
    }
}
