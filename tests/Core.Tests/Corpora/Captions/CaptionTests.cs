using Research.Corpora;
using Research.Randomness;
using Xunit;

namespace Research.Tests.Corpora;

public class CaptionTests
{
    static CorpusEntry Entry(string caption, params string[] tags) =>
        new(0, "pen/a", caption, tags, "a", "pen", "g", "s", Split.Train, "CC0-1.0", 0, "000000.tar", 0, 1);

    [Fact]
    public void Styles_render_label_and_tags()
    {
        var entry = Entry("red apple", "fruit", "red", "Apple", "red fruit");
        var random = new SeededRandom(1);
        Assert.Equal("red apple", Captions.Render(entry, CaptionStyle.Label, random));
        Assert.Equal("red apple fruit red fruit", Captions.Render(entry, CaptionStyle.LabelAndTags, random));
        Assert.Equal("plain", Captions.Render(Entry("plain"), CaptionStyle.LabelAndRandomTags(3), random));
        Assert.Throws<ArgumentOutOfRangeException>(() => CaptionStyle.LabelAndRandomTags(-1));
    }

    [Fact]
    public void Random_tags_are_distinct_tags_of_the_pair_in_every_number_up_to_the_limit()
    {
        var entry = Entry("label", "one", "two", "three", "four", "five");
        var random = new SeededRandom(2);
        var counts = new int[4];
        var uses = new Dictionary<string, int>();
        for (var i = 0; i < 8000; i++)
        {
            var words = Captions.Render(entry, CaptionStyle.LabelAndRandomTags(3), random).Split(' ');
            Assert.Equal("label", words[0]);
            Assert.Equal(words.Length, words.Distinct().Count());
            Assert.All(words[1..], word => Assert.Contains(word, entry.Tags));
            counts[words.Length - 1]++;
            foreach (var word in words[1..])
                uses[word] = uses.GetValueOrDefault(word) + 1;
        }
        Assert.All(counts, count => Assert.InRange(count, 1800, 2200));
        Assert.All(uses.Values, use => Assert.InRange(use, 2200, 2600)); // 8000 x 1.5 / 5
    }

    [Fact]
    public void Rendering_is_a_pure_function_of_the_stream()
    {
        var entry = Entry("label", "one", "two", "three");
        string Once() =>
            string.Join(
                '|',
                Enumerable
                    .Range(0, 20)
                    .Select(i => Captions.Render(entry, CaptionStyle.LabelAndRandomTags(2), new SeededRandom((ulong)i)))
            );
        Assert.Equal(Once(), Once());
    }

    [Fact]
    public void Exactly_the_stated_share_of_captions_is_shuffled()
    {
        var random = new SeededRandom(3);
        for (var trial = 0; trial < 300; trial++)
        {
            var count = 2 + random.NextInt(100);
            var fraction = random.NextDouble();
            var expected = (int)Math.Round(fraction * count, MidpointRounding.AwayFromZero);
            if (expected == 1)
            {
                Assert.Contains(
                    "one pair",
                    Assert.Throws<ArgumentException>(() => CaptionShuffle.Of(count, fraction, 1)).Message
                );
                continue;
            }
            var from = CaptionShuffle.Of(count, fraction, (ulong)trial);
            Assert.Equal(expected, Enumerable.Range(0, count).Count(i => from[i] != i));
            Assert.Equal(Enumerable.Range(0, count), from.Order());
            Assert.Equal(from, CaptionShuffle.Of(count, fraction, (ulong)trial));
        }
        Assert.Equal([0, 1, 2], CaptionShuffle.Of(3, 0, 1));
        Assert.Empty(CaptionShuffle.Of(0, 1, 1));
        Assert.NotEqual(CaptionShuffle.Of(50, 0.5, 1), CaptionShuffle.Of(50, 0.5, 2));
    }

    [Fact]
    public void Nobody_gets_a_caption_with_their_own_label()
    {
        var random = new SeededRandom(4);
        for (var trial = 0; trial < 300; trial++)
        {
            var kinds = 5 + random.NextInt(6);
            var labels = Enumerable.Range(0, 20 * kinds).Select(i => $"label {i % kinds}").ToArray();
            var from = CaptionShuffle.Of(labels, 1, (ulong)trial);
            Assert.Equal(Enumerable.Range(0, labels.Length), from.Order());
            Assert.All(Enumerable.Range(0, labels.Length), i => Assert.NotEqual(labels[i], labels[from[i]]));
            var half = CaptionShuffle.Of(labels, 0.5, (ulong)trial);
            Assert.Equal(
                labels.Length / 2,
                Enumerable.Range(0, labels.Length).Count(i => labels[half[i]] != labels[i])
            );
        }
        // Two labels, half each: the tightest case that can be done.
        var two = Enumerable.Range(0, 40).Select(i => i < 20 ? "a" : "b").ToArray();
        Assert.All(Enumerable.Range(0, 40), i => Assert.NotEqual(two[i], two[CaptionShuffle.Of(two, 1, 9)[i]]));
        Assert.Contains(
            "'a'",
            Assert.Throws<ArgumentException>(() => CaptionShuffle.Of(["a", "a", "b"], 1, 1)).Message
        );
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void A_fraction_outside_zero_to_one_is_refused(double fraction) =>
        Assert.Contains(
            "outside [0, 1]",
            Assert.Throws<ArgumentOutOfRangeException>(() => CaptionShuffle.Of(10, fraction, 1)).Message
        );
}
