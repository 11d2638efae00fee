using Research.Corpora;
using Research.Corpora.Import;
using Xunit;

namespace Research.Tests.Corpora.Import;

public class ReaderTests
{
    internal static string[] Captions(Corpus corpus) => [.. corpus.Query().Select(e => e.Caption)];

    // Every row leads to the very bytes of its picture.
    internal static void PicturesAre(Corpus corpus, params int[] numbers)
    {
        var entries = corpus.Query();
        Assert.Equal(numbers.Length, entries.Count);
        foreach (var (entry, number) in entries.Zip(numbers))
        {
            Assert.Equal(DataFolder.Picture(number), corpus.ReadImage(entry));
            Assert.Equal((40, 30), (entry.Width, entry.Height));
        }
    }

    [Fact]
    public void WebDataset_shards_come_with_captions_annotations_and_offsets()
    {
        using var data = new DataFolder();
        for (var shard = 0; shard < 3; shard++)
            data.Shard(
                $"{shard:D5}.tar",
                [
                    .. DataFolder.Pair(
                        $"{shard}0",
                        shard * 2,
                        $"first of {shard}",
                        ",\"similarity\":0.25,\"width\":999"
                    ),
                    .. DataFolder.Pair($"{shard}1", shard * 2 + 1, $"second of {shard}", ",\"similarity\":0.75"),
                ]
            );
        using var corpus = data.Import(data.Options("{00000..00002}.tar") with { KeepDuplicates = true });
        PicturesAre(corpus, 0, 1, 2, 3, 4, 5);
        Assert.Equal("first of 0", Captions(corpus)[0]);
        Assert.Equal("mine/00002/21", corpus.Query()[5].Key);
        Assert.Equal(
            ["second of 0", "second of 1", "second of 2"],
            corpus.Query(where: "similarity > 0.5 AND width < 100").Select(e => e.Caption)
        );
        Assert.Equal(["similarity", "status"], corpus.Info.Annotations.Order());
        Assert.Equal(6, corpus.Info.Pairs);
    }

    [Fact]
    public void Globs_folders_and_packed_shards_give_the_same_corpus()
    {
        using var data = new DataFolder();
        (string, byte[])[] members = [.. DataFolder.Pair("a", 1, "one"), .. DataFolder.Pair("b", 2, "two")];
        data.Shard("x-0.tar", members);
        using (var glob = data.Import(data.Options("x-*.tar")))
            PicturesAre(glob, 1, 2);
        using (var folder = data.Import(data.Options()))
            PicturesAre(folder, 1, 2);
        File.Delete(Path.Combine(data.Source, "x-0.tar"));
        data.Write("x-0.tar.gz", DataFolder.Pack(DataFolder.Archive(members)));
        using var packed = data.Import(data.Options());
        PicturesAre(packed, 1, 2);
        Assert.Equal(["one", "two"], Captions(packed));
    }

    [Fact]
    public void Packed_members_and_members_without_a_text_are_read()
    {
        using var data = new DataFolder();
        data.Shard(
            "s.tar",
            ("a.png", DataFolder.Picture(1)),
            ("a.json.gz", DataFolder.Pack(DataFolder.Text("{\"caption\":\"from the object\"}"))),
            ("b.txt.gz", DataFolder.Pack(DataFolder.Text("\uFEFFfrom the\ntext "))),
            ("b.png", DataFolder.Picture(2))
        );
        using var corpus = data.Import(data.Options("s.tar"));
        PicturesAre(corpus, 1, 2);
        Assert.Equal(["from the object", "from the text"], Captions(corpus));
    }

    [Theory]
    [InlineData("pairs.csv", "image,caption,score\npics/1.png,\"a \"\"red\"\", big\nthing\",7\npics/2.png,plain,0.5\n")]
    [InlineData(
        "pairs.tsv",
        "filepath\ttitle\tscore\r\npics/1.png\t\"a \"\"red\"\", big\nthing\"\t7\r\npics/2.png\tplain\t0.5"
    )]
    [InlineData(
        "pairs.jsonl",
        "{\"file_name\":\"pics/1.png\",\"text\":\"a \\\"red\\\", big\\nthing\",\"score\":7}\n\n{\"file_name\":\"pics/2.png\",\"text\":\"plain\",\"score\":0.5}\n"
    )]
    public void Tables_of_paths_and_captions_are_read_packed_or_not(string name, string content)
    {
        using var data = new DataFolder();
        data.Write("pics/1.png", DataFolder.Picture(1));
        data.Write("pics/2.png", DataFolder.Picture(2));
        data.Write(name, content);
        data.Write(name + ".gz", DataFolder.Pack(DataFolder.Text(content)));
        foreach (var source in new[] { name, name + ".gz" })
        {
            using var corpus = data.Import(data.Options(source));
            PicturesAre(corpus, 1, 2);
            Assert.Equal(["a \"red\", big thing", "plain"], Captions(corpus));
            Assert.Equal("plain", Assert.Single(corpus.Query(where: "score < 1")).Caption);
        }
    }

    [Fact]
    public void A_table_without_a_known_column_says_what_it_has()
    {
        using var data = new DataFolder();
        data.Write("t.csv", "picture,words\n1.png,hello\n");
        data.Write("1.png", DataFolder.Picture(1));
        var error = Assert.Throws<ArgumentException>(() => data.Import(data.Options("t.csv")));
        Assert.Contains("picture, words", error.Message);
        Assert.Contains("--image-column", error.Message);
        using var corpus = data.Import(
            data.Options("t.csv") with
            {
                ImageColumn = "picture",
                Captions = new() { Column = "words" },
            }
        );
        Assert.Equal(["hello"], Captions(corpus));
    }

    const string Coco = """
        {"info":{}, "images":[{"id":7,"file_name":"7.png","width":1},{"id":8,"file_name":"8.png"}],
         "annotations":[{"id":1,"image_id":8,"caption":"eight a"},{"id":2,"image_id":7,"caption":"seven a"},
                        {"id":3,"image_id":7,"caption":"seven b"},{"id":4,"image_id":8,"caption":"eight b"}]}
        """;

    [Fact]
    public void Coco_captions_are_chosen_first_random_or_all()
    {
        using var data = new DataFolder();
        data.Write("images/7.png", DataFolder.Picture(7));
        data.Write("images/8.png", DataFolder.Picture(8));
        data.Write("captions.json", Coco);
        using (var first = data.Import(data.Options("captions.json")))
        {
            PicturesAre(first, 7, 8);
            Assert.Equal(["seven a", "eight a"], Captions(first));
        }
        using (
            var all = data.Import(
                data.Options("captions.json") with
                {
                    Captions = new() { Choice = CaptionChoice.All },
                }
            )
        )
        {
            PicturesAre(all, 7, 7, 8, 8);
            Assert.Equal(["seven a", "seven b", "eight a", "eight b"], Captions(all));
            Assert.Equal(4, all.Query().Select(e => e.Key).Distinct().Count());
            Assert.Equal(2, all.Query().Select(e => (e.Concept, e.Split)).Distinct().Count());
        }
        using var random = data.Import(
            data.Options("captions.json") with
            {
                Captions = new() { Choice = CaptionChoice.Random },
            }
        );
        PicturesAre(random, 7, 8);
        var entry = random.Query()[0];
        Assert.Equal("seven a", Research.Corpora.Captions.Render(entry, CaptionStyle.Label, new(1)));
        var drawn = Enumerable
            .Range(0, 200)
            .Select(i => Research.Corpora.Captions.Render(entry, CaptionStyle.LabelAndRandomTags(0), new((ulong)i)))
            .CountBy(c => c)
            .ToDictionary();
        Assert.Equal(["seven a", "seven b"], drawn.Keys.Order());
        Assert.InRange(drawn["seven a"], 70, 130);
    }

    [Fact]
    public void Karpathys_file_states_sides_and_sentences()
    {
        using var data = new DataFolder();
        for (var i = 1; i <= 3; i++)
            data.Write($"{i}.png", DataFolder.Picture(i));
        data.Write(
            "dataset_flickr30k.json",
            """
            {"images":[{"filename":"1.png","split":"train","sentences":[{"raw":"one a","tokens":["one"]},{"raw":"one b"}]},
                       {"filename":"2.png","split":"val","sentences":[{"raw":"two"}]},
                       {"filename":"3.png","split":"test","sentences":[{"raw":"three"}]}],"dataset":"flickr30k"}
            """
        );
        using var corpus = data.Import(data.Options("dataset_flickr30k.json"));
        PicturesAre(corpus, 1, 2, 3);
        Assert.Equal([Split.Train, Split.Validation, Split.Test], corpus.Query().Select(e => e.Split));
        Assert.Equal(["one a", "two", "three"], Captions(corpus));
    }

    [Fact]
    public void Token_files_have_a_line_a_caption()
    {
        using var data = new DataFolder();
        data.Write("1.png", DataFolder.Picture(1));
        data.Write("2.png", DataFolder.Picture(2));
        data.Write("results.token", "1.png#0\tone a\n1.png#1\tone b\n2.png#0\ttwo\n");
        using var corpus = data.Import(
            data.Options("results.token") with
            {
                Captions = new() { Choice = CaptionChoice.All },
            }
        );
        PicturesAre(corpus, 1, 1, 2);
        Assert.Equal(["one a", "one b", "two"], Captions(corpus));
    }

    [Fact]
    public void Folders_of_classes_give_class_names_and_sides()
    {
        using var data = new DataFolder();
        data.Write("train/red_fox/1.png", DataFolder.Picture(1));
        data.Write("train/red_fox/2.png", DataFolder.Picture(2));
        data.Write("test/oak-tree/3.png", DataFolder.Picture(3));
        data.Write("test/oak-tree/notes.md", "no picture");
        using var corpus = data.Import(
            data.Options() with
            {
                Captions = new() { Templates = ["a photo of a {caption}"] },
            }
        );
        Assert.Equal(["a photo of a oak tree", "a photo of a red fox", "a photo of a red fox"], Captions(corpus));
        PicturesAre(corpus, 3, 1, 2);
        Assert.Equal(["oak-tree", "red_fox", "red_fox"], corpus.Query().Select(e => e.Subgroup));
        Assert.Equal([Split.Test, Split.Train, Split.Train], corpus.Query().Select(e => e.Split));
    }

    [Fact]
    public void Metadata_folders_have_a_file_a_side()
    {
        using var data = new DataFolder();
        data.Write("train/a.png", DataFolder.Picture(1));
        data.Write("train/metadata.jsonl", "{\"file_name\":\"a.png\",\"text\":\"one\",\"artist\":\"Ada\"}\n");
        data.Write("test/a.png", DataFolder.Picture(2));
        data.Write("test/metadata.jsonl", "{\"file_name\":\"a.png\",\"text\":\"two\",\"artist\":\"Bob\"}\n");
        using var corpus = data.Import(
            data.Options() with
            {
                Captions = new() { Templates = ["{caption}, by {artist}"] },
            }
        );
        PicturesAre(corpus, 2, 1);
        Assert.Equal(["two, by Bob", "one, by Ada"], Captions(corpus));
        Assert.Equal([Split.Test, Split.Train], corpus.Query().Select(e => e.Split));
        Assert.Equal("one, by Ada", Assert.Single(corpus.Query(where: "artist = 'Ada'")).Caption);
    }

    [Theory]
    [InlineData("a{00..02}b", "a00b a01b a02b")]
    [InlineData("{8..11}", "8 9 10 11")]
    [InlineData("{train,val}-{0..1}", "train-0 train-1 val-0 val-1")]
    [InlineData("plain", "plain")]
    [InlineData("{8..9}::/x/a::/x/{b,c}", "8 9 a b c")]
    public void Braces_spell_names_out(string pattern, string names) =>
        Assert.Equal(names.Split(' '), ShardPattern.Expand("/x/" + pattern).Select(p => p[3..]));

    [Fact]
    public void A_pattern_that_is_wrong_or_fits_nothing_is_named()
    {
        Assert.Contains("{9..3}", Assert.Throws<ArgumentException>(() => ShardPattern.Expand("/x/{9..3}.tar")).Message);
        Assert.Contains(
            "/x/*.tar",
            Assert.Throws<FileNotFoundException>(() => ShardPattern.Expand("/x/*.tar")).Message
        );
        Assert.Contains("'::'", Assert.Throws<ArgumentException>(() => ShardPattern.Expand("/x/a::")).Message);
        using var data = new DataFolder();
        var unknown = data.Write("file.xyz", "");
        Assert.Contains("--format", Assert.Throws<ArgumentException>(() => data.Import(data.Options(unknown))).Message);
        Assert.Throws<FileNotFoundException>(() => data.Import(data.Options("nothing-here")));
    }

    [Fact]
    public void Equal_data_give_an_equal_fingerprint_whatever_the_threads_and_any_change_another()
    {
        using var data = new DataFolder();
        (string, byte[])[] members =
        [
            .. Enumerable.Range(0, 60).SelectMany(i => DataFolder.Pair($"{i:D3}", i, $"caption {i}")),
        ];
        data.Shard("s.tar", members);
        string Fingerprint(int threads)
        {
            using var corpus = data.Import(data.Options("s.tar") with { Threads = threads });
            return corpus.Fingerprint;
        }
        var first = Fingerprint(1);
        Assert.Equal(first, Fingerprint(4));
        members[0].Item2 = DataFolder.Picture(1000);
        data.Shard("s.tar", members);
        var second = Fingerprint(2);
        members[1].Item2 = DataFolder.Text("another caption");
        data.Shard("s.tar", members);
        Assert.Equal(3, new[] { first, second, Fingerprint(2) }.Distinct().Count());
    }

    [Fact]
    public void A_picture_on_two_sides_stays_on_the_one_nearer_to_the_test()
    {
        using var data = new DataFolder();
        data.Write("train/x/1.png", DataFolder.Picture(1));
        data.Write("train/x/2.png", DataFolder.Picture(2));
        data.Write("val/x/2.png", DataFolder.Picture(2));
        data.Write("test/x/1.png", DataFolder.Picture(1));
        data.Write("train/x/large.png", DataFolder.Picture(3, 144, 128));
        data.Write("test/x/small.png", DataFolder.Picture(3, 72, 64));
        using var corpus = data.Import(data.Options());
        Assert.Equal((2, 1), (corpus.Info.DroppedEqual, corpus.Info.DroppedSimilar));
        Assert.Equal(
            ["mine/test/x/1.png", "mine/test/x/small.png", "mine/val/x/2.png"],
            corpus.Query().Select(e => e.Key)
        );
        using var all = data.Import(data.Options() with { KeepDuplicates = true });
        Assert.Equal(6, all.Query().Count);
    }
}
