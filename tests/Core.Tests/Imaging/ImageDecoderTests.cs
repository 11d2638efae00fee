using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Research.Imaging;
using Research.Randomness;
using Xunit;

namespace Research.Tests.Imaging;

/// <summary>Golden values: tests/golden/imaging_formats.py.</summary>
public class ImageDecoderTests
{
    internal static readonly IReadOnlyDictionary<string, (byte[] File, RgbImage Pillow)> Files = ReadGolden();

    static Dictionary<string, (byte[], RgbImage)> ReadGolden()
    {
        using var golden = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "imaging_formats.json"))
        );
        return golden
            .RootElement.EnumerateObject()
            .ToDictionary(
                f => f.Name,
                f =>
                    (
                        f.Value.GetProperty("file").GetBytesFromBase64(),
                        new RgbImage(
                            f.Value.GetProperty("width").GetInt32(),
                            f.Value.GetProperty("height").GetInt32(),
                            f.Value.GetProperty("rgb").GetBytesFromBase64()
                        )
                    )
            );
    }

    public static TheoryData<string> Names => [.. Files.Keys];

    static InvalidDataException Refused(byte[] file, DecodeOptions? options = null) =>
        Assert.Throws<InvalidDataException>(() => ImageDecoder.Decode(file, options));

    [Theory]
    [MemberData(nameof(Names))]
    public void Pixels_equal_Pillows_within_two_levels(string name)
    {
        var (file, expected) = Files[name];
        var info = ImageDecoder.ReadInfo(file);
        var picture = ImageDecoder.Decode(file);
        Assert.Equal((expected.Width, expected.Height), (picture.Width, picture.Height));
        Assert.Equal((expected.Width, expected.Height), (info.Width, info.Height));
        Assert.Equal(name.Split('-')[0], info.Format.ToString().ToLowerInvariant());
        var worst = expected.Pixels.Zip(picture.Pixels, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst <= 2, $"off by {worst}");
    }

    [Fact]
    public void The_golden_files_cover_the_variants()
    {
        Assert.Equal(8, Files.Keys.Count(n => n.StartsWith("jpeg-exif-")));
        Assert.Superset(
            new HashSet<string> { "jpeg-420", "jpeg-444", "jpeg-grey", "jpeg-cmyk", "jpeg-ycck", "jpeg-progressive" },
            Files.Keys.ToHashSet()
        );
        Assert.Superset(
            new HashSet<string> { "webp-lossy", "webp-lossless", "webp-lossy-alpha", "webp-lossless-alpha" },
            Files.Keys.ToHashSet()
        );
    }

    [Fact]
    public void Orientation_can_be_left_unapplied()
    {
        var stored = ImageDecoder.Decode(Files["jpeg-exif-6"].File, new DecodeOptions { ApplyOrientation = false });
        Assert.Equal(Files["jpeg-exif-1"].Pillow.Width, stored.Width);
        Assert.Equal(ImageDecoder.Decode(Files["jpeg-exif-1"].File).Pixels, stored.Pixels);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_region_is_what_the_whole_picture_has_there(string name)
    {
        var file = Files[name].File;
        var whole = ImageDecoder.Decode(file);
        var random = new SeededRandom(5);
        for (var trial = 0; trial < 40; trial++)
        {
            int left = random.NextInt(whole.Width),
                top = random.NextInt(whole.Height);
            var region = new PixelRegion(
                left,
                top,
                1 + random.NextInt(whole.Width - left),
                1 + random.NextInt(whole.Height - top)
            );
            using var part = ImageDecoder.DecodeRegion(file, region, region.Width, region.Height, out var box);
            Assert.Equal(ResizeBox.All(region.Width, region.Height), box);
            for (var y = 0; y < region.Height; y++)
                Assert.Equal(
                    whole.Pixels.AsSpan(((top + y) * whole.Width + left) * 3, region.Width * 3).ToArray(),
                    part.Pixels.Slice(y * region.Width * 3, region.Width * 3).ToArray()
                );
        }
    }

    [Fact]
    public void A_shrunk_region_keeps_the_wanted_size_and_the_place()
    {
        var random = new SeededRandom(6);
        foreach (var name in Files.Keys.Where(n => n.StartsWith("jpeg")))
        {
            var (file, expected) = Files[name];
            for (var trial = 0; trial < 20; trial++)
            {
                int left = random.NextInt(expected.Width),
                    top = random.NextInt(expected.Height);
                var region = new PixelRegion(
                    left,
                    top,
                    1 + random.NextInt(expected.Width - left),
                    1 + random.NextInt(expected.Height - top)
                );
                int width = 1 + random.NextInt(region.Width),
                    height = 1 + random.NextInt(region.Height);
                using var part = ImageDecoder.DecodeRegion(file, region, width, height, out var box);
                Assert.InRange(box.Right - box.Left, width, region.Width);
                Assert.InRange(box.Bottom - box.Top, height, region.Height);
                Assert.InRange(box.Left, 0, 1);
                Assert.InRange(box.Top, 0, 1);
                Assert.InRange(box.Right, part.Width - 1, part.Width);
                Assert.InRange(box.Bottom, part.Height - 1, part.Height);
            }
        }
    }

    [Fact]
    public void A_picture_shrunk_by_the_transform_looks_as_one_shrunk_afterwards()
    {
        // A smooth picture: what both ways of shrinking agree on. Orientation 5 turns regions over the diagonal.
        foreach (var name in new[] { "jpeg-444", "jpeg-exif-5", "jpeg-exif-8", "jpeg-grey" })
        {
            var (file, _) = Files[name];
            var whole = ImageDecoder.Decode(file);
            var region = new PixelRegion(2, 1, whole.Width - 5, whole.Height - 3);
            int width = region.Width / 4,
                height = region.Height / 4;
            using var part = ImageDecoder.DecodeRegion(file, region, width, height, out var box);
            Assert.True(part.Width < region.Width / 2 + 3, $"{name}: {part.Width} columns");
            var shrunk = new byte[width * height * 3];
            var plain = new byte[width * height * 3];
            Resize.Into(part.Pixels, part.Width, part.Height, box, shrunk, width, height);
            var exact = new ResizeBox(2, 1, whole.Width - 3, whole.Height - 2);
            Resize.Into(whole.Pixels, whole.Width, whole.Height, exact, plain, width, height);
            Assert.InRange(shrunk.Zip(plain, (a, b) => Math.Abs(a - b)).Average(), 0, 12);
        }
    }

    [Theory]
    [InlineData(ImageFault.Empty, "")]
    [InlineData(ImageFault.Unsupported, "GIF89a\0\0\0\0")]
    [InlineData(ImageFault.Unsupported, "a caption, not a picture")]
    [InlineData(ImageFault.Truncated, "\u0089PNG\r\n\u001a\n")]
    [InlineData(ImageFault.Truncated, "\u00ff\u00d8\u00ff\u00e0")]
    [InlineData(ImageFault.Truncated, "RIFF\u0010\0\0\0WEBPVP8L")]
    [InlineData(ImageFault.Unsupported, "\0\0\0\u001cftypavif\0\0\0\0")]
    public void What_is_no_picture_is_refused_with_its_fault(ImageFault fault, string latin)
    {
        var error = Refused(Encoding.Latin1.GetBytes(latin));
        Assert.Equal(fault, ImageFaults.Of(error));
        Assert.NotEmpty(error.Message);
    }

    [Fact]
    public void Every_truncation_is_refused_as_truncated()
    {
        foreach (
            var name in new[]
            {
                "jpeg-420",
                "jpeg-grey",
                "jpeg-progressive",
                "webp-lossy",
                "webp-lossless",
                "webp-lossy-alpha",
            }
        )
        {
            var file = Files[name].File;
            var faults = new Dictionary<ImageFault, int>();
            for (var length = 1; length < file.Length - 8; length++)
            {
                var fault = ImageFaults.Of(Refused(file[..length]))!.Value;
                faults[fault] = faults.GetValueOrDefault(fault) + 1;
            }
            // A file may be cut into something that no longer looks like its format.
            Assert.True(
                faults.GetValueOrDefault(ImageFault.Truncated) > 0.9 * file.Length - 20,
                $"{name}: {string.Join(", ", faults)}"
            );
        }
    }

    [Fact]
    public void A_JPEG_that_lacks_its_end_marker_alone_is_whole()
    {
        var (file, expected) = Files["jpeg-420"];
        Assert.Equal(expected.Pixels, ImageDecoder.Decode(file[..^2]).Pixels);
    }

    [Fact]
    public void A_cut_JPEG_is_decoded_when_damage_is_tolerated()
    {
        var (file, expected) = Files["jpeg-420"];
        var picture = ImageDecoder.Decode(file[..(file.Length * 3 / 4)], new DecodeOptions { TolerateDamage = true });
        Assert.Equal(expected.Pixels[..90], picture.Pixels[..90]);
    }

    [Theory]
    [InlineData("jpeg-420")]
    [InlineData("webp-lossless")]
    [InlineData("png-exif-8")]
    public void Bombs_are_refused_by_their_header_before_memory_is_taken(string name)
    {
        var file = Files[name].File.ToArray();
        if (name.StartsWith("png"))
        {
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16), 30_000);
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(20), 30_000);
        }
        else if (name.StartsWith("jpeg"))
        {
            var frame = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
            BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(frame + 5), 60_000);
            BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(frame + 7), 60_000);
        }
        else
            ((ReadOnlySpan<byte>)[0xFF, 0xFF, 0xFF, 0x0F]).CopyTo(file.AsSpan(21)); // a lossless header has 14 bits each
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Refused(file);
        Assert.Equal(ImageFault.TooLarge, ImageFaults.Of(error));
        Assert.Matches(
            "^[0-9]+ x [0-9]+ pixels are more than 64000000; DecodeOptions.LargestPixelCount raises the limit$",
            error.Message
        );
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void The_limits_are_the_callers()
    {
        var file = Files["jpeg-420"].File;
        Assert.Equal(
            ImageFault.TooLarge,
            ImageFaults.Of(Refused(file, new DecodeOptions { LargestPixelCount = 1000 }))
        );
        Assert.Equal(ImageFault.TooLarge, ImageFaults.Of(Refused(file, new DecodeOptions { LargestFile = 100 })));
        // The coefficients of a progressive picture are kept: 48 MB of them for what this header now states.
        var large = Files["jpeg-progressive"].File.ToArray();
        var frame = large.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC2]);
        BinaryPrimitives.WriteUInt16BigEndian(large.AsSpan(frame + 5), 4000);
        BinaryPrimitives.WriteUInt16BigEndian(large.AsSpan(frame + 7), 4000);
        var memory = Refused(large, new DecodeOptions { LargestMemory = 1 << 20 });
        Assert.Equal(ImageFault.TooLarge, ImageFaults.Of(memory));
    }

    [Fact]
    public void A_progressive_file_of_endless_scans_is_refused()
    {
        var file = Files["jpeg-progressive"].File;
        // The last scan, again and again: each repetition is a scan that a decoder must walk through.
        var last = file.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        var bomb = file[..^2]
            .Concat(Enumerable.Repeat(file[last..^2], 3000).SelectMany(b => b))
            .Concat(file[^2..])
            .ToArray();
        var error = Refused(bomb, new DecodeOptions { TolerateDamage = true });
        Assert.Equal(ImageFault.TooLarge, ImageFaults.Of(error));
        Assert.Contains("scans", error.Message);
    }

    [Fact]
    public void A_region_outside_the_picture_is_named()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() =>
            ImageDecoder.DecodeRegion(Files["jpeg-420"].File, new PixelRegion(40, 0, 6, 1), 1, 1, out _)
        );
        Assert.Contains("6 x 1 at (40, 0) is not inside a picture of 45 x 38", error.Message);
    }
}
