using System.Text;
using Research.Corpora;
using Research.Corpora.Import;
using Xunit;

namespace Research.Tests.Corpora.Import;

/// <summary>One data set in every layout, sound and with every fault: rows in are pairs and counted faults, and captions are their very texts.</summary>
public sealed class AllReadersTests
{
    const int Rows = 12;

    public static readonly string[] Layouts =
    [
        "csv",
        "tsv",
        "csv.gz",
        "jsonl",
        "metadata",
        "list",
        "coco",
        "cocofolder",
        "karpathy",
        "token",
        "shards",
        "shards.gz",
        "classes",
    ];

    /// <summary>What can be wrong with the seventh of twelve rows, and whether it costs the pair.</summary>
    static readonly (string Fault, bool Costs)[] Faults =
    [
        ("none", false),
        ("no picture", true),
        ("empty picture", true),
        ("cut picture", true),
        ("unsupported picture", true),
        ("blank caption", true),
        ("no UTF-8", true),
        ("half a surrogate", true),
        ("NaN beside", false),
        ("null among captions", false),
        ("number as caption", false),
        ("leading zeros as caption", false),
        ("quote as caption", false),
        ("too long", true),
    ];

    public static TheoryData<string, string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, bool>();
            foreach (var layout in Layouts)
            foreach (var (fault, costs) in Faults)
                if (Applies(layout, fault))
                    cases.Add(layout, fault, costs);
            return cases;
        }
    }

    static bool IsJson(string layout) =>
        layout is "jsonl" or "metadata" or "list" or "coco" or "cocofolder" or "karpathy";

    static bool Applies(string layout, string fault) =>
        fault switch
        {
            "half a surrogate" => IsJson(layout) || layout == "shards",
            "NaN beside" => IsJson(layout) || layout == "shards",
            "null among captions" => layout is "jsonl" or "metadata" or "list" or "coco" or "cocofolder" or "karpathy",
            // Words of a class folder may be the class's instead, and a picture that is not there is no row of it.
            "blank caption" or "no picture" => layout != "classes",
            _ => true,
        };

    const int Odd = 6;

    static string Caption(int i, string fault) =>
        (i == Odd ? fault : "") switch
        {
            "blank caption" => "  ",
            "half a surrogate" => "half \\ud83d",
            "number as caption" => "1e5",
            "leading zeros as caption" => "007.10",
            "quote as caption" => "5 inch",
            "too long" => new string('x', 5000),
            "no UTF-8" => "\uFFFF", // replaced by bytes that are none
            _ => $"caption {i}",
        };

    static byte[] Bytes(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i + 2 < bytes.Length; i++)
            if (bytes.AsSpan(i).StartsWith("\uFFFF"u8))
                bytes[i] = bytes[i + 1] = bytes[i + 2] = 0xFF;
        return bytes;
    }

    static byte[]? Picture(int i, string fault) =>
        (i == Odd ? fault : "") switch
        {
            "no picture" => null,
            "empty picture" => [],
            "cut picture" => DataFolder.Picture(i)[..^40],
            "unsupported picture" => [.. "GIF89a"u8, .. new byte[20]],
            _ => DataFolder.Picture(i),
        };

    // A row's object; a number stands bare where the layout allows.
    static string Object(int i, string fault, string name, string caption)
    {
        var value =
            i == Odd && fault is "number as caption" or "leading zeros as caption" && i == Odd
                ? Caption(i, fault)
                : $"\"{Caption(i, fault)}\"";
        if (i == Odd && fault == "null among captions")
            value = $"[null, \"{Caption(i, fault)}\", null]";
        var more = i == Odd && fault == "NaN beside" ? ",\"score\":NaN,\"low\":-Infinity" : "";
        return $"{{\"{name}\":\"img/{i}.png\",\"{caption}\":{value}{more}}}";
    }

    static string Write(DataFolder data, string layout, string fault)
    {
        var all = Enumerable.Range(0, Rows).ToArray();
        if (layout is not ("shards" or "shards.gz" or "classes"))
            foreach (var i in all)
                if (Picture(i, fault) is { } picture)
                    data.Write($"img/{i}.png", picture);
        string Lines(Func<int, string> line) => string.Join('\n', all.Select(line)) + "\n";
        string Quoted(string text) => $"\"{text}\"";
        switch (layout)
        {
            case "csv" or "tsv" or "csv.gz":
                var separator = layout == "tsv" ? '\t' : ',';
                var table = Bytes(
                    $"image{separator}caption\n" + Lines(i => $"img/{i}.png{separator}{Caption(i, fault)}")
                );
                data.Write("t." + layout, layout.EndsWith(".gz") ? DataFolder.Pack(table) : table);
                return "t." + layout;
            case "jsonl":
                data.Write("t.jsonl", Bytes(Lines(i => Object(i, fault, "image", "caption"))));
                return "t.jsonl";
            case "metadata":
                data.Write("metadata.jsonl", Bytes(Lines(i => Object(i, fault, "file_name", "text"))));
                return "";
            case "list":
                data.Write(
                    "t.json",
                    Bytes("[" + string.Join(",", all.Select(i => Object(i, fault, "image", "caption"))) + "]")
                );
                return "t.json";
            case "coco" or "cocofolder":
                var images = all.Select(i =>
                    $"{{\"id\":{i},\"file_name\":\"img/{i}.png\"{(i == Odd && fault == "NaN beside" ? ",\"score\":NaN" : "")}}}"
                );
                var captions = all.SelectMany(i =>
                {
                    var bare = i == Odd && fault is "number as caption" or "leading zeros as caption" && i == Odd;
                    var text = bare ? Caption(i, fault) : Quoted(Caption(i, fault));
                    var own = $"{{\"image_id\":{i},\"caption\":{text}}}";
                    return i == Odd && fault == "null among captions"
                        ? new[] { $"{{\"image_id\":{i},\"caption\":null}}", own }
                        : [own];
                });
                var coco =
                    $"{{\"annotations\":[{string.Join(",", captions)}],\"images\":[{string.Join(",", images)}]}}";
                data.Write(layout == "coco" ? "t.json" : "annotations/captions_all.json", Bytes(coco));
                return layout == "coco" ? "t.json" : "";
            case "karpathy":
                var sentences = all.Select(i =>
                {
                    var bare = i == Odd && fault is "number as caption" or "leading zeros as caption" && i == Odd;
                    var raw = $"{{\"raw\":{(bare ? Caption(i, fault) : Quoted(Caption(i, fault)))}}}";
                    var none = i == Odd && fault == "null among captions" ? "{\"raw\":null}," : "";
                    var score = i == Odd && fault == "NaN beside" ? ",\"score\":NaN" : "";
                    return $"{{\"filename\":\"img/{i}.png\",\"sentences\":[{none}{raw}]{score}}}";
                });
                data.Write("dataset.json", Bytes($"{{\"images\":[{string.Join(",", sentences)}]}}"));
                return "dataset.json";
            case "token":
                data.Write("t.token", Bytes(Lines(i => $"img/{i}.png#0\t{Caption(i, fault)}")));
                return "t.token";
            case "classes":
                foreach (var i in all)
                {
                    data.Write($"bus/{i}.png", Picture(i, fault)!);
                    data.Write($"bus/{i}.txt", Bytes(Caption(i, fault)));
                }
                return "";
            default:
                var archive = DataFolder.Archive([
                    .. all.SelectMany(i =>
                    {
                        var isObject = fault is "half a surrogate" or "NaN beside" && i == Odd;
                        var words = isObject
                            ? ($"{i}.json", Bytes(Object(i, fault, "image", "caption")))
                            : ($"{i}.txt", Bytes(Caption(i, fault)));
                        return Picture(i, fault) is { } picture ? new[] { ($"{i}.png", picture), words } : [words];
                    }),
                ]);
                data.Write(
                    layout == "shards" ? "0.tar" : "0.tar.gz",
                    layout == "shards" ? archive : DataFolder.Pack(archive)
                );
                return layout == "shards" ? "0.tar" : "0.tar.gz";
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rows_in_are_pairs_and_counted_faults_and_captions_are_their_texts(
        string layout,
        string fault,
        bool costs
    )
    {
        using var data = new DataFolder();
        var source = Write(data, layout, fault);
        var options = data.Options(source) with
        {
            LargestSkippedShare = 0.5,
            Bounds = new() { Text = 4000 },
        };
        var info = CorpusImporter.Import(options, data.Target);
        Assert.Equal((Rows - (costs ? 1 : 0), costs ? 1 : 0), (info.Pairs, info.SkippedByReason.Values.Sum()));
        using var corpus = Corpus.Open(data.Target);
        Assert.Equal(
            Enumerable.Range(0, Rows).Where(i => !(costs && i == Odd)).Select(i => Caption(i, fault)).Order(),
            corpus.Query().Select(p => p.Caption).Order()
        );
        if (costs)
        {
            var named = Assert.Single(info.Skipped);
            Assert.Matches($"[{Odd}{Odd + 1}{Odd + 2}]", named.Key + named.Reason); // its name, or its place from 1 or behind a header
        }
        if (fault == "null among captions")
            Assert.Contains(info.Remarks, r => r.Contains("fields could not be read"));
    }
}
