using Research.Corpora;
using Research.Randomness;
using Xunit;

namespace Research.Tests.Corpora;

public class CaptionCorruptionTests
{
    static CorpusEntry Entry(int i, string source, string item, string group, string subgroup) =>
        new(
            i,
            $"{source}/{item}",
            $"caption {item}",
            ["red", "round", "small"],
            $"c{i}",
            source,
            group,
            subgroup,
            Split.Train,
            "CC0-1.0",
            0,
            "0.tar",
            512,
            1
        );

    static readonly CorpusEntry[] Entries =
    [
        .. Enumerable.Range(0, 1000).Select(i => Entry(i, "s", $"{i}", "g", $"sub{i % 20}")),
    ];

    // Three sources draw the same 120 items, 4 in a subgroup, which share their names between two groups.
    static readonly CorpusEntry[] Drawings =
    [
        .. Enumerable
            .Range(0, 360)
            .Select(i => Entry(i, $"s{i % 3}", $"item{i / 3}", $"g{i / 3 / 60}", $"sub{i / 3 % 60 / 4}")),
    ];

    static readonly CaptionCorruption Some = new()
    {
        Shuffled = 0.3,
        Swapped = 0.2,
        Boilerplate = 0.1,
        Dropped = 0.05,
    };

    static string Now(CorruptedCaptions captions, int i) => captions.Render(i, CaptionStyle.Label, new SeededRandom(0));

    static int Count(CorruptedCaptions captions, CaptionFault fault) => captions.Faults.Count(f => f == fault);

    [Fact]
    public void Every_kind_takes_its_exact_share_and_the_clean_pairing_stays_known()
    {
        var captions = Some.Of(Entries, 3);
        Assert.Equal(300, Count(captions, CaptionFault.Shuffled));
        Assert.Equal(200, Count(captions, CaptionFault.Swapped));
        Assert.Equal(100, Count(captions, CaptionFault.Boilerplate));
        Assert.Equal(50, Count(captions, CaptionFault.Dropped));
        Assert.Equal("captions of 1000 pairs: 300 shuffled, 200 swapped, 100 boilerplate, 50 dropped", $"{captions}");
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
        var first = Some.Of(Entries, 3);
        Assert.Equal(Enumerable.Range(0, Entries.Length), first.From.Order());
        Assert.Equal(first.From, Some.Of(Entries, 3).From);
        Assert.NotEqual(first.From, Some.Of(Entries, 4).From);
        Assert.All(new CaptionCorruption().Of(Entries, 3).Faults, f => Assert.Equal(CaptionFault.None, f));
    }

    [Theory]
    [InlineData(0, 1UL)]
    [InlineData(0.25, 2UL)]
    [InlineData(0.5, 3UL)]
    [InlineData(1, 4UL)]
    public void The_shuffled_pairs_are_those_of_caption_noise_whatever_else_goes_wrong(double share, ulong seed)
    {
        var expected = CaptionShuffle.Of([.. Drawings.Select(e => e.Item)], share, seed);
        Assert.Equal(
            expected,
            new CaptionCorruption { Shuffled = share }
                .Of(Drawings, seed)
                .From
        );
        if (share > 0.5)
            return;
        var mixed = new CaptionCorruption
        {
            Shuffled = share,
            Swapped = 0.2,
            Boilerplate = 0.1,
            Dropped = 0.2,
        }.Of(Drawings, seed);
        for (var i = 0; i < expected.Length; i++)
            if (expected[i] != i || mixed.Faults[i] == CaptionFault.Shuffled)
                Assert.Equal((CaptionFault.Shuffled, expected[i]), (mixed.Faults[i], mixed.From[i]));
    }

    [Fact]
    public void Swapped_captions_are_of_another_item_of_the_same_group_and_subgroup()
    {
        for (var trial = 0; trial < 200; trial++)
        {
            var random = new SeededRandom((ulong)trial);
            var share = random.NextDouble();
            var captions = new CaptionCorruption { Swapped = share }.Of(Drawings, (ulong)trial);
            var wanted = (int)Math.Round(share * Drawings.Length, MidpointRounding.AwayFromZero);
            var swapped = Count(captions, CaptionFault.Swapped);
            // One pair cannot be exchanged, and with nearly all of them one may be left over.
            Assert.Equal(wanted, swapped + captions.NotSwapped);
            Assert.InRange(captions.NotSwapped, 0, 1);
            Assert.Equal(Enumerable.Range(0, Drawings.Length), captions.From.Order());
            for (var i = 0; i < Drawings.Length; i++)
                if (captions.Faults[i] == CaptionFault.Swapped)
                {
                    var other = Drawings[captions.From[i]];
                    Assert.Equal((Drawings[i].Group, Drawings[i].Subgroup), (other.Group, other.Subgroup));
                    Assert.NotEqual(Drawings[i].Item, other.Item);
                }
                else
                    Assert.Equal(i, captions.From[i]);
        }
    }

    [Fact]
    public void The_group_stands_in_for_a_subgroup_and_pairs_alone_in_theirs_keep_their_captions()
    {
        CorpusEntry[] entries =
        [
            .. Enumerable.Range(0, 10).Select(i => Entry(i, "s", $"a{i}", "animals", "")),
            Entry(10, "s", "alone", "food", ""),
            Entry(11, "s", "twice", "things", "tools"),
            Entry(12, "t", "twice", "things", "tools"), // another drawing of the same item
            Entry(13, "s", "none", "", ""),
            Entry(14, "s", "none too", "", ""),
        ];
        var captions = new CaptionCorruption { Swapped = 1 }.Of(entries, 1);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(CaptionFault.Swapped, captions.Faults[i]);
            Assert.InRange(captions.From[i], 0, 9);
        }
        for (var i = 10; i < entries.Length; i++)
            Assert.Equal((CaptionFault.None, i), (captions.Faults[i], captions.From[i]));
        Assert.Equal(5, captions.NotSwapped);
        Assert.EndsWith("10 swapped; 5 found no other item of their group to swap with", captions.ToString());

        // Where the others suffice, the share is exact all the same.
        Assert.Equal(6, Count(new CaptionCorruption { Swapped = 0.4 }.Of(entries, 2), CaptionFault.Swapped));
    }

    [Fact]
    public void A_corpus_without_groups_is_told_what_to_do_instead()
    {
        var plain = Entries.Select(e => e with { Group = "", Subgroup = "" }).ToArray();
        var error = Assert.Throws<ArgumentException>(() => new CaptionCorruption { Swapped = 0.1 }.Of(plain, 1));
        Assert.Contains("shuffled_captions", error.Message);
        Assert.Equal(100, Count(new CaptionCorruption { Shuffled = 0.1 }.Of(plain, 1), CaptionFault.Shuffled));
    }

    [Fact]
    public void A_larger_share_of_empty_or_useless_captions_holds_every_smaller_one()
    {
        int[] With(CaptionFault fault, double plates, double dropped) =>
            [
                .. new CaptionCorruption { Boilerplate = plates, Dropped = dropped }
                    .Of(Entries, 5)
                    .Faults.Select((f, i) => f == fault ? i : -1)
                    .Where(i => i >= 0),
            ];
        Assert.Subset(
            With(CaptionFault.Boilerplate, 0.4, 0).ToHashSet(),
            With(CaptionFault.Boilerplate, 0.1, 0.3).ToHashSet()
        );
        Assert.Subset(
            With(CaptionFault.Dropped, 0.2, 0.5).ToHashSet(),
            With(CaptionFault.Dropped, 0.1, 0.25).ToHashSet()
        );
        Assert.Equal(500, With(CaptionFault.Dropped, 0.5, 0.5).Length);
    }

    [Fact]
    public void Words_draw_as_much_as_the_caption_they_stand_for()
    {
        var captions = new CaptionCorruption { Boilerplate = 0.5, Dropped = 0.5 }.Of(Entries, 1);
        var style = CaptionStyle.LabelAndRandomTags(3);
        for (var i = 0; i < 20; i++)
        {
            var (now, clean) = (new SeededRandom((ulong)i), new SeededRandom((ulong)i));
            captions.Render(i, style, now);
            captions.Clean(i, style, clean);
            Assert.Equal(clean.NextUInt64(), now.NextUInt64());
        }
    }

    [Fact]
    public void Every_word_of_boilerplate_is_named_for_vocabularies()
    {
        static IEnumerable<string> Words(string text) =>
            text.Split([' ', '.', '_']).SelectMany(w => w.All(char.IsDigit) ? w.Select(c => $"{c}") : [w]);
        var known = Boilerplate.Words.SelectMany(Words).ToHashSet();
        var random = new SeededRandom(1);
        var drawn = Enumerable.Range(0, 2000).Select(_ => Boilerplate.Draw(random)).ToArray();
        Assert.All(drawn.SelectMany(Words), word => Assert.Contains(word, known));
        Assert.Contains("click to enlarge", drawn);
        Assert.Contains(drawn, text => text.StartsWith("IMG_0"));
        Assert.InRange(drawn.Distinct().Count(), 500, 1300);
    }

    [Fact]
    public void Blocks_shuffle_as_ever_and_hold_the_exact_share_of_the_other_kinds_together()
    {
        const int block = 37; // the last has 1
        var blocks = Entries.Chunk(block).ToArray();
        var odd = new CaptionCorruption
        {
            Shuffled = 0.213,
            Boilerplate = 0.111,
            Dropped = 0.0173,
        };
        var all = blocks.Select((rows, b) => odd.OfBlock(rows, b, b * block, 9)).ToArray();
        Assert.Equal(111, all.Sum(c => Count(c, CaptionFault.Boilerplate)));
        Assert.Equal(17, all.Sum(c => Count(c, CaptionFault.Dropped)));
        for (var b = 0; b < blocks.Length; b++)
        {
            var rows = blocks[b].Length;
            var noise = Seed.Derive(9, "block's captions", b);
            int[] expected = rows == 1 ? [0] : CaptionShuffle.Of(rows, odd.Shuffled, noise);
            Assert.Equal(
                expected,
                new CaptionCorruption { Shuffled = 0.213 }
                    .OfBlock(blocks[b], b, b * block, 9)
                    .From
            );
            Assert.Equal(expected, all[b].From);
        }
    }

    [Fact]
    public void Shares_that_are_none_are_refused()
    {
        Assert.Contains(
            "1.3",
            Assert.Throws<ArgumentException>(() => (Some with { Shuffled = 0.95 }).Of(Entries, 1)).Message
        );
        foreach (var share in new[] { -0.1, 1.5, double.NaN })
            Assert.Equal(
                "Dropped",
                Assert
                    .Throws<ArgumentOutOfRangeException>(() => new CaptionCorruption { Dropped = share }.Of(Entries, 1))
                    .ParamName
            );
    }
}
