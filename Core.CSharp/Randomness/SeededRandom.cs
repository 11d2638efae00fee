using System.Numerics;

namespace Research.Randomness;

/// <summary>
/// xoshiro256** with a 64-bit seed. .NET's <see cref="Random"/> takes 32 bits and does not promise its sequence across versions;
/// experiments need both.
/// </summary>
public sealed class SeededRandom
{
    const ulong Golden = 0x9e3779b97f4a7c15UL;
    ulong s0,
        s1,
        s2,
        s3;

    /// <summary>Starts the stream of <paramref name="seed"/>; equal seeds give equal streams on every platform.</summary>
    public SeededRandom(ulong seed)
    {
        unchecked
        {
            s0 = Seed.Mix(seed);
            s1 = Seed.Mix(seed + Golden);
            s2 = Seed.Mix(seed + 2 * Golden);
            s3 = Seed.Mix(seed + 3 * Golden);
        }
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        var t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1) with 53 bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, <paramref name="exclusiveMax"/>), without modulo bias.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exclusiveMax"/> is not positive.</exception>
    public int NextInt(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        var bound = (ulong)exclusiveMax;
        var threshold = (0UL - bound) % bound; // Lemire's rejection
        while (true)
        {
            var high = Math.BigMul(NextUInt64(), bound, out var low);
            if (low >= threshold)
                return (int)high;
        }
    }

    /// <summary>A uniform permutation of 0 .. <paramref name="count"/> - 1.</summary>
    public int[] Permutation(int count)
    {
        var items = new int[count];
        for (var i = 0; i < count; i++)
            items[i] = i;
        Shuffle(items);
        return items;
    }

    /// <summary>Fisher-Yates, in place.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <inheritdoc cref="Shuffle{T}(Span{T})"/>
    public void Shuffle<T>(T[] items) => Shuffle(items.AsSpan());
}
