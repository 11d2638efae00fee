namespace Research.Text;

/// <summary>
/// A tokenizer limited to the ids that a corpus uses: in a small run the full embedding table (49,408 rows) is most of the model.
/// Ids: 0 padding, 1 start, 2 end, 3 unknown, then the tokens seen, in the inner tokenizer's order, so the order of the captions
/// does not change the ids. Ids that were not seen become the unknown id.
/// </summary>
public sealed class CompactVocabulary : ITokenizer
{
    const int Reserved = 4;
    readonly ITokenizer inner;
    readonly int[] compactOf; // -1: not seen

    CompactVocabulary(ITokenizer inner, IReadOnlyList<int> kept)
    {
        this.inner = inner;
        Kept = kept;
        compactOf = new int[inner.VocabularySize];
        Array.Fill(compactOf, -1);
        for (var i = 0; i < kept.Count; i++)
            compactOf[kept[i]] = Reserved + i;
    }

    /// <summary>The vocabulary of the training captions. Do not pass evaluation captions: they must not widen it.</summary>
    /// <exception cref="ArgumentException">No caption holds a token.</exception>
    public static CompactVocabulary Of(ITokenizer tokenizer, IEnumerable<string> captions)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(captions);
        var seen = new SortedSet<int>();
        foreach (var caption in captions)
            seen.UnionWith(tokenizer.Encode(caption));
        seen.Remove(tokenizer.StartOfText);
        seen.Remove(tokenizer.EndOfText);
        if (seen.Count == 0)
            throw new ArgumentException(
                "The captions hold no token: a compact vocabulary needs at least one.",
                nameof(captions)
            );
        return new CompactVocabulary(tokenizer, [.. seen]);
    }

    /// <summary>Rebuilds a vocabulary from another's <see cref="Kept"/> list, e.g. one stored with a checkpoint.</summary>
    /// <exception cref="ArgumentException">The list is not strictly increasing ids of <paramref name="tokenizer"/>.</exception>
    public static CompactVocabulary FromKept(ITokenizer tokenizer, IReadOnlyList<int> kept)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(kept);
        for (var i = 0; i < kept.Count; i++)
            if (kept[i] < 0 || kept[i] >= tokenizer.VocabularySize || (i > 0 && kept[i] <= kept[i - 1]))
                throw new ArgumentException(
                    $"Kept id {kept[i]} at place {i}: ids must increase and lie in [0, {tokenizer.VocabularySize}).",
                    nameof(kept)
                );
        return new CompactVocabulary(tokenizer, [.. kept]);
    }

    /// <summary>The inner tokenizer's ids that are kept, increasing; number i has compact id 4 + i.</summary>
    public IReadOnlyList<int> Kept { get; }

    /// <inheritdoc/>
    public int VocabularySize => Reserved + Kept.Count;

    /// <summary>The id that ends texts in every compact vocabulary.</summary>
    public const int EndOfTextId = 2;

    /// <summary>The id of padding: 0.</summary>
    public int Padding => 0;

    /// <inheritdoc/>
    public int StartOfText => 1;

    /// <inheritdoc/>
    public int EndOfText => EndOfTextId;

    /// <summary>The id of every token not in the captions: 3.</summary>
    public int Unknown => 3;

    /// <inheritdoc/>
    public int[] Encode(string text) => Array.ConvertAll(inner.Encode(text), Compact);

    /// <inheritdoc/>
    public int EncodeInto(string text, Span<long> ids)
    {
        var count = inner.EncodeInto(text, ids);
        foreach (ref var id in ids[..count])
            id = Compact((int)id);
        return count;
    }

    int Compact(int id)
    {
        if (id == inner.StartOfText)
            return StartOfText;
        if (id == inner.EndOfText)
            return EndOfText;
        return compactOf[id] < 0 ? Unknown : compactOf[id];
    }
}
