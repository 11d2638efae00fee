using Research.Randomness;
using Research.Text;
using Xunit;

namespace Research.Tests.Text;

public class TokenizationTests
{
    /// <summary>One id a character, so that expected rows can be written by hand.</summary>
    sealed class Letters : ITokenizer
    {
        public int VocabularySize => 30;
        public int StartOfText => 28;
        public int EndOfText => 29;

        public int[] Encode(string text) => [.. text.Select(c => c - 'a' + 1)];
    }

    [Fact]
    public void Rows_hold_start_text_end_and_zeros()
    {
        var packed = Tokenization.PackRows(new Letters(), ["abc", "", "z"], 6);
        Assert.Equal([28, 1, 2, 3, 29, 0, 28, 29, 0, 0, 0, 0, 28, 26, 29, 0, 0, 0], packed.Tokens);
        Assert.Equal([4, 1, 2], packed.EndPositions);
        Assert.Equal(packed.Tokens, Tokenization.Pack(new Letters(), ["abc", "", "z"], 6));
        Assert.Equal([28, 26, 29, 0, 0, 0], packed.Row(2).ToArray());
    }

    [Fact]
    public void A_long_text_is_cut_and_keeps_its_end()
    {
        var packed = Tokenization.PackRows(new Letters(), ["abcdefgh"], 5);
        Assert.Equal([28, 1, 2, 3, 29], packed.Tokens);
        Assert.Equal([4], packed.EndPositions);
    }

    [Fact]
    public void The_end_position_holds_the_end_token_for_any_lengths()
    {
        var random = new SeededRandom(3);
        for (var trial = 0; trial < 200; trial++)
        {
            var length = 3 + random.NextInt(20);
            var texts = Enumerable
                .Range(0, 1 + random.NextInt(5))
                .Select(_ => new string('b', random.NextInt(30)))
                .ToArray();
            var packed = Tokenization.PackRows(new Letters(), texts, length);
            Assert.Equal(texts.Length * length, packed.Tokens.Length);
            for (var row = 0; row < texts.Length; row++)
            {
                var ids = packed.Row(row).ToArray();
                Assert.Equal(packed.EndPositions[row], Array.IndexOf(ids, 29L));
                Assert.Equal(Math.Min(texts[row].Length, length - 2) + 1, packed.EndPositions[row]);
                Assert.All(ids[(packed.EndPositions[row] + 1)..], id => Assert.Equal(0, id));
            }
        }
    }

    [Fact]
    public void A_context_without_room_for_text_is_refused() =>
        Assert.Contains(
            "3 or more",
            Assert.Throws<ArgumentOutOfRangeException>(() => Tokenization.Pack(new Letters(), ["a"], 2)).Message
        );

    [Fact]
    public void A_compact_vocabulary_keeps_what_was_seen_and_marks_the_rest_unknown()
    {
        var compact = CompactVocabulary.Of(new Letters(), ["bd", "dz"]);
        Assert.Equal([2, 4, 26], compact.Kept);
        Assert.Equal(7, compact.VocabularySize);
        Assert.Equal((0, 1, 2, 3), (compact.Padding, compact.StartOfText, compact.EndOfText, compact.Unknown));
        Assert.Equal([4, 5, 6, 3], compact.Encode("bdzc"));
        Assert.Equal([1, 4, 3, 2, 0], Tokenization.Pack(compact, ["ba"], 5));
    }

    [Fact]
    public void A_compact_vocabulary_does_not_depend_on_the_order_of_captions()
    {
        string[] captions = ["a dog", "the cat sat", "zebra", "a cat"];
        var clip = ClipTokenizer.Load();
        var one = CompactVocabulary.Of(clip, captions);
        var other = CompactVocabulary.Of(clip, captions.Reverse());
        Assert.Equal(one.Kept, other.Kept);
        Assert.Equal(
            one.Encode("a dog and a zebra"),
            CompactVocabulary.FromKept(clip, one.Kept).Encode("a dog and a zebra")
        );
    }

    [Fact]
    public void A_compact_vocabulary_of_nothing_is_refused()
    {
        Assert.Throws<ArgumentException>(() => CompactVocabulary.Of(new Letters(), [""]));
        Assert.Throws<ArgumentException>(() => CompactVocabulary.FromKept(new Letters(), [3, 3]));
        Assert.Throws<ArgumentException>(() => CompactVocabulary.FromKept(new Letters(), [30]));
    }
}
