using System.Formats.Tar;
using System.Text;
using Research.Randomness;
using Xunit;
using TarReader = Research.Corpora.TarReader;
using TarWriter = Research.Corpora.TarWriter;

namespace Research.Tests.Corpora.Shards;

public class TarTests
{
    static readonly string LongName = string.Join('/', Enumerable.Repeat("folder", 40)) + "/picture.png";

    static byte[] Content(string name) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(name, 1 + name.Length % 50)));

    static byte[] Archive(TarEntryFormat format, params string[] names)
    {
        using var stream = new MemoryStream();
        using (var tar = new System.Formats.Tar.TarWriter(stream, format, leaveOpen: true))
            foreach (var name in names)
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                    _ => new V7TarEntry(TarEntryType.V7RegularFile, name),
                };
                entry.DataStream = new MemoryStream(Content(name));
                tar.WriteEntry(entry);
            }
        return stream.ToArray();
    }

    static Dictionary<string, byte[]> Read(byte[] archive) =>
        TarReader
            .Members(new MemoryStream(archive), "test.tar")
            .ToDictionary(m => m.Name, m => archive[(int)m.Offset..(int)(m.Offset + m.Size)]);

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.V7)]
    public void Archives_of_every_format_list_their_files(TarEntryFormat format)
    {
        string[] names = format is TarEntryFormat.Pax or TarEntryFormat.Gnu
            ? ["a.png", "b/ü.txt", LongName, "last.json"]
            : ["a.png", "b/c.txt", "last.json"];
        var files = Read(Archive(format, names));
        Assert.Equal(names, files.Keys);
        Assert.All(files, file => Assert.Equal(Content(file.Key), file.Value));
    }

    [Fact]
    public void What_is_written_is_read_and_equal_files_give_equal_archives()
    {
        byte[] Write()
        {
            using var stream = new MemoryStream();
            using (var tar = new TarWriter(stream))
                for (var i = 0; i < 40; i++)
                {
                    var offset = tar.Add($"{i:D3}.bin", Content(new string('x', i)));
                    Assert.Equal(0, offset % 512);
                }
            return stream.ToArray();
        }
        var archive = Write();
        Assert.Equal(archive, Write());
        var files = Read(archive);
        Assert.Equal(40, files.Count);
        for (var i = 0; i < 40; i++)
            Assert.Equal(Content(new string('x', i)), files[$"{i:D3}.bin"]);
    }

    [Theory]
    [InlineData("../up.png")]
    [InlineData("a/../../up.png")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\b.png")]
    public void A_name_that_leads_out_of_the_folder_is_refused_on_both_ways(string name)
    {
        Assert.Contains(
            name,
            Assert.Throws<InvalidDataException>(() => Read(Archive(TarEntryFormat.Pax, "fine.png", name))).Message
        );
        using var tar = new TarWriter(new MemoryStream());
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => tar.Add(name, [1])).Message);
    }

    [Fact]
    public void Names_are_unique_and_short_in_what_is_written()
    {
        using var tar = new TarWriter(new MemoryStream());
        tar.Add("a", []);
        Assert.Contains("already holds 'a'", Assert.Throws<ArgumentException>(() => tar.Add("a", [])).Message);
        Assert.Contains("longer than 100", Assert.Throws<ArgumentException>(() => tar.Add(LongName, [])).Message);
        Assert.Throws<ArgumentException>(() => tar.Add("", []));
    }

    [Fact]
    public void Links_folders_and_devices_are_passed_over()
    {
        using var stream = new MemoryStream();
        using (var tar = new System.Formats.Tar.TarWriter(stream, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "folder/"));
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "/etc/passwd" });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "hard") { LinkName = "../../x" });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "file") { DataStream = new MemoryStream([1, 2]) });
        }
        Assert.Equal(["file"], Read(stream.ToArray()).Keys);
    }

    [Fact]
    public void An_archive_cut_anywhere_loses_no_file_in_silence()
    {
        string[] names = ["a.png", "b.txt", "c.json"];
        var archive = Archive(TarEntryFormat.Ustar, names);
        var ends = TarReader
            .Members(new MemoryStream(archive), "test.tar")
            .Select(m => (int)(m.Offset + (m.Size + 511) / 512 * 512))
            .ToArray();
        for (var length = 0; length < ends[^1]; length += 7)
        {
            if (ends.Contains(length))
                continue;
            var error = Assert.Throws<InvalidDataException>(() => Read(archive[..length]));
            Assert.Contains("test.tar is damaged at byte", error.Message);
            Assert.Contains("cut", error.Message);
        }
        Assert.Equal(3, Read(archive[..ends[^1]]).Count); // without the end mark
    }

    [Fact]
    public void Mutated_archives_are_read_or_refused_and_never_point_outside()
    {
        var random = new SeededRandom(6);
        var archives = new[]
        {
            Archive(TarEntryFormat.Pax, "a.png", LongName),
            Archive(TarEntryFormat.Gnu, LongName, "b.png"),
        };
        var refused = 0;
        for (var trial = 0; trial < 4000; trial++)
        {
            var mutant = archives[trial % 2].ToArray();
            for (var i = 1 + random.NextInt(3); i > 0; i--)
                mutant[random.NextInt(mutant.Length)] = (byte)random.NextInt(256);
            if (random.NextInt(2) == 0)
                FixCheckSums(mutant);
            try
            {
                foreach (var member in TarReader.Members(new MemoryStream(mutant), "mutant.tar"))
                {
                    Assert.InRange(member.Offset + member.Size, 0, mutant.Length);
                    Assert.DoesNotContain("..", member.Name.Split('/'));
                }
            }
            catch (InvalidDataException error)
            {
                Assert.Contains("mutant.tar", error.Message);
                refused++;
            }
        }
        Assert.InRange(refused, 400, 3990);
    }

    // So that the mutations are seen by what comes after the check sum.
    static void FixCheckSums(byte[] archive)
    {
        for (var at = 0; at + 512 <= archive.Length; at += 512)
            if (archive.AsSpan(at + 257, 5).SequenceEqual("ustar"u8))
            {
                archive.AsSpan(at + 148, 8).Fill((byte)' ');
                var sum = 0;
                for (var i = 0; i < 512; i++)
                    sum += archive[at + i];
                Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(archive, at + 148);
            }
    }

    [Fact]
    public void A_long_name_that_claims_gigabytes_is_refused_before_it_is_read()
    {
        var archive = Archive(TarEntryFormat.Gnu, LongName);
        Encoding.ASCII.GetBytes("77777777777\0").CopyTo(archive, 124);
        FixCheckSums(archive);
        Assert.Contains("cut", Assert.Throws<InvalidDataException>(() => Read(archive)).Message);
    }
}
