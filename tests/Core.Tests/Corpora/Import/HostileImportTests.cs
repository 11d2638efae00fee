using System.Text;
using Research.Corpora;
using Research.Corpora.Import;
using Research.Randomness;
using Xunit;

namespace Research.Tests.Corpora.Import;

public class HostileImportTests
{
    static readonly byte[] NoUtf8 = [0x61, 0xC3, 0x28, 0xFF];

    // A PNG whose header states a size; nothing follows but an empty picture.
    static byte[] Bomb()
    {
        var png = DataFolder.Picture(1);
        foreach (var at in new[] { 16, 20 })
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(at), 30_000);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc(png.AsSpan(12, 17)));
        return png;
    }

    static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }

    static CorpusInfo Import(DataFolder data, string source, double allowed = 0.99) =>
        CorpusImporter.Import(data.Options(source) with { LargestSkippedShare = allowed }, data.Target);

    static Dictionary<string, int> Reasons(params (PairFault Fault, int Count)[] faults) =>
        faults.ToDictionary(f => f.Fault.ToString(), f => f.Count);

    static string Report(DataFolder data) => File.ReadAllText(Path.Combine(data.Target, CorpusImporter.ReportName));

    [Fact]
    public void Everything_wrong_in_a_shard_is_counted_and_named_and_the_rest_is_kept()
    {
        using var data = new DataFolder();
        var png = DataFolder.Picture(5);
        data.Shard(
            "s.tar",
            [
                .. DataFolder.Pair("good", 1, "good"),
                ("zero.png", []),
                ("zero.txt", DataFolder.Text("zero")),
                ("cut.png", png[..(png.Length / 2)]),
                ("cut.txt", DataFolder.Text("cut")),
                ("bomb.png", Bomb()),
                ("bomb.txt", DataFolder.Text("bomb")),
                ("noise.jpg", DataFolder.Text("this is no picture")),
                ("noise.txt", DataFolder.Text("noise")),
                ("mute.png", DataFolder.Picture(6)),
                ("blank.png", DataFolder.Picture(7)),
                ("blank.txt", DataFolder.Text(" \n")),
                ("bytes.png", DataFolder.Picture(8)),
                ("bytes.txt", NoUtf8),
                ("blind.txt", DataFolder.Text("no picture")),
                ("../../up.png", DataFolder.Picture(9)),
                ("/etc/up.png", DataFolder.Picture(10)),
                ("twice.png", DataFolder.Picture(11)),
                ("twice.png", DataFolder.Picture(12)),
                ("twice.txt", DataFolder.Text("twice")),
                .. DataFolder.Pair("good", 13, "good again"),
                ("odd.png", DataFolder.Picture(14)),
                ("odd.json", DataFolder.Text("{ \"caption\": ")),
                ("kept.png", DataFolder.Picture(15)),
                ("kept.txt", DataFolder.Text("kept")),
                ("kept.json", DataFolder.Text("[1,2]")),
                .. DataFolder.Pair("last", 16, "last"),
            ]
        );
        var info = Import(data, "s.tar");
        using var corpus = Corpus.Open(data.Target);
        Assert.Equal(["good", "twice", "kept", "last"], corpus.Query().Select(e => e.Caption));
        Assert.Equal(DataFolder.Picture(11), corpus.ReadImage(corpus.Query()[1]));
        Assert.Equal(
            Reasons(
                    (PairFault.EmptyPicture, 1),
                    (PairFault.TruncatedPicture, 1),
                    (PairFault.TooLarge, 1),
                    (PairFault.Unsupported, 1),
                    (PairFault.MissingCaption, 2),
                    (PairFault.InvalidText, 1),
                    (PairFault.MissingPicture, 1),
                    (PairFault.UnsafePath, 2),
                    (PairFault.DuplicateKey, 2),
                    (PairFault.Damaged, 1)
                )
                .OrderBy(r => r.Key),
            info.SkippedByReason.OrderBy(r => r.Key)
        );
        foreach (var name in "zero cut bomb noise mute blank bytes blind up.png twice good odd kept".Split(' '))
            Assert.Contains(name, Report(data));
        Assert.Equal(14, Report(data).Count(c => c == '\n'));
    }

    [Fact]
    public void More_than_the_allowed_share_is_refused_and_leaves_a_report_alone()
    {
        using var data = new DataFolder();
        data.Shard("s.tar", [.. DataFolder.Pair("a", 1, "a"), ("b.png", []), ("b.txt", DataFolder.Text("b"))]);
        var error = Assert.Throws<InvalidDataException>(() => Import(data, "s.tar", 0.4));
        Assert.Contains("1 EmptyPicture (s/b", error.Message);
        Assert.Contains("--largest-skipped", error.Message);
        var report = CorpusImporter.RefusedReport(data.Target);
        Assert.Equal([report, data.Source], Directory.EnumerateFileSystemEntries(data.Parent).Order());
        Assert.Contains("s/b", Assert.Single(File.ReadAllLines(report)));
        Assert.Equal(1, Import(data, "s.tar", 0.6).Pairs);
    }

    [Fact]
    public void A_cut_shard_keeps_what_is_whole_and_a_missing_one_stops_nothing()
    {
        using var data = new DataFolder();
        (string, byte[])[] members = [.. Enumerable.Range(0, 8).SelectMany(i => DataFolder.Pair($"{i}", i, $"c{i}"))];
        data.Write("0.tar", DataFolder.Archive(members)[..9000]);
        data.Shard("2.tar", DataFolder.Pair("x", 20, "x"));
        var info = Import(data, "{0..2}.tar");
        Assert.Equal(1, info.SkippedByReason["TruncatedArchive"]);
        Assert.Equal(1, info.SkippedByReason["MissingFile"]);
        using var corpus = Corpus.Open(data.Target);
        var entries = corpus.Query();
        Assert.Contains(entries, e => e.Caption == "x");
        Assert.InRange(entries.Count, 3, 8);
        Assert.All(entries, e => Assert.NotEmpty(corpus.ReadImage(e)));
        Assert.Contains("1.tar", Report(data));
    }

    [Fact]
    public void A_damaged_header_costs_its_own_member_only()
    {
        using var data = new DataFolder();
        var archive = DataFolder.Archive([
            .. Enumerable.Range(0, 5).SelectMany(i => DataFolder.Pair($"{i}", i, $"c{i}")),
        ]);
        var hit = TarReader.Members(new MemoryStream(archive), "s").Single(m => m.Name == "2.png");
        archive[(int)hit.Offset - 512 + 130] ^= 0x3F; // in its size
        data.Write("s.tar", archive);
        var info = Import(data, "s.tar");
        using var corpus = Corpus.Open(data.Target);
        Assert.Equal(["c0", "c1", "c3", "c4"], corpus.Query().Select(e => e.Caption));
        Assert.Equal(Reasons((PairFault.MissingPicture, 1), (PairFault.Damaged, 1)), info.SkippedByReason);
    }

    [Fact]
    public void Drawings_that_reach_outside_or_never_end_harm_nobody()
    {
        using var data = new DataFolder();
        var secret = data.Write("secret.png", DataFolder.Picture(1));
        const string Head =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"0 0 8 8\"";
        data.Write("a/plain.svg", $"{Head}><path d=\"M0 0h4v4z\"/></svg>");
        data.Write("a/outside.svg", $"{Head}><image width=\"8\" height=\"8\" xlink:href=\"file://{secret}\"/></svg>");
        data.Write("a/endless.svg", $"{Head}><g id=\"a\"><use xlink:href=\"#a\"/></g></svg>");
        data.Write(
            "a/entities.svg",
            "<!DOCTYPE svg [<!ENTITY a \"aaaaaaaaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">"
                + "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;\">]>"
                + $"{Head}><text>&f;&f;&f;&f;</text></svg>"
        );
        File.Delete(secret);
        File.WriteAllBytes(Path.Combine(data.Parent, "secret.png"), DataFolder.Picture(1));
        var info = Import(data, "");
        using var corpus = Corpus.Open(data.Target);
        Assert.Contains(corpus.Query(), e => e.Key == "mine/a/plain.svg");
        Assert.Equal(4, info.Pairs + info.SkippedByReason.Values.Sum());
        // Drawn or refused, what is outside is not in it.
        foreach (var entry in corpus.Query(where: "key LIKE '%outside%'"))
        {
            var table = ImageTable.Load(corpus, [entry], 16);
            Assert.All(table.Pixels, p => Assert.Equal(255, p));
        }
    }

    [Fact]
    public void A_table_cannot_name_files_outside_its_folder()
    {
        using var data = new DataFolder();
        File.WriteAllBytes(Path.Combine(data.Parent, "outside.png"), DataFolder.Picture(1));
        data.Write("in.png", DataFolder.Picture(2));
        data.Write(
            "t.csv",
            $"image,caption\n../outside.png,up\n{data.Parent}/outside.png,absolute\nin.png,fine\ngone.png,gone\nin.png,twice\n"
        );
        File.AppendAllText(Path.Combine(data.Source, "t.csv"), "x,y,z\n");
        using (var file = File.Open(Path.Combine(data.Source, "t.csv"), FileMode.Append))
            file.Write([.. "in.png,"u8, .. NoUtf8, (byte)'\n']);
        var info = Import(data, "t.csv");
        using var corpus = Corpus.Open(data.Target);
        Assert.Equal(["fine"], corpus.Query().Select(e => e.Caption));
        Assert.Equal(
            Reasons(
                    (PairFault.Damaged, 1),
                    (PairFault.DuplicateKey, 1),
                    (PairFault.InvalidText, 1),
                    (PairFault.MissingFile, 1),
                    (PairFault.UnsafePath, 2)
                )
                .OrderBy(r => r.Key),
            info.SkippedByReason.OrderBy(r => r.Key)
        );
    }

    [Fact]
    public void A_manifest_cannot_make_the_reader_leave_the_root()
    {
        using var data = new DataFolder();
        data.Write("x/1.png", DataFolder.Picture(1));
        using var corpus = data.Import(data.Options());
        var entry = corpus.Query()[0];
        foreach (var shard in new[] { "../corpus/manifest.sqlite", "/etc/passwd", "corpus:../x", "corpus:" })
            Assert.Throws<InvalidDataException>(() => corpus.ReadImage(entry with { Shard = shard }));
    }

    [Fact]
    public void A_shard_that_disappears_or_shrinks_after_the_import_is_named()
    {
        using var data = new DataFolder();
        var shard = data.Shard("s.tar", [.. DataFolder.Pair("a", 1, "a"), .. DataFolder.Pair("b", 2, "b")]);
        using var corpus = data.Import(data.Options("s.tar"));
        using (var file = File.OpenWrite(shard))
            file.SetLength(2000);
        Assert.Contains(
            "s.tar is cut",
            Assert.Throws<InvalidDataException>(() => corpus.ReadImage(corpus.Query()[1])).Message
        );
        File.Delete(shard);
        using var again = Corpus.Open(data.Target);
        Assert.Contains(
            "s.tar cannot be opened",
            Assert.Throws<InvalidDataException>(() => again.ReadImage(again.Query()[0])).Message
        );
    }

    // Whatever is changed in an archive, all that is told lies inside it, and reading ends.
    [Fact]
    public void Ten_thousand_mutated_shards_are_read_on_behind_every_fault()
    {
        var random = new SeededRandom(20);
        var sound = DataFolder.Archive([
            .. Enumerable
                .Range(0, 4)
                .SelectMany(i => new[] { ($"{i}.png", new byte[700]), ($"{i}.txt", "word"u8.ToArray()) }),
        ]);
        var (faults, kept) = (0, 0);
        for (var trial = 0; trial < 10_000; trial++)
        {
            var mutant = random.NextInt(4) == 0 ? sound[..random.NextInt(sound.Length)] : sound.ToArray();
            for (var i = 1 + random.NextInt(4); i > 0 && mutant.Length > 0; i--)
                mutant[random.NextInt(mutant.Length)] = (byte)random.NextInt(256);
            foreach (var member in TarReader.Members(new MemoryStream(mutant), _ => faults++))
            {
                kept++;
                Assert.InRange(member.Offset, 512, mutant.Length);
                Assert.InRange(member.Offset + member.Size, member.Offset, mutant.Length);
                Assert.DoesNotContain("..", member.Name.Split('/'));
            }
        }
        Assert.InRange(faults, 1000, 40_000);
        Assert.InRange(kept, 40_000, 80_000);
    }

    [Fact]
    public void Mutated_shards_are_imported_with_every_loss_told()
    {
        var random = new SeededRandom(21);
        var sound = DataFolder.Archive([
            .. Enumerable.Range(0, 3).SelectMany(i => DataFolder.Pair($"{i}", i, $"c{i}")),
        ]);
        for (var trial = 0; trial < 60; trial++)
        {
            using var data = new DataFolder();
            var mutant = sound.ToArray();
            for (var i = 1 + random.NextInt(12); i > 0; i--)
                mutant[random.NextInt(mutant.Length)] = (byte)random.NextInt(256);
            data.Write("s.tar", mutant);
            try
            {
                var info = Import(data, "s.tar", 1);
                Assert.True(info.Pairs >= 3 || info.SkippedByReason.Count + info.DroppedEqual > 0);
            }
            catch (InvalidDataException error)
            {
                Assert.Contains("gives 0 pairs", error.Message);
            }
        }
    }

    [Fact]
    public void A_packed_table_that_is_cut_gives_what_came_before()
    {
        using var data = new DataFolder();
        data.Write("1.png", DataFolder.Picture(1));
        var random = new SeededRandom(4);
        var rows = new StringBuilder("image,caption\n1.png,first\n");
        for (var i = 0; i < 3000; i++)
            rows.Append($"gone.png,{random.NextUInt64():x}\n");
        var packed = DataFolder.Pack(DataFolder.Text(rows.ToString()));
        data.Write("t.csv.gz", packed[..(packed.Length / 2)]);
        var info = Import(data, "t.csv.gz", 1);
        Assert.Equal(1, info.Pairs);
    }
}
