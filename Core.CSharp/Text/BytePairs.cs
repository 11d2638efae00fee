namespace Research.Text;

/// <summary>Joins the neighbours of a word, the earliest merge of the vocabulary first, as long as there is one.</summary>
/// <remarks>[P] Sennrich et al. 2016, algorithm 1.</remarks>
static class BytePairs
{
    const int LongWord = 128;

    /// <summary>The key of a pair.</summary>
    public static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    /// <summary>Merges in place.</summary>
    /// <param name="merges">From a pair to the symbol that it becomes; a smaller symbol is merged earlier.</param>
    /// <param name="symbols">The word.</param>
    /// <returns>How many symbols are left, at the front.</returns>
    public static int Merge(Dictionary<long, int> merges, Span<int> symbols) =>
        symbols.Length > LongWord ? MergeByQueue(merges, symbols) : MergeByPasses(merges, symbols);

    internal static int MergeByPasses(Dictionary<long, int> merges, Span<int> symbols)
    {
        var count = symbols.Length;
        while (count > 1)
        {
            var best = int.MaxValue;
            for (var i = 0; i + 1 < count; i++)
                if (merges.TryGetValue(Pair(symbols[i], symbols[i + 1]), out var joined) && joined < best)
                    best = joined;
            if (best == int.MaxValue)
                break;
            var write = 0;
            for (var read = 0; read < count; )
                if (
                    read + 1 < count
                    && merges.TryGetValue(Pair(symbols[read], symbols[read + 1]), out var joined)
                    && joined == best
                )
                {
                    symbols[write++] = best;
                    read += 2;
                }
                else
                    symbols[write++] = symbols[read++];
            count = write;
        }
        return count;
    }

    // A "word" of a million letters would take passes without end. What a merge makes is merged later than the merge itself, so
    // that a queue by (merge, position) gives the same result.
    internal static int MergeByQueue(Dictionary<long, int> merges, Span<int> symbols)
    {
        var count = symbols.Length;
        var symbol = symbols.ToArray();
        var (before, after) = (new int[count], new int[count]);
        var queue = new PriorityQueue<(int Left, int Right, long Pair), (int Joined, int Left)>();

        void Offer(int left, int right)
        {
            var pair = Pair(symbol[left], symbol[right]);
            if (merges.TryGetValue(pair, out var joined))
                queue.Enqueue((left, right, pair), (joined, left));
        }

        for (var i = 0; i < count; i++)
        {
            (before[i], after[i]) = (i - 1, i + 1 < count ? i + 1 : -1);
            if (i > 0)
                Offer(i - 1, i);
        }
        while (queue.TryDequeue(out var next, out var order))
        {
            var (left, right, pair) = next;
            if (
                symbol[left] < 0
                || symbol[right] < 0
                || after[left] != right
                || Pair(symbol[left], symbol[right]) != pair
            )
                continue; // one of the two was merged meanwhile
            symbol[left] = order.Joined;
            symbol[right] = -1;
            after[left] = after[right];
            if (after[left] >= 0)
            {
                before[after[left]] = left;
                Offer(left, after[left]);
            }
            if (before[left] >= 0)
                Offer(before[left], left);
        }
        var write = 0;
        for (var at = 0; at >= 0; at = after[at])
            symbols[write++] = symbol[at];
        return write;
    }
}
