using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Research.Corpora;
using Research.Corpora.Build;
using Research.Imaging;
using Xunit;

namespace Research.Tests.Corpora;

public class CorpusTests
{
    [Fact]
    public void What_goes_in_comes_out()
    {
        using var synthetic = new SyntheticCorpus();
        var info = synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        Assert.Equal(("shapes", 16, info.Fingerprint), (corpus.Name, corpus.ImageSize, corpus.Fingerprint));
        var entries = corpus.Query();
        Assert.Equal(info.Pairs, entries.Count);
        Assert.Equal(240 - info.DroppedEqual - info.DroppedSimilar, entries.Count);
        var drawn = SyntheticCorpus.Pairs().ToDictionary(p => p.Key);
        for (var i = 0; i < entries.Count; i++)
        {
            var (entry, pair) = (entries[i], drawn[entries[i].Key]);
            Assert.Equal(i, entry.Id);
            Assert.Equal(
                (pair.Caption, pair.Concept, pair.Source, pair.Group),
                (entry.Caption, entry.Concept, entry.Source, entry.Group)
            );
            Assert.Equal(
                (pair.Subgroup, pair.Licence, pair.Key[(pair.Key.IndexOf('/') + 1)..]),
                (entry.Subgroup, entry.Licence, entry.Item)
            );
            Assert.Equal(pair.Tags, entry.Tags);
            var picture = Svg.Rasterise(pair.Svg, 16);
            Assert.Equal(picture.Pixels, Png.Decode(corpus.ReadImage(entry)).Pixels);
            Assert.Equal(PerceptualHash.Of(picture), entry.PerceptualHash);
        }
    }

    [Fact]
    public void Shards_are_WebDataset_archives_that_others_can_read()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        var files = new Dictionary<string, byte[]>();
        using (var tar = new System.Formats.Tar.TarReader(File.OpenRead(Path.Combine(synthetic.Folder, "000000.tar"))))
            while (tar.GetNextEntry() is { } member)
            {
                using var content = new MemoryStream();
                member.DataStream!.CopyTo(content);
                files.Add(member.Name, content.ToArray());
            }
        var entries = corpus.Query();
        Assert.Equal(3 * entries.Count, files.Count);
        foreach (var entry in entries)
        {
            Assert.Equal(corpus.ReadImage(entry), files[$"{entry.Id:D9}.png"]);
            Assert.Equal(entry.Caption, Encoding.UTF8.GetString(files[$"{entry.Id:D9}.txt"]));
            using var sidecar = JsonDocument.Parse(files[$"{entry.Id:D9}.json"]);
            Assert.Equal(entry.Key, sidecar.RootElement.GetProperty("key").GetString());
            Assert.Equal(
                entry.Tags,
                sidecar.RootElement.GetProperty("tags").EnumerateArray().Select(t => t.GetString()!)
            );
        }
    }

    [Fact]
    public void No_concept_is_on_two_sides_and_no_side_is_empty()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        Assert.All(
            corpus.Query().GroupBy(e => e.Concept),
            concept => Assert.Single(concept.Select(e => e.Split).Distinct())
        );
        var sides = Enum.GetValues<Split>().Select(split => corpus.Query(split)).ToArray();
        Assert.All(sides, Assert.NotEmpty);
        Assert.Equal(corpus.Query().Count, sides.Sum(side => side.Count));
    }

    [Fact]
    public void A_query_filters_by_side_source_and_SQL()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        var expected = corpus
            .Query()
            .Where(e => e is { Split: Split.Train, Source: "pen" or "ink", Subgroup: "sub1" })
            .ToArray();
        var found = corpus.Query(Split.Train, ["pen", "ink"], "subgroup = 'sub1'");
        Assert.NotEmpty(found);
        Assert.Equal(expected.Select(e => e.Key), found.Select(e => e.Key));
        Assert.Empty(corpus.Query(where: "width > 16"));
        Assert.Contains(
            "pen, brush, ink".Split(", ").Order().First(),
            Assert.Throws<ArgumentException>(() => corpus.Query(sources: ["crayon"])).Message
        );
    }

    [Theory]
    [InlineData("colour = 'red'")]
    [InlineData("1; DROP TABLE pairs")]
    [InlineData("1) OR (1")]
    [InlineData("caption =")]
    public void A_filter_that_is_no_condition_is_refused_or_harmless(string where)
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        if (where.StartsWith("1)"))
            Assert.Equal(corpus.Query().Count, corpus.Query(where: where).Count);
        else
            Assert.Contains(where, Assert.Throws<ArgumentException>(() => corpus.Query(where: where)).Message);
        Assert.NotEmpty(corpus.Query());
    }

    [Fact]
    public void Equal_inputs_give_an_equal_fingerprint_and_any_change_another()
    {
        using var synthetic = new SyntheticCorpus();
        var first = synthetic.Build().Fingerprint;
        Assert.Equal(first, synthetic.Build(SyntheticCorpus.Pairs().AsEnumerable().Reverse()).Fingerprint);
        var train = synthetic_first_kept();
        foreach (
            var change in new Func<DrawnPair, DrawnPair>[]
            {
                p => p with { Caption = p.Caption + "s" },
                p => p with { Tags = [.. p.Tags, "more"] },
                p => p with { Subgroup = "other" },
                p => p with { Svg = SyntheticCorpus.Drawing(999, 0) },
            }
        )
            Assert.NotEqual(
                first,
                synthetic.Build(SyntheticCorpus.Pairs().Select(p => p.Key == train ? change(p) : p)).Fingerprint
            );

        string synthetic_first_kept()
        {
            using var corpus = Corpus.Open(synthetic.Folder);
            return corpus.Query(Split.Train)[0].Key;
        }
    }

    [Fact]
    public void A_folder_without_a_corpus_is_named()
    {
        using var synthetic = new SyntheticCorpus();
        Assert.Contains(
            synthetic.Parent,
            Assert.Throws<DirectoryNotFoundException>(() => Corpus.Open(synthetic.Parent)).Message
        );
        File.WriteAllText(Path.Combine(synthetic.Parent, CorpusInfo.FileName), "{ \"format\": 1");
        Assert.Contains("damaged", Assert.Throws<InvalidDataException>(() => Corpus.Open(synthetic.Parent)).Message);
    }

    [Fact]
    public void A_corpus_of_another_format_says_to_prepare_it_again()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        var file = Path.Combine(synthetic.Folder, CorpusInfo.FileName);
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"format\": 1", "\"format\": 99"));
        var error = Assert.Throws<InvalidDataException>(() => Corpus.Open(synthetic.Folder));
        Assert.Contains("format 99", error.Message);
        Assert.Contains("./research data prepare shapes", error.Message);
    }

    [Fact]
    public void A_damaged_manifest_is_named()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        var manifest = Path.Combine(synthetic.Folder, "manifest.sqlite");
        using var corpus = Corpus.Open(synthetic.Folder);
        File.WriteAllText(
            manifest,
            "this is no database, whatever its name says; it is long enough to hold a header of one hundred bytes"
        );
        Assert.Contains(manifest, Assert.Throws<InvalidDataException>(() => corpus.Query()).Message);
        File.Delete(manifest);
        Assert.Contains("missing", Assert.Throws<InvalidDataException>(() => corpus.Query()).Message);
    }

    [Fact]
    public void The_catalog_names_what_it_knows_and_how_to_prepare_it()
    {
        Assert.Contains("emoji", CorpusCatalog.Names);
        Assert.Contains(
            "Known: clipart, emoji, pictograms",
            Assert.Throws<ArgumentException>(() => CorpusCatalog.Open("emojis")).Message
        );
        Assert.EndsWith(Path.Combine("corpora", "emoji-48"), CorpusCatalog.Folder("emoji", 48));
        var error = Assert.Throws<DirectoryNotFoundException>(() => CorpusCatalog.Open("emoji", 1021));
        Assert.Contains("./research data prepare emoji --size 1021", error.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => CorpusCatalog.Folder("emoji", 4));
    }
}
