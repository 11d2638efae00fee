using System.Text;
using Research.Corpora;
using Research.Imaging;
using Xunit;

namespace Research.Tests.Corpora;

public class ImageTableTests
{
    [Fact]
    public void Rows_are_the_decoded_pictures_in_the_order_asked_for()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        var entries = corpus.Query().Reverse().ToArray();
        var seen = 0;
        var table = ImageTable.Load(corpus, entries, progress: new Listener(n => seen = Math.Max(seen, n)));
        Assert.Equal((entries.Length, 16, 3 * 16 * 16), (table.Count, table.Size, table.Stride));
        Assert.Equal(entries.Length * table.Stride, table.Pixels.Length);
        Assert.Equal(entries.Length, seen);
        Assert.Equal(entries, table.Entries);
        Assert.Equal($"{entries.Length} pictures loaded", table.Report.ToString());
        var planes = new byte[table.Stride];
        for (var i = 0; i < entries.Length; i++)
        {
            Png.Decode(corpus.ReadImage(entries[i])).CopyToPlanes(planes);
            Assert.Equal(planes, table.Row(i).ToArray());
        }
    }

    sealed class Listener(Action<int> action) : IProgress<int>
    {
        readonly Lock sync = new();

        public void Report(int value)
        {
            lock (sync)
                action(value);
        }
    }

    [Fact]
    public void Another_size_is_resized_to()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        var entries = corpus.Query(Split.Test);
        var table = ImageTable.Load(corpus, entries, 8);
        var planes = new byte[table.Stride];
        Resize.To(Png.Decode(corpus.ReadImage(entries[3])), 8, 8).CopyToPlanes(planes);
        Assert.Equal(planes, table.Row(3).ToArray());
    }

    [Fact]
    public void Shards_of_JPEG_PNG_WebP_and_SVG_become_rows_of_one_size()
    {
        using var data = new Import.DataFolder();
        var jpeg = Imaging.ImageDecoderTests.Files["jpeg-exif-6"].File;
        var webp = Imaging.ImageDecoderTests.Files["webp-lossless-alpha"].File;
        var svg =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 3 3\"><path fill=\"#36c\" d=\"M0 0h3v3H0z\"/></svg>";
        data.Shard(
            "00000.tar",
            ("a.jpg", jpeg),
            ("a.txt", "a photograph"u8.ToArray()),
            ("b.png", Import.DataFolder.Picture(7)),
            ("b.txt", "blocks"u8.ToArray())
        );
        data.Shard("00001.tar", ("c.webp", webp), ("c.txt", "a web picture"u8.ToArray()));
        data.Write(
            "00002.tar",
            Import.DataFolder.Archive(("d.svg", Encoding.UTF8.GetBytes(svg)), ("d.txt", "blue"u8.ToArray()))
        );
        using var corpus = data.Import(data.Options("{00000..00002}.tar"));
        var entries = corpus.Query();
        var table = ImageTable.Load(corpus, entries, 24, threads: 2);
        Assert.Equal("4 pictures loaded", table.Report.ToString());
        Assert.Equal(["a photograph", "blocks", "a web picture", "blue"], table.Entries.Select(e => e.Caption));
        byte[][] files = [jpeg, Import.DataFolder.Picture(7), webp];
        var planes = new byte[table.Stride];
        for (var i = 0; i < files.Length; i++)
        {
            Assert.Equal(files[i], corpus.ReadImage(entries[i]));
            Resize.ToSquare(ImageDecoder.Decode(files[i]), 24).CopyToPlanes(planes);
            Assert.Equal(planes, table.Row(i).ToArray());
            Assert.True(planes.Distinct().Count() > 10); // no blank
        }
        // An imported corpus has no size of its own: a drawing is made at the table's.
        var blue = table.Row(3).ToArray();
        Assert.All(blue[..576], v => Assert.Equal(0x33, v));
        Assert.All(blue[576..1152], v => Assert.Equal(0x66, v));
        Assert.All(blue[1152..], v => Assert.Equal(0xcc, v));
    }

    [Fact]
    public void A_corrupt_picture_is_left_out_counted_and_named()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        var entries = corpus.Query();
        synthetic.Overwrite(entries[7], 20, Encoding.ASCII.GetBytes(new string('x', 30)));
        var table = ImageTable.Load(corpus, entries);
        Assert.Equal(entries.Count - 1, table.Count);
        Assert.Equal(table.Count * table.Stride, table.Pixels.Length);
        var skipped = Assert.Single(table.Report.Skipped);
        Assert.Equal(entries[7].Key, skipped.Key);
        Assert.NotEmpty(skipped.Reason);
        Assert.Equal(1, table.Report.Reasons[skipped.Reason]);
        Assert.Contains($"1 skipped: {entries[7].Key} ({skipped.Reason})", table.Report.ToString());
        Assert.DoesNotContain(entries[7], table.Entries);
        var planes = new byte[table.Stride];
        Png.Decode(corpus.ReadImage(entries[8])).CopyToPlanes(planes);
        Assert.Equal(planes, table.Row(7).ToArray()); // the rows after it moved up
    }

    [Fact]
    public void More_than_one_percent_of_corrupt_pictures_stop_the_load()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        var entries = corpus.Query();
        foreach (var entry in entries.Take(5))
            synthetic.Overwrite(entry, 0, [0]);
        var error = Assert.Throws<InvalidDataException>(() => ImageTable.Load(corpus, entries));
        Assert.Contains("5 skipped", error.Message);
        Assert.Contains($"{entries[0].Key} (no picture format begins with", error.Message);
        Assert.Contains(synthetic.Folder, error.Message);
    }

    [Fact]
    public void A_cut_or_missing_shard_stops_the_load_with_its_name()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        var shard = Path.Combine(synthetic.Folder, "000000.tar");
        using (var corpus = Corpus.Open(synthetic.Folder))
        {
            using (var file = File.OpenWrite(shard))
                file.SetLength(file.Length / 2);
            Assert.Contains(
                "shard 000000.tar is cut",
                Assert.Throws<InvalidDataException>(() => ImageTable.Load(corpus, corpus.Query())).Message
            );
        }
        File.Delete(shard);
        using (var corpus = Corpus.Open(synthetic.Folder))
            Assert.Contains(
                "shard 000000.tar cannot be opened",
                Assert.Throws<InvalidDataException>(() => ImageTable.Load(corpus, corpus.Query())).Message
            );
    }

    [Fact]
    public void A_manifest_that_points_out_of_the_folder_is_not_followed()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        var entry = corpus.Query()[0] with { Shard = "../../secret.tar" };
        Assert.Contains(
            "not a shard inside",
            Assert.Throws<InvalidDataException>(() => corpus.ReadImage(entry)).Message
        );
    }

    [Fact]
    public void Nothing_to_load_and_too_much_to_load_are_refused()
    {
        using var synthetic = new SyntheticCorpus();
        synthetic.Build();
        using var corpus = Corpus.Open(synthetic.Folder);
        Assert.Contains("leaves none", Assert.Throws<ArgumentException>(() => ImageTable.Load(corpus, [])).Message);
        Assert.Contains(
            "more than one table holds",
            Assert.Throws<ArgumentException>(() => ImageTable.Load(corpus, corpus.Query(), 4096)).Message
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageTable.Load(corpus, corpus.Query(), 0));
    }
}
