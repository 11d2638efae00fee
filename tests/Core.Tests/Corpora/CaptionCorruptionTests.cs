using Research.Corpora;
using Research.Randomness;
using Xunit;

namespace Research.Tests.Corpora;

public class CaptionCorruptionTests
{
    static readonly CorpusEntry[] Entries =
    [
        .. Enumerable
            .Range(0, 1000)
            .Select(i => new CorpusEntry(
                i,
                $"s/{i}",
                $"caption {i}",
                [],
                $"c{i}",
                "s",
                "g",
                $"sub{i % 20}",
                Split.Train,
                "CC0-1.0",
                0,
                "0.tar",
                512,
                1
            )),
    ];

    static readonly CaptionCorruption Some = new()
    {
        Shuffled = 0.3,
        Swapped = 0.2,
        Boilerplate = 0.1,
        Dropped = 0.05,
    };

    static string Now(CorruptedCaptions captions, int i) => captions.Render(i, CaptionStyle.Label, new SeededRandom(0));

    [Fact]
    public void Every_kind_takes_its_share_and_the_clean_pairing_stays_known()
    {
        var captions = Some.Of(Entries, e => e.Subgroup, 3);
        var counts = captions.Faults.CountBy(f => f).ToDictionary();
        Assert.Equal(300, counts[CaptionFault.Shuffled]);
        Assert.InRange(counts[CaptionFault.Swapped], 195, 200); // one alone in its group keeps its own
        Assert.Equal(100, counts[CaptionFault.Boilerplate]);
        Assert.Equal(50, counts[CaptionFault.Dropped]);
        for (var i = 0; i < Entries.Length; i++)
        {
            var (now, own) = (Now(captions, i), Entries[i].Caption);
            Assert.Equal(own, captions.Clean(i, CaptionStyle.Label, new SeededRandom(0)));
            switch (captions.Faults[i])
            {
                case CaptionFault.None:
                    Assert.Equal(own, now);
                    break;
                case CaptionFault.Dropped:
                    Assert.Equal("", now);
                    break;
                case CaptionFault.Boilerplate:
                    Assert.DoesNotContain("caption", now);
                    Assert.NotEqual("", now);
                    break;
                default:
                    Assert.NotEqual(own, now);
                    Assert.Equal(Entries[captions.From[i]].Caption, now);
                    if (captions.Faults[i] == CaptionFault.Swapped)
                        Assert.Equal(Entries[i].Subgroup, Entries[captions.From[i]].Subgroup);
                    break;
            }
        }
    }

    [Fact]
    public void Captions_that_move_are_each_used_once_and_the_seed_says_which()
    {
        var first = Some.Of(Entries, e => e.Subgroup, 3);
        Assert.Equal(Enumerable.Range(0, Entries.Length), first.From.Order());
        Assert.Equal(first.From, Some.Of(Entries, e => e.Subgroup, 3).From);
        Assert.NotEqual(first.From, Some.Of(Entries, e => e.Subgroup, 4).From);
        Assert.All(
            new CaptionCorruption().Of(Entries, e => e.Subgroup, 3).Faults,
            f => Assert.Equal(CaptionFault.None, f)
        );
    }

    [Fact]
    public void Shares_that_are_none_are_refused()
    {
        Assert.Contains(
            "1.3",
            Assert.Throws<ArgumentException>(() => (Some with { Shuffled = 0.95 }).Of(Entries, e => e.Group, 1)).Message
        );
        Assert.Throws<ArgumentException>(() => (Some with { Dropped = -0.1 }).Of(Entries, e => e.Group, 1));
        Assert.Throws<ArgumentException>(() => (Some with { Dropped = double.NaN }).Of(Entries, e => e.Group, 1));
    }
}
