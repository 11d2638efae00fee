using System.Buffers.Binary;
using System.IO.Compression;
using Research.Encoders.Formats;
using Xunit;

namespace Core.Tests.Encoders;

/// <summary>Zip archives that lie.</summary>
public sealed class HostileArchiveTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory().FullName;

    string Path_ => Path.Combine(folder, "a.pt");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static byte[] Good(CompressionLevel level = CompressionLevel.NoCompression) =>
        PickleBytes.Archive(PickleBytes.OneTensor(p => p.Tensor("0", 4, [4], [1])), level, ("data/0", new byte[16]));

    static int Directory_(byte[] zip, int entry)
    {
        var at = (int)BinaryPrimitives.ReadUInt32LittleEndian(zip.AsSpan(zip.Length - 6));
        for (; entry > 0; entry--)
            at +=
                46
                + BinaryPrimitives.ReadUInt16LittleEndian(zip.AsSpan(at + 28))
                + BinaryPrimitives.ReadUInt16LittleEndian(zip.AsSpan(at + 30));
        return at;
    }

    static void Put(byte[] zip, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(zip.AsSpan(at), value);

    static readonly Dictionary<string, (Action<byte[]> Lie, string Fault)> lies = new()
    {
        ["a stored size beyond the file"] = (
            z =>
            {
                Put(z, Directory_(z, 1) + 20, 1_000_000);
                Put(z, Directory_(z, 1) + 24, 1_000_000);
            },
            "'archive/data/0' claims 1000000 bytes"
        ),
        ["an unpacked size that is not the stored one"] = (
            z => Put(z, Directory_(z, 1) + 24, 17),
            "16 bytes packed and 17"
        ),
        ["entries that overlap"] = (
            z =>
                Put(z, Directory_(z, 1) + 42, BinaryPrimitives.ReadUInt32LittleEndian(z.AsSpan(Directory_(z, 0) + 42))),
            "overlaps"
        ),
        ["an entry that begins nowhere"] = (z => Put(z, Directory_(z, 1) + 42, 3), "byte 3 does not begin"),
        ["an entry behind the end"] = (z => Put(z, Directory_(z, 1) + 42, 0x7FFFFFFF), "behind the archive's data"),
        ["an entry without its 64-bit place"] = (
            z => Put(z, Directory_(z, 1) + 42, uint.MaxValue),
            "needs 64-bit sizes"
        ),
        ["encryption"] = (z => z[Directory_(z, 1) + 8] |= 1, "is encrypted"),
        ["another packing"] = (z => z[Directory_(z, 1) + 10] = 12, "method 12"),
        ["a directory that is no directory"] = (z => z[Directory_(z, 1)] = 0, "ends after 1 of"),
        ["more entries than there are"] = (z => z[^12] = 60, "claims 60 entries"),
        ["a directory behind the end"] = (z => Put(z, z.Length - 6, 0x7FFFFFFF), "would lie at byte 2147483647"),
        ["a directory of 2 GB"] = (z => Put(z, z.Length - 10, 0x7FFFFFFF), "claims 2147483647 bytes"),
        ["64-bit places that are not there"] = (
            z => Put(z, z.Length - 6, uint.MaxValue),
            "needs 64-bit sizes and has none"
        ),
    };

    public static TheoryData<string> Names => [.. lies.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_archive_that_lies_is_refused(string name)
    {
        var zip = Good();
        lies[name].Lie(zip);
        File.WriteAllBytes(Path_, zip);
        var error = Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_).Dispose());
        Assert.Contains(lies[name].Fault, error.Message);
        Assert.Contains("a.pt", error.Message);
    }

    [Fact]
    public void A_whole_archive_is_read_and_every_cut_of_it_refused()
    {
        var zip = Good();
        File.WriteAllBytes(Path_, zip);
        using (var file = TensorFile.Open(Path_))
            Assert.Equal([4L], file.Entries["w"].Shape);
        for (var length = 4; length < zip.Length; length++)
        {
            File.WriteAllBytes(Path_, zip[..length]);
            Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_));
        }
    }

    [Fact]
    public void A_bomb_is_refused_by_its_size_before_it_is_unpacked()
    {
        var pickle = PickleBytes.OneTensor(p => p.Tensor("0", 4, [4], [1]));
        File.WriteAllBytes(
            Path_,
            PickleBytes.Archive(pickle, CompressionLevel.Optimal, ("data/0", new byte[100 << 20]))
        );
        Assert.True(new FileInfo(Path_).Length < 1 << 20);
        var error = Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_));
        Assert.Contains("would unpack to more than", error.Message);
        Assert.Contains("'archive/data/0'", error.Message);
    }

    [Fact]
    public void A_packed_entry_that_is_shorter_than_it_claims_is_refused_by_name()
    {
        var zip = Good(CompressionLevel.Optimal);
        Put(zip, Directory_(zip, 1) + 24, 64);
        File.WriteAllBytes(Path_, zip);
        using (var file = TensorFile.Open(Path_))
            file.Read("w").Dispose(); // what is needed is there
        Put(zip, Directory_(zip, 0) + 24, 10_000);
        File.WriteAllBytes(Path_, zip);
        Assert.Contains(
            "'archive/data.pkl' cannot be unpacked",
            Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_)).Message
        );
    }

    [Fact]
    public void What_is_no_archive_of_PyTorch_says_what_it_is()
    {
        File.WriteAllBytes(Path_, PickleBytes.Archive([], others: ("x/y", [])).ToArray());
        Assert.Contains("protocol", Message());
        using (var memory = new MemoryStream())
        {
            using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
                zip.CreateEntry("readme.txt").Open().Dispose();
            File.WriteAllBytes(Path_, memory.ToArray());
        }
        Assert.Contains("zip file without a 'data.pkl'", Message());
        File.WriteAllBytes(Path_, PickleBytes.Archive([], others: ("more/data.pkl", [])));
        Assert.Contains("two pickles", Message());
        File.WriteAllBytes(Path_, new PickleBytes().Op('N').Stopped());
        Assert.Contains("bare pickle", Message());
        File.WriteAllBytes(Path_, [0x89, (byte)'H', (byte)'D', (byte)'F', 13, 10, 26, 10, 0, 0]);
        Assert.Contains("HDF5", Message());
        File.WriteAllText(Path_, "version https://git-lfs.github.com/spec/v1\n");
        Assert.Contains("neither a safetensors file nor", Message());
        var big = PickleBytes.Archive(
            PickleBytes.OneTensor(p => p.Tensor("0", 4, [4], [1])),
            others: [("data/0", new byte[16]), ("byteorder", "big"u8.ToArray())]
        );
        File.WriteAllBytes(Path_, big);
        Assert.Contains("byte order is 'big'", Message());
        Assert.Throws<FileNotFoundException>(() => TensorFile.Open(Path.Combine(folder, "none")));
    }

    string Message() => Assert.Throws<InvalidDataException>(() => TensorFile.Open(Path_)).Message;
}
