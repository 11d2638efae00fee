using System.Text;

namespace Research.Randomness;

/// <summary>
/// Derives independent 64-bit seeds from a run's seed, so that every random draw is a pure function of
/// (run seed, purpose, step) and a resumed run repeats the draws of the uninterrupted one.
/// </summary>
public static class Seed
{
    /// <summary>The seed of one purpose at one step.</summary>
    /// <param name="seed">The run's seed, or a seed derived before.</param>
    /// <param name="purpose">What the draw is for, e.g. "partition"; different purposes give independent streams.</param>
    /// <param name="step">The training step, epoch or item that the draw belongs to; 0 when there is only one.</param>
    public static ulong Derive(ulong seed, string purpose, long step = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        var hash = 0xcbf29ce484222325UL; // FNV-1a over the purpose's UTF-8 bytes
        foreach (var b in Encoding.UTF8.GetBytes(purpose))
            hash = (hash ^ b) * 0x100000001b3UL;
        return Mix(Mix(Mix(seed) ^ hash) ^ (ulong)step);
    }

    /// <summary>SplitMix64's step and finalizer: the next value of the stream that starts at <paramref name="x"/>.</summary>
    internal static ulong Mix(ulong x)
    {
        x += 0x9e3779b97f4a7c15UL;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
        return x ^ (x >> 31);
    }
}
