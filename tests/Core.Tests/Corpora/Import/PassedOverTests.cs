using System.Formats.Tar;
using System.Text;
using Research.Corpora;
using Research.Corpora.Import;
using Xunit;
using static Research.Tests.Corpora.Import.ReaderTests;

namespace Research.Tests.Corpora.Import;

/// <summary>What no reader drops without a word, and what each message says of cause and remedy.</summary>
public sealed class PassedOverTests
{
    static CorpusInfo Import(DataFolder data, string? source = null, double allowed = 0.9) =>
        CorpusImporter.Import(
            data.Options(source) with
            {
                LargestSkippedShare = allowed,
                KeepDuplicates = true,
            },
            data.Target
        );

    static void Says(CorpusInfo info, string words) => Assert.Contains(info.Remarks, r => r.Contains(words));

    [Fact]
    public void Class_folders_tell_formats_by_content_and_name_what_they_pass_over()
    {
        using var data = new DataFolder();
        data.Write("bus/1.png", DataFolder.Picture(1));
        data.Write("bus/2.jfif", DataFolder.Picture(2)); // whatever the name says
        data.Write("bus/3", DataFolder.Picture(3));
        data.Write("bus/4.bmp", [.. "BM"u8, .. new byte[60]]);
        data.Write("bus/notes.md", "no picture");
        data.Write("gifs/5.gif", [.. "GIF89a"u8, .. new byte[20]]);
        Directory.CreateDirectory(Path.Combine(data.Source, "empty"));
        var info = Import(data);
        Assert.Equal((3, 2), (info.Pairs, info.SkippedByReason["Unsupported"]));
        Assert.Contains("convert it", info.Skipped[0].Reason);
        Says(info, "1 files that are not pictures were passed over (bus/notes.md)");
        Says(info, "1 classes without a pair were passed over (gifs)");
        Says(info, "1 folders without a picture were passed over (empty)");
    }

    [Theory]
    [InlineData(SideFolders.Auto, true, "read as classes: train, because bus, car beside them are not sides (--sides")]
    [InlineData(SideFolders.Sides, false, "read as sides by their names: train (--no-sides")]
    [InlineData(SideFolders.Classes, true, "read as classes: train")]
    public void A_folder_named_train_among_classes_is_one_unless_an_option_says_otherwise(
        SideFolders sides,
        bool isClass,
        string words
    )
    {
        using var data = new DataFolder();
        foreach (var (name, i) in new[] { ("bus", 1), ("car", 2), ("train", 3) })
            data.Write($"{name}/{i}.png", DataFolder.Picture(i));
        var info = CorpusImporter.Import(
            data.Options() with
            {
                SideFolders = sides,
                LargestSkippedShare = 0.5,
            },
            data.Target
        );
        Assert.Equal(isClass ? 3 : 2, info.Pairs);
        Says(info, words);
        using var corpus = Corpus.Open(data.Target);
        Assert.Equal(isClass, Captions(corpus).Contains("train"));
    }

    [Fact]
    public void Folders_that_are_all_sides_are_taken_so_unless_an_option_forbids()
    {
        using var data = new DataFolder();
        data.Write("train/bus/1.png", DataFolder.Picture(1));
        data.Write("test/bus/2.png", DataFolder.Picture(2));
        Says(Import(data), "read as sides by their names: test, train");
        using (var sides = Corpus.Open(data.Target))
            Assert.Equal([Split.Test, Split.Train], sides.Query().Select(p => p.Split));
        var classes = CorpusImporter.Import(data.Options() with { SideFolders = SideFolders.Classes }, data.Target);
        Assert.Equal(2, classes.Pairs);
        using var corpus = Corpus.Open(data.Target);
        Assert.Equal(["test", "train"], corpus.Query().Select(p => p.Group));
    }

    [Theory]
    [InlineData("{0..10}", "0 1 2 3 4 5 6 7 8 9 10")]
    [InlineData("{00..10}", "00 01 02 03 04 05 06 07 08 09 10")]
    [InlineData("{8..010}", "008 009 010")]
    [InlineData("{098..101}", "098 099 100 101")]
    [InlineData("{99..101}", "99 100 101")]
    public void Ranges_pad_as_the_shell_does(string pattern, string names) =>
        Assert.Equal(names.Split(' '), ShardPattern.Expand("/x/" + pattern).Select(p => p[3..]));

    [Fact]
    public void Shards_of_classes_are_read_with_their_labels()
    {
        using var data = new DataFolder();
        data.Shard(
            "0.tar",
            [
                .. Enumerable
                    .Range(0, 4)
                    .SelectMany(i =>
                        new[] { ($"{i}.jfif", DataFolder.Picture(i)), ($"{i}.cls", DataFolder.Text($"00{i % 2}\n")) }
                    ),
            ]
        );
        var info = Import(data, "0.tar", 0);
        using var corpus = Corpus.Open(data.Target);
        Assert.Equal(["000", "001", "000", "001"], Captions(corpus));
        Assert.Equal(["000", "001", "000", "001"], corpus.Query().Select(p => p.Subgroup));
        Assert.Equal(4, corpus.Query().Select(p => p.Concept).Distinct().Count());
        Assert.Equal(4, info.Pairs);
    }

    [Fact]
    public void Dotted_and_unsorted_members_say_what_to_do()
    {
        using var data = new DataFolder();
        data.Shard(
            "dotted.tar",
            [
                .. DataFolder.Pair("ok", 1, "one"),
                ("a.v1.png", DataFolder.Picture(2)),
                ("a.v1.txt", DataFolder.Text("two")),
                ("a.v2.png", DataFolder.Picture(3)),
                ("a.v2.txt", DataFolder.Text("three")),
            ]
        );
        var dotted = Import(data, "dotted.tar");
        Assert.Equal((1, 2), (dotted.Pairs, dotted.SkippedByReason["MissingPicture"]));
        Assert.Contains("without dots", dotted.Skipped[0].Reason);
        data.Shard(
            "unsorted.tar",
            [
                .. DataFolder.Pair("ok", 1, "one"),
                ("a.png", DataFolder.Picture(2)),
                ("b.png", DataFolder.Picture(3)),
                ("a.txt", DataFolder.Text("two")),
                ("b.txt", DataFolder.Text("three")),
            ]
        );
        var unsorted = Import(data, "unsorted.tar");
        Assert.Equal((1, 2), (unsorted.Pairs, unsorted.SkippedByReason["MissingCaption"]));
        Assert.Contains("--sort=name", unsorted.Skipped[0].Reason);
        Says(unsorted, "2 members whose key occurred earlier");
    }

    [Fact]
    public void Shards_put_together_are_read_on_and_junk_behind_the_end_is_told()
    {
        using var data = new DataFolder();
        var (one, two) = (
            DataFolder.Archive(DataFolder.Pair("a", 1, "one")),
            DataFolder.Archive(DataFolder.Pair("b", 2, "two"))
        );
        data.Write("0.tar", [.. one, .. new byte[7 * 512], .. two]);
        Assert.Equal((2, 0), (Import(data, "0.tar", 0).Pairs, Import(data, "0.tar", 0).SkippedByReason.Count));
        data.Write("0.tar", [.. one, .. Encoding.ASCII.GetBytes("junk behind the end mark")]);
        var junk = Import(data, "0.tar");
        Assert.Equal((1, 1), (junk.Pairs, junk.SkippedByReason["Damaged"]));
        Assert.Contains("after the end mark", junk.Skipped[0].Reason);
    }

    [Fact]
    public void Links_devices_and_members_of_no_kind_are_named()
    {
        using var data = new DataFolder();
        using (var file = File.Create(Path.Combine(data.Source, "0.tar")))
        using (var tar = new System.Formats.Tar.TarWriter(file, TarEntryFormat.Pax))
        {
            void Add(string name, byte[] content) =>
                tar.WriteEntry(
                    new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) }
                );
            Add("a.png", DataFolder.Picture(1));
            Add("a.txt", DataFolder.Text("one"));
            tar.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "b.png") { LinkName = "a.png" });
            Add("b.txt", DataFolder.Text("two"));
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Fifo, "c.png"));
            Add("README", DataFolder.Text("no pair"));
            Add("d.png", DataFolder.Picture(4));
            Add("d.txt", DataFolder.Text("four"));
            Add("d.npy", [1, 2, 3]);
        }
        var info = Import(data, "0.tar");
        Assert.Equal((2, 1), (info.Pairs, info.SkippedByReason["Unsupported"]));
        Assert.Contains("--hard-dereference", info.Skipped[0].Reason);
        Says(info, "1 pipes in archives were passed over (0.tar/c.png)");
        Says(info, "1 members without an extension were passed over (0.tar/README)");
        Says(info, "1 members of kinds that are not read were passed over (0/d.npy)");
    }

    [Fact]
    public void Packing_is_told_by_content_and_what_is_not_read_names_the_remedy()
    {
        using var data = new DataFolder();
        var archive = DataFolder.Archive(DataFolder.Pair("a", 1, "one"));
        data.Write("named.tar", DataFolder.Pack(archive));
        data.Write("plain.tar.gz", archive);
        data.Write("zstd.tar", [0x28, 0xB5, 0x2F, 0xFD, .. new byte[100]]);
        var info = Import(data, "{named.tar,plain.tar.gz,zstd.tar}");
        Assert.Equal((2, 1), (info.Pairs, info.SkippedByReason["Unsupported"]));
        Assert.Contains(info.Skipped, s => s.Reason.Contains("unzstd"));
        data.Write("1.png", DataFolder.Picture(1));
        data.Write("packed.csv", DataFolder.Pack(DataFolder.Text("image,caption\n1.png,one\n")));
        Assert.Equal(1, Import(data, "packed.csv", 0).Pairs);
        data.Write("t.csv", [.. "PK"u8, 3, 4, .. new byte[30]]);
        Assert.Contains("unzip", Assert.Throws<InvalidDataException>(() => Import(data, "t.csv")).Message);
    }

    [Fact]
    public void Tables_of_other_programs_are_read_or_named()
    {
        using var data = new DataFolder();
        for (var i = 1; i <= 3; i++)
            data.Write($"{i}.png", DataFolder.Picture(i));
        data.Write("excel.csv", "sep=;\nimage;caption\n1.png;one, and more\n2.png;two\n");
        Assert.Equal(2, Import(data, "excel.csv", 0).Pairs);
        byte[] latin = [.. "image,caption\n1.png,one\n2.png,caf"u8, 0xE9, .. "\n3.png,three\n"u8];
        data.Write("latin.csv", latin);
        var info = Import(data, "latin.csv");
        Assert.Equal((2, 1), (info.Pairs, info.SkippedByReason["InvalidText"]));
        Assert.Contains("iconv -f latin1", Assert.Single(info.Skipped).Reason);
        data.Write("first.jsonl", "{\"note\":\"no path\"}\n{\"image\":\"1.png\",\"caption\":\"one\"}\n \n");
        Assert.Equal(
            (1, 1),
            (Import(data, "first.jsonl").Pairs, Import(data, "first.jsonl").SkippedByReason["MissingPicture"])
        );
        data.Write("web.csv", "image,caption\n1.png,one\nhttp://a.example/2.png,two\npics\\3.png,three\n");
        var web = Import(data, "web.csv");
        Assert.Contains(web.Skipped, s => s.Reason.Contains("download"));
        Assert.Contains(web.Skipped, s => s.Reason.Contains("backslashes"));
    }

    [Fact]
    public void Pictures_without_a_row_and_captions_without_a_picture_are_counted()
    {
        using var data = new DataFolder();
        for (var i = 1; i <= 4; i++)
            data.Write($"train/{i}.png", DataFolder.Picture(i));
        data.Write(
            "train/metadata.jsonl",
            "{\"file_name\":\"1.png\",\"text\":\"one\"}\n{\"file_name\":\"2.png\",\"text\":\"two\"}\n"
        );
        var info = Import(data);
        Assert.Equal((2, 2), (info.Pairs, info.SkippedByReason["MissingCaption"]));
        Assert.Contains("no row", info.Skipped[0].Reason);
        File.Delete(Path.Combine(data.Source, "train/metadata.jsonl"));
        data.Write(
            "coco.json",
            """
            {"images":[{"id":1,"file_name":"train/1.png"},{"id":1,"file_name":"train/2.png"},{"id":3,"file_name":"train/3.png"},7],
             "annotations":[{"image_id":1,"caption":"one"},{"image_id":3,"caption":"three"},{"image_id":99,"caption":"lost"}]}
            """
        );
        var coco = Import(data, "coco.json");
        Assert.Equal(
            (2, 1, 1, 1),
            (
                coco.Pairs,
                coco.SkippedByReason["DuplicateKey"],
                coco.SkippedByReason["MissingPicture"],
                coco.SkippedByReason["Damaged"]
            )
        );
    }

    [Fact]
    public void Captions_fall_back_in_the_documented_order()
    {
        using var data = new DataFolder();
        data.Shard(
            "0.tar",
            ("a.png", DataFolder.Picture(1)),
            ("a.txt", []),
            (
                "a.json",
                DataFolder.Text("{\"caption\":\" \",\"captions\":[\"\",\"from the object\"],\"title\":\"later\"}")
            ),
            ("b.png", DataFolder.Picture(2)),
            ("b.txt", [0xFF, 0xFF]),
            ("b.json", DataFolder.Text("{\"caption\":\"the object's\"}")),
            ("c.png", DataFolder.Picture(3)),
            ("c.txt", DataFolder.Text("the text's")),
            ("c.json", DataFolder.Text("{\"caption\": "))
        );
        var info = Import(data, "0.tar", 0);
        using (var corpus = Corpus.Open(data.Target))
            Assert.Equal(["from the object", "the object's", "the text's"], Captions(corpus));
        Says(info, "2 fields could not be read");
        data.Write("1.png", DataFolder.Picture(1));
        data.Write("t.csv", "image,caption,title\n1.png, ,from the title\n");
        Import(data, "t.csv", 0);
        using var table = Corpus.Open(data.Target);
        Assert.Equal(["from the title"], Captions(table));
    }

    [Theory]
    [InlineData("t.csv", "image,caption,group,source,concept,label,score\n1.png,007.10,00,1e5,0x1F,1.0,1e5\n")]
    [InlineData(
        "t.jsonl",
        "{\"image\":\"1.png\",\"caption\":007.10,\"group\":\"00\",\"source\":1e5,\"concept\":\"0x1F\",\"label\":1.0,\"score\":1e5}\n"
    )]
    [InlineData(
        "t.json",
        "[{\"image\":\"1.png\",\"caption\":007.10,\"group\":\"00\",\"source\":1e5,\"concept\":\"0x1F\",\"label\":1.0,\"score\":1e5}]"
    )]
    public void What_a_cell_holds_is_its_text_and_columns_compare_as_numbers(string name, string content)
    {
        using var data = new DataFolder();
        data.Write("1.png", DataFolder.Picture(1));
        data.Write(name, content);
        using var corpus = data.Import(data.Options(name));
        var pair = Assert.Single(corpus.Query(where: "score > 99999 AND score < 100001"));
        Assert.Equal(
            ("007.10", "00", "1e5", "0x1F", "1.0"),
            (pair.Caption, pair.Group, pair.Source, pair.Concept, pair.Subgroup)
        );
    }

    [Fact]
    public void Rows_of_one_picture_that_are_numbers_are_captions_each()
    {
        using var data = new DataFolder();
        data.Write("1.png", DataFolder.Picture(1));
        data.Write("t.csv", "image,caption\n1.png,7\n1.png,8\n1.png,8\n");
        using var corpus = data.Import(data.Options("t.csv") with { Captions = new() { Choice = CaptionChoice.All } });
        Assert.Equal(["7", "8", "8"], Captions(corpus));
    }

    [Fact]
    public void Json_is_told_by_content_and_old_line_ends_are_named()
    {
        using var data = new DataFolder();
        for (var i = 1; i <= 2; i++)
            data.Write($"{i}.png", DataFolder.Picture(i));
        string[] objects =
        [
            .. Enumerable.Range(1, 2).Select(i => $"{{\"image\":\"{i}.png\",\"caption\":\"words {i}\"}}"),
        ];
        data.Write("list.jsonl", $"[{string.Join(",", objects)}]");
        data.Write("lines.json", string.Join("\n", objects));
        data.Write("one.jsonl", objects[0]);
        data.Write("lines.ndjson", string.Join("\n", objects));
        foreach (
            var (name, pairs) in new[] { ("list.jsonl", 2), ("lines.json", 2), ("one.jsonl", 1), ("lines.ndjson", 2) }
        )
            Assert.Equal((name, pairs), (name, Import(data, name, 0).Pairs));
        data.Write("mac.csv", "image,caption\r1.png,one\r2.png,two\r");
        Assert.Contains("CR alone", Assert.Throws<InvalidDataException>(() => Import(data, "mac.csv")).Message);
        data.Write(
            "commas.json",
            $"{{\"images\":[{{\"id\":1,\"file_name\":\"1.png\"}},,{{\"id\":2,\"file_name\":\"2.png\"}}],\"annotations\":[{{\"image_id\":1,\"caption\":\"one\"}},{{\"image_id\":2,\"caption\":\"two\"}}]}}"
        );
        Assert.Equal(
            (2, 1),
            (Import(data, "commas.json").Pairs, Import(data, "commas.json").SkippedByReason["Damaged"])
        );
    }

    [Fact]
    public void A_side_that_is_none_costs_its_row()
    {
        using var data = new DataFolder();
        for (var i = 1; i <= 2; i++)
            data.Write($"{i}.png", DataFolder.Picture(i));
        data.Write("t.csv", "image,caption,split\n1.png,one,train\n2.png,two,fold3\n");
        var info = Import(data, "t.csv");
        Assert.Equal((1, 1), (info.Pairs, info.SkippedByReason["Damaged"]));
        Assert.Contains("--split-column", Assert.Single(info.Skipped).Reason);
    }
}
