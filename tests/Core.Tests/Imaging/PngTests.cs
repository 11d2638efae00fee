using System.Buffers.Binary;
using System.Text.Json;
using Research.Imaging;
using Research.Randomness;
using Xunit;

namespace Research.Tests.Imaging;

public class PngTests
{
    static RgbImage Noise(int width, int height, ulong seed)
    {
        var random = new SeededRandom(seed);
        var pixels = new byte[width * height * 3];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)random.NextInt(256);
        return new RgbImage(width, height, pixels);
    }

    [Fact]
    public void Every_depth_colour_type_and_interlacing_decodes_as_in_Pillow()
    {
        using var golden = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "imaging.json"))
        );
        var files = golden.RootElement.GetProperty("decoded").EnumerateObject().ToArray();
        Assert.Equal(34, files.Length);
        var wrong = new List<string>();
        foreach (var file in files)
        {
            var picture = Png.Decode(file.Value.GetProperty("png").GetBytesFromBase64());
            Assert.Equal((file.Name, 13, 11), (file.Name, picture.Width, picture.Height));
            var expected = file.Value.GetProperty("rgb").GetBytesFromBase64();
            var worst = expected.Zip(picture.Pixels, (a, b) => Math.Abs(a - b)).Max();
            if (worst > 0)
                wrong.Add($"{file.Name}: off by {worst}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void What_is_encoded_is_decoded()
    {
        var random = new SeededRandom(8);
        for (var trial = 0; trial < 60; trial++)
        {
            var picture = Noise(1 + random.NextInt(70), 1 + random.NextInt(70), random.NextUInt64());
            var again = Png.Decode(Png.Encode(picture));
            Assert.Equal((picture.Width, picture.Height), (again.Width, again.Height));
            Assert.Equal(picture.Pixels, again.Pixels);
        }
    }

    [Fact]
    public void A_bomb_is_refused_by_its_header()
    {
        var file = Png.Encode(Noise(4, 4, 1));
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16), 30_000);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(20), 30_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidDataException>(() => Png.Decode(file));
        Assert.Contains("30000 x 30000", error.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Every_truncation_is_an_error_and_no_crash()
    {
        var file = Png.Encode(Noise(16, 16, 2));
        for (var length = 0; length < file.Length - 12; length++) // the last chunk carries nothing
            Assert.Throws<InvalidDataException>(() => Png.Decode(file.AsSpan(0, length)));
        Assert.Equal("the file is empty", Assert.Throws<InvalidDataException>(() => Png.Decode([])).Message);
        Assert.Equal(
            "not a PNG file",
            Assert.Throws<InvalidDataException>(() => Png.Decode("GIF89a, not a PNG"u8)).Message
        );
    }

    [Fact]
    public void Mutated_files_decode_or_are_refused_with_a_reason()
    {
        var file = Png.Encode(Noise(12, 12, 3));
        var random = new SeededRandom(4);
        var refused = 0;
        for (var trial = 0; trial < 3000; trial++)
        {
            var mutant = file.ToArray();
            for (var i = 1 + random.NextInt(4); i > 0; i--)
                mutant[random.NextInt(mutant.Length)] = (byte)random.NextInt(256);
            try
            {
                Assert.NotEmpty(Png.Decode(mutant).Pixels);
            }
            catch (InvalidDataException error)
            {
                Assert.NotEmpty(error.Message);
                refused++;
            }
        }
        Assert.True(refused > 1500, $"{refused} of 3000 mutants refused");
    }

    [Fact]
    public void An_array_of_another_size_is_not_encoded() =>
        Assert.Throws<ArgumentException>(() => Png.Encode(new RgbImage(3, 3, new byte[26])));
}
