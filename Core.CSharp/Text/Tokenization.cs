using System.Collections.Concurrent;

namespace Research.Text;

/// <summary>Token rows of equal length, as text encoders take them.</summary>
/// <param name="Tokens">Rows x ContextLength ids, row-major: start, text, end, zeros.</param>
/// <param name="EndPositions">The column of the end token of each row.</param>
/// <param name="ContextLength">The number of columns.</param>
public sealed record PackedTokens(long[] Tokens, int[] EndPositions, int ContextLength)
{
    /// <summary>The number of rows.</summary>
    public int Rows => EndPositions.Length;

    /// <summary>One row's ids.</summary>
    public ReadOnlySpan<long> Row(int row) => Tokens.AsSpan(row * ContextLength, ContextLength);
}

/// <summary>Packs captions into rows.</summary>
public static class Tokenization
{
    /// <summary>CLIP's context length.</summary>
    public const int ClipContextLength = 77;

    const int ParallelFrom = 512; // captions: about a millisecond of one thread

    /// <summary>
    /// N x <paramref name="contextLength"/> ids, row-major: start, the text's ids, end, zeros. A longer text is cut before its
    /// end token. Many captions are packed on all cores, unless
    /// <paramref name="parallel"/> is false; the ids are the same.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="contextLength"/> is below 3.</exception>
    public static long[] Pack(
        ITokenizer tokenizer,
        IReadOnlyList<string> captions,
        int contextLength = ClipContextLength,
        bool parallel = true
    ) => PackRows(tokenizer, captions, contextLength, parallel).Tokens;

    /// <summary>Like <see cref="Pack"/>, with the position of each row's end token.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="contextLength"/> is below 3.</exception>
    public static PackedTokens PackRows(
        ITokenizer tokenizer,
        IReadOnlyList<string> captions,
        int contextLength = ClipContextLength,
        bool parallel = true
    )
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(captions);
        if (contextLength < 3)
            throw new ArgumentOutOfRangeException(
                nameof(contextLength),
                contextLength,
                $"A context of {contextLength} tokens holds no text between start and end: use 3 or more."
            );
        var tokens = new long[checked(captions.Count * contextLength)];
        var ends = new int[captions.Count];
        if (!parallel || captions.Count < ParallelFrom)
            PackRange(0, captions.Count);
        else
            Parallel.ForEach(Partitioner.Create(0, captions.Count), range => PackRange(range.Item1, range.Item2));
        return new PackedTokens(tokens, ends, contextLength);

        void PackRange(int first, int last)
        {
            for (var row = first; row < last; row++)
            {
                var target = tokens.AsSpan(row * contextLength, contextLength);
                target[0] = tokenizer.StartOfText;
                var kept = tokenizer.EncodeInto(captions[row], target[1..^1]);
                target[kept + 1] = tokenizer.EndOfText;
                ends[row] = kept + 1;
            }
        }
    }
}
