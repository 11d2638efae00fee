using System.Numerics;
using System.Runtime.InteropServices;

namespace Research.Text;

/// <summary>
/// The ids of the words seen so far. Readers take no lock; a word that is added meanwhile may be missed, and is then encoded again.
/// </summary>
sealed class WordCache
{
    const int LargestCount = 1 << 17;
    const int LongestWord = 64;

    readonly ulong secret = (ulong)Random.Shared.NextInt64() | 1; // a text made to collide in one process does not in another
    readonly Lock writing = new();
    Entry?[] buckets = new Entry?[1 << 12];
    int count;

    sealed record Entry(string Word, ulong Hash, int[] Ids, Entry? Next);

    /// <summary>The ids of a word, or null.</summary>
    public int[]? Find(ReadOnlySpan<char> word)
    {
        var hash = Hash(word);
        var table = Volatile.Read(ref buckets);
        for (var entry = Volatile.Read(ref table[Bucket(hash, table)]); entry is not null; entry = entry.Next)
            if (entry.Hash == hash && word.SequenceEqual(entry.Word))
                return entry.Ids;
        return null;
    }

    /// <summary>Remembers a word, unless it is long or there are too many.</summary>
    public void Add(ReadOnlySpan<char> word, int[] ids)
    {
        if (word.Length > LongestWord || Volatile.Read(ref count) >= LargestCount)
            return;
        lock (writing)
        {
            if (Find(word) is not null)
                return;
            if (count >= 2 * buckets.Length)
                Grow();
            var hash = Hash(word);
            ref var bucket = ref buckets[Bucket(hash, buckets)];
            Volatile.Write(ref bucket, new Entry(word.ToString(), hash, ids, bucket));
            count++;
        }
    }

    void Grow()
    {
        var larger = new Entry?[buckets.Length * 4];
        foreach (var first in buckets)
            for (var entry = first; entry is not null; entry = entry.Next)
            {
                ref var bucket = ref larger[Bucket(entry.Hash, larger)];
                bucket = entry with { Next = bucket };
            }
        Volatile.Write(ref buckets, larger);
    }

    static int Bucket(ulong hash, Entry?[] table) => (int)(hash >> 32) & (table.Length - 1);

    ulong Hash(ReadOnlySpan<char> word)
    {
        var hash = secret ^ (ulong)word.Length;
        var bytes = MemoryMarshal.AsBytes(word);
        for (; bytes.Length >= 8; bytes = bytes[8..])
            hash = BitOperations.RotateLeft((hash ^ MemoryMarshal.Read<ulong>(bytes)) * 0x9E3779B97F4A7C15UL, 29);
        var rest = 0UL;
        foreach (var b in bytes)
            rest = (rest << 8) | b;
        hash = (hash ^ rest) * 0x9E3779B97F4A7C15UL;
        return (hash ^ (hash >> 31)) * 0xBF58476D1CE4E5B9UL;
    }
}
