namespace Research.Text;

/// <summary>Turns text into token ids. Implementations are safe to call from several threads at once.</summary>
public interface ITokenizer
{
    /// <summary>The number of ids: every id is in [0, VocabularySize).</summary>
    int VocabularySize { get; }

    /// <summary>The id that opens every packed row.</summary>
    int StartOfText { get; }

    /// <summary>The id that closes every packed row; text encoders pool at its position.</summary>
    int EndOfText { get; }

    /// <summary>The ids of a text, without start and end.</summary>
    int[] Encode(string text);

    /// <summary>Writes a text's first ids, without start and end, as far as there is room.</summary>
    /// <returns>How many were written.</returns>
    int EncodeInto(string text, Span<long> ids)
    {
        var all = Encode(text);
        var count = Math.Min(all.Length, ids.Length);
        for (var i = 0; i < count; i++)
            ids[i] = all[i];
        return count;
    }
}
