namespace Research.Corpora;

/// <summary>
/// Captions exchanged within groups: every chosen pair gets the caption of another item of its group, and every moved caption
/// is used once.
/// </summary>
/// <remarks>
/// A group's chosen pairs can be exchanged if and only if no item is on more than half of them. So pairs are drawn regardless of groups,
/// the pairs that make one item too frequent are returned, and as many others replace them where possible.
/// </remarks>
sealed class CaptionSwap
{
    readonly IReadOnlyList<CorpusEntry> entries;
    readonly Dictionary<(string, string), Members> groups = [];
    readonly HashSet<int> chosen = [];

    CaptionSwap(IReadOnlyList<CorpusEntry> entries) => this.entries = entries;

    /// <summary>What a swapped caption still gets right: the group and the subgroup. Null where a pair has neither.</summary>
    public static (string, string)? GroupOf(CorpusEntry entry) =>
        entry.Group.Length == 0 && entry.Subgroup.Length == 0 ? null : (entry.Group, entry.Subgroup);

    /// <summary>Whose caption each chosen pair gets: <paramref name="count"/> pairs, or fewer where the groups do not allow that many.</summary>
    /// <param name="entries">All pairs.</param>
    /// <param name="order">The pairs to choose from, in order of preference.</param>
    /// <param name="count">How many are wanted.</param>
    public static List<(int Pair, int From)> Within(IReadOnlyList<CorpusEntry> entries, int[] order, int count)
    {
        var swap = new CaptionSwap(entries);
        var wanted = order[..count].Where(i => GroupOf(entries[i]) is not null).ToArray();
        foreach (var i in wanted)
            swap.Add(i);
        var given = swap.groups.Values.SelectMany(members => members.GiveBack(entries)).ToHashSet();
        swap.chosen.ExceptWith(given);
        swap.Fill([.. wanted.Where(given.Contains), .. order[count..]], count);
        return [.. swap.groups.Values.SelectMany(members => members.Exchanged(entries))];
    }

    void Add(int pair)
    {
        Of(pair).Add(pair, entries[pair].Item);
        chosen.Add(pair);
    }

    Members Of(int pair)
    {
        var key = GroupOf(entries[pair])!.Value;
        if (!groups.TryGetValue(key, out var members))
            groups.Add(key, members = new());
        return members;
    }

    // Takes further pairs: one where its group can then still be exchanged, else two of different items, which always can.
    void Fill(int[] reserve, int count)
    {
        if (chosen.Count == count)
            return;
        var left = reserve.Where(i => GroupOf(entries[i]) is not null).ToLookup(i => GroupOf(entries[i])!.Value);
        var ofOneItem = new HashSet<(string, string)>();
        foreach (var i in reserve)
        {
            if (chosen.Count == count)
                return;
            if (chosen.Contains(i) || GroupOf(entries[i]) is not { } key)
                continue;
            var item = entries[i].Item;
            if (Of(i).Fits(item))
                Add(i);
            else if (count - chosen.Count >= 2 && !ofOneItem.Contains(key))
            {
                var other = left[key].FirstOrDefault(j => !chosen.Contains(j) && entries[j].Item != item, -1);
                if (other < 0)
                    ofOneItem.Add(key);
                else
                {
                    Add(i);
                    Add(other);
                }
            }
        }
    }

    /// <summary>The chosen pairs of one group.</summary>
    sealed class Members
    {
        readonly List<int> pairs = [];
        readonly Dictionary<string, int> counts = [];
        int most;

        public void Add(int pair, string item)
        {
            pairs.Add(pair);
            most = Math.Max(most, counts[item] = counts.GetValueOrDefault(item) + 1);
        }

        /// <summary>Whether no item is on more than half of the pairs after one more pair of this item.</summary>
        public bool Fits(string item) => 2 * Math.Max(most, counts.GetValueOrDefault(item) + 1) <= pairs.Count + 1;

        /// <summary>Returns the last pairs of an item that is on more than half.</summary>
        public HashSet<int> GiveBack(IReadOnlyList<CorpusEntry> entries)
        {
            var (item, count) = counts.MaxBy(c => c.Value);
            var excess = Math.Max(0, 2 * count - pairs.Count);
            var given = Enumerable.Reverse(pairs).Where(i => entries[i].Item == item).Take(excess).ToHashSet();
            pairs.RemoveAll(given.Contains);
            counts[item] -= given.Count;
            most = counts.Values.Max();
            return given;
        }

        /// <summary>With pairs sorted by item, shifts the captions by the most frequent item's count.</summary>
        public IEnumerable<(int Pair, int From)> Exchanged(IReadOnlyList<CorpusEntry> entries)
        {
            var together = pairs.GroupBy(i => entries[i].Item).SelectMany(item => item).ToArray();
            return together.Select((pair, i) => (pair, together[(i + most) % together.Length]));
        }
    }
}
