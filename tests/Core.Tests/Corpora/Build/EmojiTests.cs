using System.Text;
using System.Text.Json;
using Research.Corpora;
using Research.Corpora.Build;
using Research.Corpora.Build.Emoji;
using Research.Imaging;
using Xunit;

namespace Research.Tests.Corpora.Build;

/// <summary>Over the npm packages that ./research setup installs, but for the icon set made up here.</summary>
public class EmojiTests
{
    [Theory]
    [InlineData("1F469-200D-1F680", "1f9d1-200d-1f680")] // woman astronaut
    [InlineData("1F468-1F3FD-200D-1F680", "1f9d1-200d-1f680")]
    [InlineData("1F9D1-200D-1F680", "1f9d1-200d-1f680")]
    [InlineData("1F3C3-200D-2640-FE0F-200D-27A1-FE0F", "1f3c3")] // woman running, facing right
    [InlineData("2764-FE0F", "2764")]
    [InlineData("1F44B-1F3FB", "1f44b")]
    [InlineData("1F467", "1f9d2")]
    [InlineData("1F468-200D-1F469-200D-1F466-200D-1F466", "1f46a")]
    [InlineData("1F46A", "1f46a")]
    [InlineData("1F469-200D-2764-FE0F-200D-1F48B-200D-1F468", "1f48f")]
    [InlineData("1F46D", "1f9d1-200d-1f91d-200d-1f9d1")]
    [InlineData("1F3F3-FE0F-200D-1F308", "1f3f3-200d-1f308")] // a rainbow flag is not a white flag
    [InlineData("1F408-200D-2B1B", "1f408-200d-2b1b")] // a black cat is not a cat
    public void Variants_of_an_emoji_are_one_concept(string code, string concept) =>
        Assert.Equal(concept, EmojiConcept.Of(code));

    [Fact]
    public void The_table_holds_no_flags_keycaps_or_components()
    {
        var emoji = EmojiTable.Load();
        Assert.InRange(emoji.Count, 1600, 1700);
        Assert.Equal(emoji.Count, emoji.Select(e => e.Code).Distinct().Count());
        Assert.DoesNotContain(emoji, e => e.Subgroup is "country-flag" or "keycap" || e.Group == "component");
        var fox = emoji.Single(e => e.Code == "1f98a");
        Assert.Equal(("fox", "animals-nature", "animal-mammal"), (fox.Label, fox.Group, fox.Subgroup));
        Assert.NotEmpty(fox.Tags);
    }

    [Theory]
    [InlineData("Man’s shoe", "mans-shoe")]
    [InlineData("piñata", "pinata")]
    [InlineData("Japanese “here” button", "japanese-here-button")]
    [InlineData("A button (blood type)", "a-button-blood-type")]
    public void Names_become_slugs(string name, string slug) => Assert.Equal(slug, EmojiNames.Slug(name));

    [Theory]
    [InlineData("noto", 1600)]
    [InlineData("noto-v1", 1150)]
    [InlineData("emojione-monotone", 1050)]
    [InlineData("fxemoji", 640)]
    [InlineData("streamline-emojis", 530)]
    public void Most_icons_of_a_set_are_found(string renderer, int atLeast)
    {
        using var set = IconSet.Load(renderer);
        var icons = EmojiNames.Load().Match(set);
        Assert.InRange(icons.Count, atLeast, set.Names.Count);
        Assert.Equal(icons.Count, icons.Values.Distinct().Count());
    }

    [Fact]
    public void Icons_with_old_glued_or_misleading_names_are_found()
    {
        var names = EmojiNames.Load();
        using var firefox = IconSet.Load("fxemoji");
        using var joy = IconSet.Load("emojione");
        var (fx, e1) = (names.Match(firefox), names.Match(joy));
        Assert.Equal("aubergine", fx["1f346"]);
        Assert.Equal("wave", fx["1f30a"]); // of water: the waving hand is drawn nowhere else
        Assert.Equal("pout", fx["1f64e"]);
        Assert.Equal("direct-hit", e1["1f3af"]);
        Assert.Equal("bear-face", e1["1f43b"]);
    }

    [Fact]
    public void A_renderer_becomes_a_corpus_from_its_package_to_its_pixels()
    {
        var emoji = EmojiTable.Load();
        using var set = IconSet.Load("fxemoji");
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var builder = new CorpusBuilder
            {
                Name = "emoji",
                ImageSize = 16,
                Splits = new EmojiCorpus().Splits,
                Inputs = new EmojiCorpus().Inputs(),
            };
            builder.Add(EmojiCorpus.DrawingsOf(set, emoji, EmojiNames.Load()));
            var info = builder.Write(Path.Combine(folder.FullName, "emoji-16"));
            Assert.Empty(info.Skipped);
            using var corpus = Corpus.Open(Path.Combine(folder.FullName, "emoji-16"));
            var table = ImageTable.Load(corpus, corpus.Query());
            Assert.Equal(info.Pairs, table.Count);
            Assert.True(table.Count > 600);
            var tomato = Enumerable.Range(0, table.Count).Single(i => table.Entries[i].Key == "fxemoji/1f345");
            Assert.Equal("Apache-2.0", table.Entries[tomato].Licence);
            var row = table.Row(tomato).ToArray();
            Assert.True(row[..256].Average(v => v) > 40 + row[256..512].Average(v => v)); // red over green
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static IconSet Made(string icons) =>
        IconSet.Read(
            "made",
            JsonDocument.Parse(icons),
            JsonDocument.Parse("{}"),
            JsonDocument.Parse("""{ "license": { "spdx": "CC0-1.0" } }""")
        );

    const string Corner = """
        { "width": 4, "height": 4, "icons": { "corner": { "body": "<path d='M0 0h2v2h-2z'/>" }, "low": { "top": -4, "body": "<path d='M0 -4h1v4h-1z'/>" } },
          "aliases": { "same": { "parent": "corner" }, "right": { "parent": "corner", "hFlip": true }, "below": { "parent": "corner", "vFlip": true },
                       "turned": { "parent": "right", "rotate": 1 }, "opposite": { "parent": "corner", "rotate": 2 }, "back": { "parent": "corner", "rotate": 3 },
                       "both": { "parent": "right", "vFlip": true }, "lost": { "parent": "nothing" }, "loop": { "parent": "loop" } } }
        """;

    [Theory]
    [InlineData("corner", 0, 0)]
    [InlineData("same", 0, 0)]
    [InlineData("right", 3, 0)]
    [InlineData("below", 0, 3)]
    [InlineData("opposite", 3, 3)]
    [InlineData("both", 3, 3)]
    [InlineData("turned", 3, 3)] // mirrored to the right, then a quarter clockwise
    [InlineData("back", 0, 3)]
    public void Aliases_mirror_and_turn(string name, int x, int y)
    {
        using var set = Made(Corner);
        var picture = Svg.Rasterise(set.Svg(name), 4);
        Assert.Equal(0, picture.Pixels[(y * 4 + x) * 3]);
        Assert.Equal(255, picture.Pixels[((3 - y) * 4 + (3 - x)) * 3]);
        Assert.Equal(12, picture.Pixels.Count(v => v == 0)); // a quarter of 16 pixels, three colours
    }

    [Fact]
    public void Own_origins_are_kept_and_what_is_missing_is_named()
    {
        using var set = Made(Corner);
        Assert.Equal(0, Svg.Rasterise(set.Svg("low"), 4).Pixels[0]);
        Assert.Contains(
            "'made' has no icon 'nothing'",
            Assert.Throws<InvalidDataException>(() => set.Svg("lost")).Message
        );
        Assert.Throws<InvalidDataException>(() => set.Svg("loop"));
        Assert.Equal(["right", "below", "turned", "opposite", "back", "both"], set.TurnedAliases);
        Assert.Contains("not an icon set", Assert.Throws<InvalidDataException>(() => Made("{}")).Message);
    }
}
