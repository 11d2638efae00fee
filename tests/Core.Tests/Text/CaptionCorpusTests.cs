using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Research.Text;
using Xunit;

namespace Research.Tests.Text;

/// <summary>
/// 111,531 real captions: emoji labels in 28 languages and characters, Iconify's names, OpenClipart's titles, descriptions and
/// keywords as they are. Golden values: tests/golden/tokenizer.py.
/// </summary>
public class CaptionCorpusTests
{
    internal static string[] Captions()
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "golden", "captions.txt.gz"));
        using var reader = new StreamReader(new GZipStream(file, CompressionMode.Decompress), Encoding.UTF8);
        return reader.ReadToEnd().Split('\n');
    }

    static JsonElement Golden() =>
        JsonDocument
            .Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "captions.json")))
            .RootElement;

    static string Digest(IEnumerable<IEnumerable<int>> rows) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(rows.Select(r => string.Join(' ', r) + "\n"))))
        )[..12];

    [Fact]
    public void Ids_equal_the_reference_on_a_hundred_thousand_captions()
    {
        var captions = Captions();
        var golden = Golden();
        var block = golden.GetProperty("block").GetInt32();
        Assert.Equal(golden.GetProperty("count").GetInt32(), captions.Length);
        Assert.True(captions.Length > 100_000);
        var tokenizer = ClipTokenizer.Load();
        var wrong = golden
            .GetProperty("digests")
            .EnumerateArray()
            .Select((digest, i) => (Digest: digest.GetString(), Captions: captions.Skip(i * block).Take(block)))
            .Where(b => Digest(b.Captions.Select(tokenizer.Encode)) != b.Digest)
            .Select(b => b.Captions.First())
            .ToArray();
        Assert.Empty(wrong);
    }

    [Fact]
    public void Packed_rows_hold_the_same_ids_cut_or_padded_from_many_threads()
    {
        var captions = Captions().Where((_, i) => i % 11 == 0).ToArray();
        var tokenizer = ClipTokenizer.Load();
        foreach (var length in new[] { 3, 8, 77, 200 })
        {
            var packed = Tokenization.PackRows(tokenizer, captions, length);
            for (var i = 0; i < captions.Length; i++)
            {
                var ids = tokenizer.Encode(captions[i]).Take(length - 2).ToArray();
                Assert.Equal(ids.Length + 1, packed.EndPositions[i]);
                var row = packed.Row(i);
                Assert.Equal(tokenizer.StartOfText, row[0]);
                Assert.Equal(tokenizer.EndOfText, row[ids.Length + 1]);
                Assert.True(row[1..].StartsWith(Array.ConvertAll(ids, id => (long)id)), captions[i]);
                Assert.False(row[(ids.Length + 2)..].ContainsAnyExcept(0L));
            }
        }
    }

    [Fact]
    public void A_compact_vocabulary_packs_what_it_encodes()
    {
        var captions = Captions().Where((_, i) => i % 50 == 0).ToArray();
        var compact = CompactVocabulary.Of(ClipTokenizer.Load(), captions.Take(200));
        var packed = Tokenization.PackRows(compact, captions, 16);
        for (var i = 0; i < captions.Length; i++)
            Assert.True(
                packed
                    .Row(i)[1..]
                    .StartsWith(Array.ConvertAll([.. compact.Encode(captions[i]).Take(14)], (int id) => (long)id))
            );
    }
}
