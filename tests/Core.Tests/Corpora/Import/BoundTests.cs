using System.Diagnostics;
using System.Text;
using Research.Corpora;
using Research.Corpora.Import;
using Xunit;

namespace Research.Tests.Corpora.Import;

/// <summary>What a data set may take: bounds that options raise, time that grows with the data alone, and no file that never ends.</summary>
public sealed class BoundTests
{
    static readonly ReadBounds Small = new() { Text = 4000, Unpacked = 100_000 };

    static CorpusInfo Import(DataFolder data, string source, ReadBounds? bounds = null) =>
        CorpusImporter.Import(
            data.Options(source) with
            {
                LargestSkippedShare = 0.9,
                Bounds = bounds ?? Small,
                KeepDuplicates = true,
            },
            data.Target
        );

    static Dictionary<string, int> Reasons(params (PairFault Fault, int Count)[] faults) =>
        faults.ToDictionary(f => f.Fault.ToString(), f => f.Count);

    [Theory]
    [InlineData("t.csv.gz", "image,caption\n1.png,one\n", "1.png,", "\n")]
    [InlineData(
        "t.jsonl.gz",
        "{\"image\":\"1.png\",\"caption\":\"one\"}\n",
        "{\"image\":\"1.png\",\"caption\":\"",
        "\"}\n"
    )]
    [InlineData("t.token.gz", "1.png#0\tone\n", "1.png#1\t", "\n")]
    [InlineData(
        "t.json.gz",
        "[{\"image\":\"1.png\",\"caption\":\"one\"}",
        ",{\"image\":\"1.png\",\"caption\":\"",
        "\"}]"
    )]
    public void What_unpacks_without_end_stops_at_the_bound_and_keeps_what_came_before(
        string name,
        string first,
        string before,
        string after
    )
    {
        using var data = new DataFolder();
        data.Write("1.png", DataFolder.Picture(1));
        data.Write(name, DataFolder.Pack(Encoding.UTF8.GetBytes(first + before + new string('x', 4_000_000) + after)));
        var options = data.Options(name) with { Format = name.Contains("token") ? CorpusFormat.TokenFile : default };
        var info = CorpusImporter.Import(options with { LargestSkippedShare = 0.9, Bounds = Small }, data.Target);
        Assert.Equal(1, info.Pairs);
        Assert.Contains(info.Skipped, s => s.Reason.Contains("--largest-unpacked"));
        // With room for the file its row is still too long, which is one fault.
        info = CorpusImporter.Import(
            options with
            {
                LargestSkippedShare = 0.9,
                Bounds = Small with { Unpacked = 10_000_000 },
            },
            data.Target
        );
        Assert.Equal((1, 1), (info.Pairs, info.SkippedByReason["TooLarge"]));
        Assert.Contains("--largest-text", Assert.Single(info.Skipped).Reason);
    }

    [Fact]
    public void A_packed_shard_stops_at_the_bound_too()
    {
        using var data = new DataFolder();
        var archive = DataFolder.Archive([
            .. DataFolder.Pair("a", 1, "one"),
            ("b.bin", new byte[400_000]),
            .. DataFolder.Pair("c", 2, "two"),
        ]);
        data.Write("0.tar.gz", DataFolder.Pack(archive));
        var info = Import(data, "0.tar.gz");
        Assert.Equal(1, info.Pairs);
        Assert.Equal(
            Reasons((PairFault.TooLarge, 1), (PairFault.TruncatedArchive, 1)).OrderBy(r => r.Key),
            info.SkippedByReason.OrderBy(r => r.Key)
        );
        Assert.Equal(2, Import(data, "0.tar.gz", ReadBounds.Default).Pairs);
    }

    [Fact]
    public void Rows_without_end_of_one_picture_are_held_up_to_the_bound()
    {
        using var data = new DataFolder();
        data.Write("1.png", DataFolder.Picture(1));
        data.Write(
            "t.csv",
            "image,caption\n" + string.Concat(Enumerable.Range(0, 1000).Select(i => $"1.png,caption {i}\n"))
        );
        var info = CorpusImporter.Import(
            data.Options("t.csv") with
            {
                LargestSkippedShare = 0.9,
                Bounds = Small,
                Captions = new() { Choice = CaptionChoice.All },
            },
            data.Target
        );
        Assert.InRange(info.Pairs, 100, 400);
        Assert.Equal(1000, info.Pairs + info.SkippedByReason["TooLarge"]);
    }

    [Fact]
    public void Cocos_captions_are_held_up_to_the_bound()
    {
        using var data = new DataFolder();
        data.Write("1.png", DataFolder.Picture(1));
        var captions = Enumerable.Range(0, 1000).Select(i => $"{{\"image_id\":1,\"caption\":\"caption {i}\"}}");
        data.Write(
            "t.json",
            $"{{\"annotations\":[{string.Join(",", captions)}],\"images\":[{{\"id\":1,\"file_name\":\"1.png\"}}]}}"
        );
        Assert.Contains(
            "--largest-captions",
            Assert.Throws<InvalidDataException>(() => Import(data, "t.json", new() { Captions = 50_000 })).Message
        );
        Assert.Equal(1, Import(data, "t.json").Pairs);
    }

    [Fact]
    public void A_picture_over_the_bound_names_the_option_that_raises_it()
    {
        using var data = new DataFolder();
        data.Shard("0.tar", [.. DataFolder.Pair("a", 1, "one"), .. DataFolder.Pair("b", 2, "two")]);
        var bounds = Research.Imaging.DecodeOptions.Default;
        foreach (var decoding in new[] { bounds with { LargestPixelCount = 100 }, bounds with { LargestFile = 100 } })
        {
            var options = data.Options("0.tar") with { LargestSkippedShare = 1, Decoding = decoding };
            var error = Assert.Throws<InvalidDataException>(() => CorpusImporter.Import(options, data.Target));
            Assert.Contains(decoding.LargestFile == 100 ? "--largest-file" : "--largest-picture", error.Message);
        }
    }

    static double Seconds(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }

    [Fact]
    public void Members_of_one_key_are_read_in_time_that_grows_with_their_number()
    {
        using var data = new DataFolder();
        void Write(int count) =>
            data.Shard(
                "0.tar",
                [
                    ("a.png", DataFolder.Picture(1)),
                    ("a.txt", DataFolder.Text("one")),
                    .. Enumerable.Range(0, count).Select(i => ($"a.k{i}", Array.Empty<byte>())),
                ]
            );
        Write(2_000);
        Import(data, "0.tar");
        var few = Seconds(() => Import(data, "0.tar"));
        Write(80_000);
        CorpusInfo? info = null;
        var many = Seconds(() => info = Import(data, "0.tar"));
        Assert.Equal(1, info!.Pairs);
        Assert.Contains(info.Remarks, r => r.StartsWith("80000 members of kinds that are not read"));
        Assert.InRange(many, 0, 40 * few + 5); // squared it were 1600 times
    }

    [Fact]
    public void Links_that_lead_back_end_and_pipes_are_passed_over()
    {
        using var data = new DataFolder();
        data.Write("bus/1.png", DataFolder.Picture(1));
        data.Write("bus/2.png", DataFolder.Picture(2));
        foreach (var name in new[] { "bus/up", "bus/back", "zoo" })
            Directory.CreateSymbolicLink(Path.Combine(data.Source, name), data.Source);
        var elsewhere = Directory.CreateDirectory(Path.Combine(data.Parent, "elsewhere")).FullName;
        File.WriteAllBytes(Path.Combine(elsewhere, "3.png"), DataFolder.Picture(3));
        Directory.CreateSymbolicLink(Path.Combine(data.Source, "car"), elsewhere);
        File.CreateSymbolicLink(Path.Combine(data.Source, "bus", "gone.png"), "nowhere.png");
        File.CreateSymbolicLink(Path.Combine(data.Source, "bus", "same.png"), "1.png");
        using (var pipe = Process.Start("mkfifo", Path.Combine(data.Source, "bus", "pipe.png")))
            pipe.WaitForExit();
        using (var pipe = Process.Start("mkfifo", Path.Combine(data.Source, "bus", "1.txt")))
            pipe.WaitForExit();
        var info = Import(data, "");
        Assert.Equal(
            Reasons((PairFault.MissingFile, 1), (PairFault.Unsupported, 1)).OrderBy(r => r.Key),
            info.SkippedByReason.OrderBy(r => r.Key)
        );
        Assert.Equal(3, info.Pairs); // 2, the linked class's 3, and the link to 1, which has no text of its own
        Assert.Contains(info.Remarks, r => r.StartsWith("3 links to folders that are already read"));
        Assert.Contains(info.Remarks, r => r.Contains("files that are a pipe") && r.Contains("pipe.png"));
    }

    [Fact]
    public void A_table_that_is_a_pipe_or_names_one_is_told_so()
    {
        using var data = new DataFolder();
        data.Write("1.png", DataFolder.Picture(1));
        foreach (var name in new[] { "t.csv", "2.png" })
            using (var pipe = Process.Start("mkfifo", Path.Combine(data.Source, name)))
                pipe.WaitForExit();
        Assert.Contains("a pipe", Assert.Throws<InvalidDataException>(() => Import(data, "t.csv")).Message);
        data.Write("u.csv", "image,caption\n1.png,one\n2.png,two\n");
        var info = Import(data, "u.csv");
        Assert.Equal(Reasons((PairFault.Unsupported, 1)), info.SkippedByReason);
    }

    [Fact]
    public void Patterns_name_a_million_files_at_most()
    {
        Assert.Contains(
            "1000000",
            Assert.Throws<ArgumentException>(() => ShardPattern.Expand("/x/{0..99999}{0..99999}.tar")).Message
        );
    }
}
