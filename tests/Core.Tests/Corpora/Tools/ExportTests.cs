using Research.Corpora;
using Research.Corpora.Import;
using Research.Imaging;
using Research.Tests.Corpora.Import;
using Xunit;

namespace Research.Tests.Corpora.Tools;

public class ExportTests
{
    static Corpus Open(SyntheticCorpus synthetic)
    {
        synthetic.Build();
        return Corpus.Open(synthetic.Folder);
    }

    static object[] Said(CorpusEntry e) =>
        [e.Key, e.Caption, string.Join(',', e.Tags), e.Concept, e.Source, e.Group, e.Subgroup, e.Split, e.Licence];

    [Fact]
    public void A_filtered_export_is_a_corpus_and_an_import_of_it_says_the_same()
    {
        using var synthetic = new SyntheticCorpus();
        using var corpus = Open(synthetic);
        var chosen = corpus.Query(sources: ["pen", "ink"], where: "subgroup <> 'sub1'");
        var folder = Path.Combine(synthetic.Parent, "out");
        var report = CorpusExporter.Export(corpus, chosen, folder, pairsPerShard: 50);
        Assert.Equal(chosen.Count, report.Info.Pairs);
        Assert.Equal((chosen.Count + 49) / 50, Directory.GetFiles(folder, "*.tar").Length);
        using var exported = Corpus.Open(folder);
        var back = exported.Query();
        Assert.Equal(chosen.Select(Said), back.Select(Said));
        Assert.All(chosen.Zip(back), p => Assert.Equal(corpus.ReadImage(p.First), exported.ReadImage(p.Second)));
        Assert.Empty(CorpusVerifier.Verify(exported).Faults);

        var target = Path.Combine(synthetic.Parent, "imported");
        var options = new ImportOptions
        {
            Source = Path.Combine(folder, "*.tar"),
            Name = "again",
            KeepDuplicates = true,
        };
        CorpusImporter.Import(options, target);
        using var imported = Corpus.Open(target);
        Assert.Equal(chosen.Select(Said), imported.Query().Select(Said));
        Assert.Empty(CorpusVerifier.Verify(imported).Faults);
    }

    [Fact]
    public void Annotations_and_all_captions_go_with_an_export_and_come_back()
    {
        using var data = new DataFolder();
        data.Write("1.png", DataFolder.Picture(1));
        data.Write("2.png", DataFolder.Picture(2));
        data.Write(
            "t.jsonl",
            """
            {"image":"1.png","captions":["one","uno"],"similarity":0.25,"Aesthetic score":5,"artist":"Ada"}
            {"image":"2.png","captions":["two"],"similarity":0.75,"Aesthetic score":6}
            """
        );
        var options = data.Options("t.jsonl") with { Captions = new() { Choice = CaptionChoice.Random } };
        using var corpus = data.Import(options);
        Assert.Equal(["similarity", "Aesthetic_score", "artist"], corpus.Info.Annotations.Skip(1));
        var folder = Path.Combine(data.Parent, "out");
        CorpusExporter.Export(corpus, corpus.Query(), folder);
        var target = Path.Combine(data.Parent, "imported");
        CorpusImporter.Import(options with { Source = Path.Combine(folder, "*.tar") }, target);
        foreach (var place in new[] { data.Target, folder, target })
        {
            using var opened = Corpus.Open(place);
            Assert.Equal(["one", "two"], opened.Query().Select(e => e.Caption));
            Assert.Equal(["uno"], opened.Query()[0].Alternatives);
            Assert.Equal("two", Assert.Single(opened.Query(where: "similarity > 0.5")).Caption);
            Assert.Equal("one", Assert.Single(opened.Query(where: "Aesthetic_score = 5 AND artist = 'Ada'")).Caption);
            Assert.Equal("two", Assert.Single(opened.Query(where: "artist IS NULL")).Caption);
        }
    }

    [Fact]
    public void An_export_overwrites_nothing_that_is_no_corpus()
    {
        using var synthetic = new SyntheticCorpus();
        using var corpus = Open(synthetic);
        var entries = corpus.Query();
        var folder = Directory.CreateDirectory(Path.Combine(synthetic.Parent, "precious")).FullName;
        File.WriteAllText(Path.Combine(folder, "thesis.txt"), "years of work");
        Assert.Contains(
            folder,
            Assert.Throws<ArgumentException>(() => CorpusExporter.Export(corpus, entries, folder)).Message
        );
        Assert.True(File.Exists(Path.Combine(folder, "thesis.txt")));
        Assert.Throws<ArgumentException>(() => CorpusExporter.Export(corpus, entries, synthetic.Folder));
        Assert.Throws<ArgumentException>(() => CorpusExporter.Export(corpus, [], Path.Combine(synthetic.Parent, "x")));
    }

    [Fact]
    public void Verification_names_every_picture_whose_bytes_changed()
    {
        using var synthetic = new SyntheticCorpus();
        using var corpus = Open(synthetic);
        Assert.Empty(CorpusVerifier.Verify(corpus).Faults);
        var hit = corpus.Query()[17];
        using (
            var file = File.Open(
                Path.Combine(synthetic.Folder, hit.Shard),
                FileMode.Open,
                FileAccess.Write,
                FileShare.ReadWrite
            )
        )
        {
            file.Position = hit.Offset + hit.Size / 2;
            file.WriteByte(0xA5);
            file.WriteByte(0x5A);
        }
        var fault = Assert.Single(CorpusVerifier.Verify(corpus).Faults);
        Assert.Equal(hit.Key, fault.Key);
    }

    [Fact]
    public void A_contact_sheet_shows_the_pictures()
    {
        using var data = new DataFolder();
        data.Write(
            "a/1.png",
            Png.Encode(new RgbImage(8, 8, [.. Enumerable.Repeat<byte[]>([255, 0, 0], 64).SelectMany(p => p)]))
        );
        data.Write(
            "a/2.svg",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><path fill=\"#00f\" d=\"M0 0h1v1H0z\"/></svg>"
        );
        using var corpus = data.Import(data.Options());
        var sheet = Png.Decode(ContactSheet.Draw(corpus, corpus.Query()));
        Assert.Equal((ContactSheet.Side, ContactSheet.Side), (sheet.Width, sheet.Height));
        int Count(byte r, byte g, byte b) =>
            Enumerable
                .Range(0, sheet.Width * sheet.Height)
                .Count(i => (sheet.Pixels[3 * i], sheet.Pixels[3 * i + 1], sheet.Pixels[3 * i + 2]) == (r, g, b));
        Assert.InRange(Count(255, 0, 0), 200_000, 400_000);
        Assert.InRange(Count(0, 0, 255), 200_000, 400_000);
        Assert.InRange(Count(0, 0, 0), 10, 20_000); // the captions
        Assert.Throws<ArgumentOutOfRangeException>(() => ContactSheet.Choose(corpus.Query(), 0, 1));
    }
}
