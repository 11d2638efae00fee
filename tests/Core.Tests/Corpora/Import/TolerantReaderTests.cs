using System.Text;
using Research.Corpora.Import;
using Xunit;

namespace Research.Tests.Corpora.Import;

/// <summary>What other programs write and no reader may stumble over: every row is a pair or a counted fault.</summary>
public sealed class TolerantReaderTests
{
    static DataFolder Pictures(int count)
    {
        var data = new DataFolder();
        for (var i = 0; i < count; i++)
            data.Write($"img/{i}.png", DataFolder.Picture(i + 1));
        return data;
    }

    static List<string[]> Rows(string text, char? separator = null) =>
        [.. DelimitedText.Rows(new MemoryStream(Encoding.UTF8.GetBytes(text)), separator).Select(r => r.Fields!)];

    [Theory]
    [InlineData("a,\"b\nc,d\n", new[] { "a|\"b", "c|d" })]
    [InlineData("a,\"b\nc,d\ne,f", new[] { "a|\"b", "c|d", "e|f" })]
    [InlineData("a,\"b\nc,\"d\" e\nf,\"g\"", new[] { "a|\"b", "c|\"d\" e", "f|g" })]
    [InlineData("a,\"b\nc\",d\n", new[] { "a|b\nc|d" })]
    [InlineData("\"a,b\",\"c \"\"d\"\"\"\n", new[] { "a,b|c \"d\"" })]
    [InlineData("a,5\" nail,b\n", new[] { "a|5\" nail|b" })]
    [InlineData("a,\"\",b\n\n\"\"\n", new[] { "a||b", "" })]
    [InlineData("a,\"b\n\nc\"\nd,e", new[] { "a|b\n\nc", "d|e" })]
    public void A_quote_opens_a_field_only_where_another_closes_it(string text, string[] rows) =>
        Assert.Equal(rows, Rows(text).Select(r => string.Join('|', r)));

    [Fact]
    public void Rows_keep_their_line_numbers_and_a_line_that_is_no_text_costs_itself()
    {
        byte[] bytes = [.. "a,b\n\"c\nd\",e\n"u8, 0xFF, .. "\nf,\"g\nh,i\n"u8];
        var rows = DelimitedText.Rows(new MemoryStream(bytes)).ToList();
        Assert.Equal([1, 2, 4, 5, 6], rows.Select(r => r.Line));
        Assert.Equal([false, false, true, false, false], rows.Select(r => r.Fields is null));
    }

    [Fact]
    public void Many_quotes_that_nothing_closes_are_read_in_time_that_grows_with_the_rows()
    {
        var text = string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i},\"inch mark {i}\n"));
        Assert.Equal(200_000, Rows(text).Count);
        var one = "a,\"b\n" + string.Concat(Enumerable.Repeat("c,d\n", 200_000));
        Assert.Equal(200_001, Rows(one).Count);
    }

    [Fact]
    public void A_table_with_an_inch_mark_keeps_every_row()
    {
        using var data = Pictures(6);
        var rows = Enumerable
            .Range(0, 6)
            .Select(i => $"img/{i}.png,{(i == 2 ? "\"unclosed inch mark" : $"caption {i}")}\n");
        data.Write("t.csv", "filepath,title\n" + string.Concat(rows));
        using var corpus = data.Import(data.Options("t.csv"));
        Assert.Equal(6, corpus.Query().Count());
        Assert.Contains("\"unclosed inch mark", corpus.Query().Select(p => p.Caption));
    }

    public static TheoryData<string> Json => ["list.json", "coco.json", "lines.jsonl", "shards"];

    // One caption of six holds half of a surrogate pair, and every second number is none; all behind a byte-order mark.
    static string Write(DataFolder data, string kind, string odd, string mark)
    {
        string Caption(int i) => $"caption {i}{(i == 4 ? odd : "")}";
        string Number(int i) =>
            i % 3 == 0 ? "NaN"
            : i % 3 == 1 ? "-Infinity"
            : "0.5";
        string Row(int i) =>
            $"{{\"image\":\"img/{i}.png\",\"caption\":\"{Caption(i)}\",\"note\":\"NaN, \\\"Infinity\\\"\",\"score\":{Number(i)}}}";
        var all = Enumerable.Range(0, 6).ToList();
        switch (kind)
        {
            case "list.json":
                data.Write(kind, $"{mark}[{string.Join(",", all.Select(Row))}]");
                break;
            case "coco.json":
                var images = all.Select(i => $"{{\"id\":{i},\"file_name\":\"img/{i}.png\",\"score\":{Number(i)}}}");
                var annotations = all.Select(i => $"{{\"image_id\":{i},\"caption\":\"{Caption(i)}\"}}");
                data.Write(
                    kind,
                    $"{mark}{{\"images\":[{string.Join(",", images)}],\"annotations\":[{string.Join(",", annotations)}]}}"
                );
                break;
            case "lines.jsonl":
                data.Write(kind, mark + string.Join("\n", all.Select(Row)));
                break;
            default:
                data.Shard(
                    "0.tar",
                    [
                        .. all.SelectMany(i =>
                            new[]
                            {
                                ($"{i}.png", DataFolder.Picture(i + 1)),
                                ($"{i}.json", DataFolder.Text(mark + Row(i))),
                            }
                        ),
                    ]
                );
                return "0.tar";
        }
        return kind;
    }

    [Theory]
    [MemberData(nameof(Json))]
    public void Numbers_that_are_none_are_absent_and_a_mark_is_passed_over(string kind)
    {
        using var data = Pictures(6);
        var source = Write(data, kind, "", "\uFEFF");
        using var corpus = data.Import(data.Options(source));
        Assert.Equal(6, corpus.Query().Count());
        if (kind != "coco.json")
            Assert.Equal(6, corpus.Query(where: "note = 'NaN, \"Infinity\"'").Count());
        Assert.Equal(2, corpus.Query(where: "score = 0.5").Count());
    }

    [Theory]
    [MemberData(nameof(Json))]
    public void Half_a_surrogate_pair_costs_its_own_row(string kind)
    {
        using var data = Pictures(6);
        var source = Write(data, kind, "\\ud83d", "");
        using var corpus = data.Import(data.Options(source) with { LargestSkippedShare = 0.5 });
        Assert.Equal(5, corpus.Query().Count());
        Assert.DoesNotContain(corpus.Query(), p => p.Caption.StartsWith("caption 4"));
    }

    [Fact]
    public void A_field_that_cannot_be_read_costs_that_field()
    {
        using var log = new SkipLog();
        var fields = JsonFieldReader.Parse(
            Encoding.UTF8.GetBytes("{\"a\":\"\\ud83d\",\"b\":[\"x\",\"\\udc00\"],\"c\":1}"),
            why => log.LoseField("row 5", why),
            out var fault
        );
        Assert.Null(fault);
        Assert.Equal(["b", "c"], fields!.Keys);
        Assert.Equal(["x"], fields["b"].Texts);
        Assert.Equal((2, 0), (log.LostFields, log.Total));
        Assert.Contains(
            "2 fields could not be read (row 5: 'a' holds bytes that are not UTF-8, or half of a surrogate pair)",
            log.ToString()
        );
    }

    [Fact]
    public void What_macOS_puts_beside_files_is_passed_over_and_counted()
    {
        using var data = new DataFolder();
        var junk = DataFolder.Text("\0\u0005\u0016\u0007 and more");
        data.Shard(
            "0.tar",
            ("./._a.png", junk),
            ("./a.png", DataFolder.Picture(1)),
            ("./._a.txt", junk),
            ("./a.txt", DataFolder.Text("one")),
            ("./._b.png", junk),
            ("./b.png", DataFolder.Picture(2)),
            ("./b.txt", DataFolder.Text("two"))
        );
        using (var corpus = data.Import(data.Options("0.tar")))
            Assert.Equal(["one", "two"], corpus.Query().Select(p => p.Caption).Order());
        File.Delete(Path.Combine(data.Source, "0.tar"));
        data.Write("bus/1.png", DataFolder.Picture(1));
        data.Write("bus/._1.png", junk);
        data.Write("car/2.png", DataFolder.Picture(2));
        using var log = new SkipLog();
        Assert.Equal(2, new ImageFolderReader(data.Source).Read(log).Count());
        Assert.Equal((1, 0), (log.PassedOver, log.Total));
        Assert.Contains("1 files whose names begin with a dot were passed over", log.ToString());
    }
}
