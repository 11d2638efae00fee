using Research.Corpora;
using Research.Corpora.Import;
using Xunit;
using static Research.Tests.Corpora.Import.ReaderTests;

namespace Research.Tests.Corpora.Import;

/// <summary>Data sets as people have them: pictures beside the captions, rows in any order, texts of other programs.</summary>
public class FoundLayoutTests
{
    [Fact]
    public void Cocos_folder_has_a_side_a_file_and_pictures_beside()
    {
        using var data = new DataFolder();
        data.Write("train2017/7.png", DataFolder.Picture(7));
        data.Write("images/val2017/8.png", DataFolder.Picture(8));
        string Of(int id) =>
            $"{{\"images\":[{{\"id\":{id},\"file_name\":\"{id}.png\"}}],\"annotations\":[{{\"image_id\":{id},\"caption\":\"number {id}\"}}]}}";
        data.Write("annotations/captions_train2017.json", Of(7));
        data.Write("annotations/captions_val2017.json", Of(8));
        using (var both = data.Import(data.Options()))
        {
            PicturesAre(both, 7, 8);
            Assert.Equal(["number 7", "number 8"], Captions(both));
            Assert.Equal([Split.Train, Split.Validation], both.Query().Select(e => e.Split));
            Assert.Equal("mine/images/val2017/8.png", both.Query()[1].Key);
        }
        using var one = data.Import(data.Options("annotations/captions_val2017.json"));
        PicturesAre(one, 8);
    }

    [Fact]
    public void A_table_in_a_folder_of_pictures_is_not_passed_over()
    {
        using var data = new DataFolder();
        data.Write("some-images/1.png", DataFolder.Picture(1));
        data.Write(
            "results.csv",
            "image_name| comment_number| comment\n1.png| 0| a dog, and more\n1.png| 1| two dogs\n"
        );
        var error = Assert.Throws<ArgumentException>(() => data.Import(data.Options()));
        Assert.Contains("results.csv", error.Message);
        Assert.Contains("--format imagefolder", error.Message);
        using (var table = data.Import(data.Options("results.csv")))
        {
            PicturesAre(table, 1);
            Assert.Equal(["a dog, and more"], Captions(table));
        }
        using var classes = data.Import(data.Options() with { Format = CorpusFormat.ImageFolder });
        Assert.Equal(["some images"], Captions(classes));
    }

    [Fact]
    public void Rows_of_a_picture_that_stand_apart_are_pairs_of_one_side_when_all_captions_are_taken()
    {
        using var data = new DataFolder();
        var rows = new List<string> { "filepath,title" };
        for (var caption = 0; caption < 3; caption++)
        for (var i = 0; i < 30; i++)
        {
            data.Write($"{i}.png", DataFolder.Picture(i));
            rows.Add($"{i}.png,words {caption} of {i}");
        }
        data.Write("t.csv", string.Join('\n', rows));
        var options = data.Options("t.csv") with
        {
            TestShare = 0.4,
            Captions = new() { Choice = CaptionChoice.All },
        };
        using (var all = data.Import(options))
        {
            Assert.Equal(90, all.Query().Count);
            Assert.Equal(30, all.Query().Select(e => (e.Shard, e.Concept, e.Split)).Distinct().Count());
            Assert.InRange(all.Query(Split.Test).Count, 3, 87);
        }
        var error = Assert.Throws<InvalidDataException>(() => data.Import(data.Options("t.csv")));
        Assert.Contains("60 DuplicateKey", error.Message);
        Assert.Contains("--captions all", error.Message);
        Assert.Contains("66.7 %", error.Message);
        Assert.Equal(60, File.ReadLines(CorpusImporter.RefusedReport(data.Target)).Count());
        data.Import(options).Dispose();
        Assert.False(File.Exists(CorpusImporter.RefusedReport(data.Target)));
    }

    [Fact]
    public void Text_that_is_no_utf8_is_named_as_such()
    {
        using var data = new DataFolder();
        data.Write("1.png", DataFolder.Picture(1));
        data.Write(
            "wide.csv",
            [
                .. System.Text.Encoding.Unicode.GetPreamble(),
                .. System.Text.Encoding.Unicode.GetBytes("image,caption\n1.png,one\n"),
            ]
        );
        data.Write("latin.csv", System.Text.Encoding.Latin1.GetBytes("image,Überschrift\n1.png,eins\n"));
        foreach (var (name, words) in new[] { ("wide.csv", "UTF-16"), ("latin.csv", "header") })
            Assert.Contains(words, Assert.Throws<InvalidDataException>(() => data.Import(data.Options(name))).Message);
    }

    [Fact]
    public void Whole_numbers_of_json_stay_whole()
    {
        using var data = new DataFolder();
        data.Write("1.png", DataFolder.Picture(1));
        data.Write("t.jsonl", "{\"image\":\"1.png\",\"caption\":\"one\",\"cocoid\":9007199254740993,\"score\":0.5}\n");
        using var corpus = data.Import(
            data.Options("t.jsonl") with
            {
                Captions = new() { Templates = ["{caption} {cocoid} {score}"] },
            }
        );
        Assert.Equal(
            "one 9007199254740993 0.5",
            Assert.Single(corpus.Query(where: "cocoid = 9007199254740993")).Caption
        );
    }
}
