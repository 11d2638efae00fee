using System.Buffers.Binary;
using System.Text;
using Research.Engine;
using Research.Randomness;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Engine;

/// <summary>Safetensors: round trips, files from elsewhere, hostile files.</summary>
public sealed class SafetensorsTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory().FullName;

    string File_ => Path.Combine(folder, "a.safetensors");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Every_dtype_and_shape_survives_a_round_trip()
    {
        using var scope = NewDisposeScope();
        var numbers = Formula.Ramp(1, [3, 4], 200);
        ScalarType[] types =
        [
            ScalarType.Bool,
            ScalarType.Byte,
            ScalarType.Int8,
            ScalarType.Int16,
            ScalarType.BFloat16,
            ScalarType.Float16,
            ScalarType.Int32,
            ScalarType.Float32,
            ScalarType.Int64,
            ScalarType.Float64,
        ];
        var tensors = types.ToDictionary(
            t => "größe." + t,
            t => (t == ScalarType.Byte ? numbers.abs() : numbers).to(t)
        );
        tensors["scalar"] = tensor(2.5f);
        tensors["empty"] = zeros(0, 3);
        tensors["transposed"] = numbers.t();
        var metadata = new Dictionary<string, string> { ["step"] = "12", ["note"] = "a \"quoted\" ü\n" };
        Safetensors.Save(File_, tensors, metadata);
        var loaded = Safetensors.Load(File_);
        Assert.Equal(tensors.Keys.Order(), loaded.Keys.Order());
        foreach (var (name, value) in tensors)
        {
            Assert.Equal(value.dtype, loaded[name].dtype);
            Golden.Same(name, value, loaded[name]);
        }
        Assert.Equal(metadata, Safetensors.ReadMetadata(File_));
        Assert.Equal([File_], Directory.GetFiles(folder));
        var entries = SafetensorsHeader.Read(File_).Entries;
        Assert.All(
            entries,
            e => Assert.Equal(0, e.Begin % SafetensorsHeader.Types.Single(t => t.type == e.Type).bytes)
        );
    }

    [Fact]
    public void A_failed_save_leaves_the_old_file_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(File_, new Dictionary<string, Tensor> { ["a"] = ones(3) });
        var disposed = ones(2);
        disposed.Dispose();
        Assert.ThrowsAny<Exception>(() =>
            Safetensors.Save(File_, new Dictionary<string, Tensor> { ["a"] = zeros(3), ["b"] = disposed })
        );
        Golden.Same("a", ones(3), Safetensors.Load(File_)["a"]);
        Assert.Equal([File_], Directory.GetFiles(folder));
        Assert.Throws<ArgumentException>(() =>
            Safetensors.Save(File_, new Dictionary<string, Tensor> { ["__metadata__"] = zeros(3) })
        );
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "1 bytes follow")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "cut off")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}""", 12, "span 12")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "not a range")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", 8, "'-8'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "'-2'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", 8, "'1.5'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "too large")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "too large")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""",
        6,
        "inside 'a'"
    )]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""",
        8,
        "'a' occurs twice"
    )]
    [InlineData("""{"a":{"dtype":"U8","shape":[4]}}""", 4, "lacks one of")]
    [InlineData("""{"a":[]}""", 0, "lacks one of")]
    [InlineData("""{"__metadata__":{"k":1}}""", 0, "not a string")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"}}""", 0, "occurs twice")]
    [InlineData("""[]""", 0, "not a JSON object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}""", 8, "not valid JSON at byte")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1e3],"data_offsets":[0,4000]}}""", 4000, "'1e3', not a whole number")]
    [InlineData("""{"a\nb":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}""", 12, "'a\\u000ab' is F32")]
    [InlineData("""{"a":""", 0, "not valid JSON")]
    public void A_malformed_file_is_rejected_with_its_fault(string header, int dataBytes, string fault)
    {
        Write((ulong)Encoding.UTF8.GetByteCount(header), header, dataBytes);
        var error = Assert.Throws<InvalidDataException>(() => Safetensors.Load(File_));
        Assert.Contains(fault, error.Message);
        Assert.Contains("a.safetensors", error.Message);
    }

    [Theory]
    [InlineData(ulong.MaxValue, "more than the 100000000")]
    [InlineData(100_000_001UL, "more than the 100000000")]
    [InlineData(90_000_000UL, "but the file has only")]
    public void A_header_size_that_cannot_be_is_rejected_before_anything_is_allocated(ulong size, string fault)
    {
        Write(size, "{}", 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidDataException>(() => Safetensors.Load(File_));
        Assert.Contains(fault, error.Message);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1_000_000);
    }

    [Fact]
    public void A_file_too_short_for_a_header_is_rejected()
    {
        File.WriteAllBytes(File_, [1, 2, 3]);
        Assert.Contains("3 bytes", Assert.Throws<InvalidDataException>(() => Safetensors.Load(File_)).Message);
        File.Delete(File_);
        Assert.Throws<FileNotFoundException>(() => Safetensors.Load(File_));
    }

    [Fact]
    public void An_unknown_dtype_names_the_known_ones()
    {
        Write(null, """{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", 4);
        var error = Assert.Throws<NotSupportedException>(() => Safetensors.Load(File_));
        Assert.Contains("'F8_E4M3'", error.Message);
        Assert.Contains("BF16", error.Message);
    }

    [Fact]
    public void A_boolean_byte_that_is_neither_0_nor_1_is_rejected()
    {
        Write(null, """{"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}""", 2, fill: 7);
        Assert.Contains("the byte 7", Assert.Throws<InvalidDataException>(() => Safetensors.Load(File_)).Message);
    }

    [Fact]
    public void Text_that_is_not_Unicode_is_rejected()
    {
        Write(null, """{"\ud800":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 4);
        Assert.Contains("not Unicode", Assert.Throws<InvalidDataException>(() => Safetensors.Load(File_)).Message);
    }

    [Fact]
    public void A_damaged_file_loads_or_is_rejected_and_never_fails_otherwise()
    {
        using var scope = NewDisposeScope();
        var saved = new Dictionary<string, Tensor>
        {
            ["a.b"] = ones(3, 2),
            ["c"] = tensor(4L),
            ["d"] = ones(5).to(ScalarType.Bool),
        };
        Safetensors.Save(File_, saved, new Dictionary<string, string> { ["k"] = "v" });
        var whole = File.ReadAllBytes(File_);
        var random = new SeededRandom(1);
        var rejected = 0;
        for (var trial = 0; trial < 2000; trial++)
        {
            using var inner = NewDisposeScope();
            var damaged = whole.ToArray();
            for (var k = random.NextInt(3); k >= 0; k--)
                damaged[random.NextInt(damaged.Length)] = (byte)random.NextInt(256);
            if (random.NextInt(4) == 0)
                damaged = damaged[..random.NextInt(damaged.Length)];
            File.WriteAllBytes(File_, damaged);
            try
            {
                Safetensors.Load(File_);
            }
            catch (Exception e) when (e is InvalidDataException or NotSupportedException)
            {
                rejected++;
            }
        }
        Assert.InRange(rejected, 1000, 1999);
    }

    void Write(ulong? size, string header, int dataBytes, byte fill = 0)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + text.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, size ?? (ulong)text.Length);
        text.CopyTo(bytes, 8);
        bytes.AsSpan(8 + text.Length).Fill(fill);
        File.WriteAllBytes(File_, bytes);
    }
}
