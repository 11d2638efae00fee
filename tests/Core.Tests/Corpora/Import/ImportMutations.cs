using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Research.Corpora;
using Research.Corpora.Import;
using Research.Imaging;
using Research.Randomness;

namespace Research.Tests.Corpora.Import;

/// <summary>
/// Damaged data sets of every layout, imported. Of some it is known how many rows they have, whatever was damaged; then every row must be a pair
/// or a counted fault. The n-th is a function of n alone.
/// </summary>
public sealed class ImportMutations(ulong seed)
{
    const int Rows = 6;
    static readonly TimeSpan Slow = TimeSpan.FromSeconds(10);
    static readonly string[] Layouts =
    [
        "csv",
        "tsv",
        "jsonl",
        "list.json",
        "coco.json",
        "karpathy.json",
        "tar",
        "tar.gz",
        "csv.gz",
        "folder",
    ];
    static readonly byte[][] Pictures = [.. Enumerable.Range(0, Rows).Select(Picture)];

    static byte[] Picture(int number)
    {
        var random = new SeededRandom((ulong)number + 100);
        var pixels = new byte[12 * 12 * 3];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)random.NextInt(256);
        return Png.Encode(new RgbImage(12, 12, pixels));
    }

    /// <summary>Imports the n-th data set. What begins with '!' is wrong.</summary>
    public (string Layout, string Outcome) Import(long n)
    {
        var random = new SeededRandom(Seed.Derive(seed, "damaged data set", n));
        var layout = Layouts[random.NextInt(Layouts.Length)];
        var damage = random.NextInt(3);
        var folder = Directory.CreateTempSubdirectory("fuzz");
        try
        {
            var data = folder.CreateSubdirectory("data").FullName;
            var source = Write(data, layout, damage, random, out var known);
            var clock = Stopwatch.StartNew();
            var outcome = Outcome(source, Path.Combine(folder.FullName, "corpus"), known);
            if (clock.Elapsed > Slow)
                outcome = $"! it took {clock.Elapsed.TotalSeconds:0} s, then {outcome}";
            return ($"{layout}/{Damages[damage]}", outcome);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static readonly string[] Damages = ["known", "rows", "anywhere"];

    static string Outcome(string source, string target, bool known)
    {
        var options = new ImportOptions
        {
            Source = source,
            Name = "fuzz",
            LargestSkippedShare = 1,
            KeepDuplicates = true,
            Threads = 1,
            Bounds = new() { Text = 1 << 16 },
        };
        try
        {
            var info = CorpusImporter.Import(options, target);
            var faults = info.SkippedByReason.Values.Sum();
            if (known && info.Pairs + faults != Rows)
                return $"! {info.Pairs} pairs and {faults} faults ({string.Join(", ", info.SkippedByReason.Keys)}) of {Rows} rows";
            return faults == 0 ? "imported whole" : "imported in part";
        }
        catch (InvalidDataException error) when (error.Message.Contains(" gives 0 pairs"))
        {
            var faults = File.ReadLines(CorpusImporter.RefusedReport(target))
                .Count(l => !l.Contains("\"LostField\"") && !l.Contains("\"PassedOver\""));
            return known && faults != Rows ? $"! no pairs and {faults} faults of {Rows} rows" : "refused: nothing left";
        }
        catch (Exception error) when (error is InvalidDataException or ArgumentException)
        {
            return known ? $"! {error.Message.ReplaceLineEndings(" ")}" : "refused: the file as a whole";
        }
    }

    // Long names, so that no change makes one another.
    static string Name(int row) => $"picture-{row * 7919 + 104729:x12}{(row * 31) % 97:d2}";

    string Write(string folder, string layout, int damage, SeededRandom random, out bool known)
    {
        var (byBytes, anywhere) = (damage == 1, damage == 2);
        known = !anywhere && !(byBytes && layout is "list.json" or "coco.json" or "karpathy.json" && byBytes);
        known &= !(byBytes && layout is "tar.gz" or "csv.gz" && byBytes);
        // A known fault of a row: 0 none, 1 no words, 2 words that are no UTF-8, 3 a damaged picture, 4 a row that is no row.
        int[] faults =
        [
            .. Enumerable.Range(0, Rows).Select(_ => damage == 0 && random.NextInt(3) == 0 ? 1 + random.NextInt(4) : 0),
        ];
        byte[] Shown(int i) => faults[i] == 3 ? Pictures[i][..30] : Pictures[i];
        byte[] Damaged(byte[] bytes, int most, Func<byte, bool> allowed)
        {
            bytes = [.. bytes];
            for (var k = random.NextInt(most + 1); k > 0 && bytes.Length > 0; k--)
            {
                var (at, value) = (random.NextInt(bytes.Length), (byte)random.NextInt(256));
                if (allowed(bytes[at]) && allowed(value))
                    bytes[at] = value;
            }
            return bytes;
        }
        if (layout is not ("tar" or "tar.gz" or "folder"))
            for (var i = 0; i < Rows; i++)
                File.WriteAllBytes(
                    Path.Combine(folder, Name(i) + ".png"),
                    byBytes && known ? Damaged(Shown(i), 1, _ => true) : Shown(i)
                );
        byte[] Words(int i) =>
            faults[i] switch
            {
                1 => [],
                2 => [0xFF, 0xFE, 0xFD],
                _ => Encoding.UTF8.GetBytes($"words {i} of \u00E9"),
            };
        byte[] Line(int i, string before, string between, string after) =>
            faults[i] == 4
                ? Encoding.UTF8.GetBytes("no row")
                :
                [
                    .. Encoding.UTF8.GetBytes(before + Name(i) + ".png" + between),
                    .. Words(i),
                    .. Encoding.UTF8.GetBytes(after),
                ];
        byte[] Joined(string head, string between, string tail, Func<int, byte[]> row) =>
            [
                .. Encoding.UTF8.GetBytes(head),
                .. Enumerable
                    .Range(0, Rows)
                    .SelectMany(i => i == 0 ? row(i) : [.. Encoding.UTF8.GetBytes(between), .. row(i)]),
                .. Encoding.UTF8.GetBytes(tail),
            ];
        var file = Path.Combine(folder, layout is "tar" or "tar.gz" ? "0." + layout : "t." + layout);
        switch (layout)
        {
            case "folder":
                for (var i = 0; i < Rows; i++)
                {
                    var own = Directory.CreateDirectory(Path.Combine(folder, $"class_{i % 2}")).FullName;
                    var bytes = damage == 0 ? Shown(i) : Damaged(Pictures[i], 8, _ => true);
                    File.WriteAllBytes(Path.Combine(own, Name(i) + (anywhere ? ".dat" : ".png")), bytes);
                    File.WriteAllBytes(Path.Combine(own, Name(i) + ".txt"), Damaged(Words(i), damage, _ => true));
                }
                return folder;
            case "tar" or "tar.gz":
                using (var to = new MemoryStream())
                {
                    using (var tar = new TarWriter(to))
                        for (var i = 0; i < Rows; i++)
                        {
                            tar.Add(Name(i) + ".png", byBytes ? Damaged(Pictures[i], 4, _ => true) : Shown(i));
                            if (faults[i] != 4)
                                tar.Add(Name(i) + ".txt", byBytes ? Damaged(Words(i), 4, _ => true) : Words(i));
                        }
                    var archive = anywhere && layout == "tar" ? Damaged(to.ToArray(), 12, _ => true) : to.ToArray();
                    if (layout == "tar.gz")
                        archive = damage == 0 ? Pack(archive) : Damaged(Pack(archive), 6, _ => true);
                    File.WriteAllBytes(
                        file,
                        anywhere && random.NextInt(4) == 0 ? archive[..random.NextInt(archive.Length)] : archive
                    );
                }
                return file;
        }
        var index = layout switch
        {
            "csv" or "csv.gz" => Joined("image,caption\n", "\n", "\n", i => Line(i, "", ",", "")),
            "tsv" => Joined("image\tcaption\n", "\n", "\n", i => Line(i, "", "\t", "")),
            "jsonl" => Joined("", "\n", "\n", i => Line(i, "{\"image\":\"", "\",\"caption\":\"", "\"}")),
            "list.json" => Joined("[", ",", "]", i => Line(i, "{\"image\":\"", "\",\"caption\":\"", "\"}")),
            "karpathy.json" => Joined(
                "{\"images\":[",
                ",",
                "]}",
                i => Line(i, "{\"filename\":\"", "\",\"sentences\":[{\"raw\":\"", "\"}]}")
            ),
            _ => Joined(
                "{\"images\":["
                    + string.Join(
                        ",",
                        Enumerable.Range(0, Rows).Select(i => $"{{\"id\":{i},\"file_name\":\"{Name(i)}.png\"}}")
                    )
                    + "],\"annotations\":[",
                ",",
                "]}",
                i => Line(i, $"{{\"image_id\":{i},\"note\":\"", "\",\"caption\":\"", "\"}")
            ),
        };
        if (layout == "csv.gz")
            index = damage == 0 ? Pack(index) : Damaged(Pack(index), 4, _ => true);
        else if (anywhere)
            index = Damaged(index, 8, _ => true);
        else if (byBytes)
        {
            // Neither lines nor, in CSV, quotes come or go; nor is the header changed.
            var head = layout == "jsonl" ? 0 : Array.IndexOf(index, (byte)'\n') + 1;
            var body = Damaged(index[head..], 4, b => b != '\n' && (layout == "jsonl" || b != '"'));
            index = [.. index[..head], .. known ? body : index[head..]];
        }
        File.WriteAllBytes(file, anywhere && random.NextInt(8) == 0 ? index[..random.NextInt(index.Length)] : index);
        return file;
    }

    static byte[] Pack(byte[] content)
    {
        using var to = new MemoryStream();
        using (var gzip = new GZipStream(to, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return to.ToArray();
    }
}
