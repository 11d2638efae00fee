using System.Security.Cryptography;
using System.Text.Json;
using Research.Imaging;
using Research.Randomness;
using Xunit;

namespace Research.Tests.Imaging;

/// <summary>Golden values: tests/golden/imaging_augment.py.</summary>
public class AugmentTests
{
    static readonly JsonElement Golden = JsonDocument
        .Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "imaging_augment.json")))
        .RootElement;

    static RgbImage Source() =>
        new(
            Golden.GetProperty("width").GetInt32(),
            Golden.GetProperty("height").GetInt32(),
            Golden.GetProperty("source").GetBytesFromBase64()
        );

    static void Check(List<string> wrong, JsonElement expected, string name, byte[] pixels)
    {
        if (Convert.ToHexStringLower(SHA256.HashData(pixels)) != expected.GetProperty("sha256").GetString())
            wrong.Add($"{name}: {string.Join(' ', pixels[1500..1512])} is not {expected.GetProperty("middle")}");
    }

    [Fact]
    public void RandAugments_operations_and_magnitudes_equal_torchvisions()
    {
        Assert.Equal(Golden.GetProperty("names").EnumerateArray().Select(n => n.GetString()), RandAugment.Operations);
        var wrong = new List<string>();
        var cases = Golden.GetProperty("operations").EnumerateArray().ToArray();
        Assert.Equal(115, cases.Length);
        foreach (var item in cases)
        {
            var (name, level) = (item.GetProperty("name").GetString()!, item.GetProperty("level").GetInt32());
            var strength = item.GetProperty("strength").GetDouble();
            var picture = Source();
            using var buffer = PixelBuffer.Of(picture);
            Assert.Equal(
                Math.Abs(strength),
                new RandAugment(magnitude: level).Strength(name, picture.Width, picture.Height),
                4
            );
            RandAugment.Apply(buffer, name, strength);
            Check(wrong, item, $"{name} {strength}", picture.Pixels);
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Changes_of_colour_equal_Pillows()
    {
        var wrong = new List<string>();
        foreach (var item in Golden.GetProperty("jitter").EnumerateArray())
        {
            var (name, value) = (item.GetProperty("name").GetString()!, item.GetProperty("value").GetDouble());
            var pixels = Source().Pixels;
            switch (name)
            {
                case "Brightness":
                    ColourOps.Brightness(pixels, value);
                    break;
                case "Contrast":
                    ColourOps.Contrast(pixels, value);
                    break;
                case "Saturation":
                    ColourOps.Saturation(pixels, value);
                    break;
                default:
                    ColourOps.Hue(pixels, value);
                    break;
            }
            Check(wrong, item, $"{name} {value}", pixels);
        }
        Assert.Empty(wrong);
    }

    static ImagePipeline Pipeline(ulong seed) =>
        new()
        {
            Crop = new RandomResizedCrop(16),
            Stages =
            [
                new HorizontalFlip(),
                new ColourJitter
                {
                    Brightness = 0.4,
                    Contrast = 0.4,
                    Saturation = 0.4,
                    Hue = 0.1,
                },
                new RandAugment(),
                new RandomGrey(0.2),
            ],
            Seed = seed,
        };

    static byte[] Load(ImagePipeline pipeline, byte[] file, long sample, long epoch)
    {
        var planes = new byte[pipeline.Length];
        pipeline.Load(file, sample, epoch, planes);
        return planes;
    }

    [Fact]
    public void What_is_random_is_a_function_of_seed_sample_and_epoch()
    {
        var file = ImageDecoderTests.Files["jpeg-444"].File;
        var keys = (
            from seed in new ulong[] { 1, 2 }
            from sample in new long[] { 0, 1, 7 }
            from epoch in new long[] { 0, 1 }
            select (seed, sample, epoch)
        ).ToArray();
        var once = keys.Select(k => Load(Pipeline(k.seed), file, k.sample, k.epoch)).ToArray();
        var again = new byte[keys.Length][];
        Parallel.For(0, keys.Length, i => again[i] = Load(Pipeline(keys[i].seed), file, keys[i].sample, keys[i].epoch));
        Assert.Equal(once, again);
        Assert.Equal(keys.Length, once.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void A_random_crop_is_inside_and_has_the_area_and_ratio_that_were_asked_for()
    {
        var random = new SeededRandom(3);
        var crop = new RandomResizedCrop(8, 0.2, 0.6, 0.5, 2);
        var areas = new List<double>();
        for (var trial = 0; trial < 3000; trial++)
        {
            var region = crop.Draw(640, 480, random);
            region.RequireInside(640, 480, "region");
            areas.Add((double)region.Width * region.Height / (640 * 480));
            Assert.InRange(areas[^1], 0.19, 0.61);
            Assert.InRange((double)region.Width / region.Height, 0.49, 2.02);
        }
        Assert.InRange(areas.Average(), 0.38, 0.42);
        // No ratio fits: the largest centred rectangle.
        Assert.Equal(new PixelRegion(0, 43, 10, 13), new RandomResizedCrop(8, 0.9).Draw(10, 100, random));
        Assert.Equal(new PixelRegion(43, 0, 13, 10), new RandomResizedCrop(8, 0.9).Draw(100, 10, random));
        Assert.Equal(new PixelRegion(0, 0, 1, 1), crop.Draw(1, 1, random));
    }

    [Fact]
    public void A_centre_crop_is_what_Pillow_and_CLIP_make_of_the_picture()
    {
        foreach (var (name, (file, pillow)) in ImageDecoderTests.Files)
        {
            if (!name.StartsWith("webp-lossless") && !name.StartsWith("png"))
                continue;
            var expected = new byte[3 * 12 * 12];
            Resize.ToSquare(pillow, 12).CopyToPlanes(expected);
            Assert.Equal(expected, Load(new ImagePipeline { Crop = new CentreCrop(12) }, file, 0, 0));
        }
    }

    [Fact]
    public void A_shrunk_random_crop_is_near_the_exact_one()
    {
        var file = ImageDecoderTests.Files["jpeg-444"].File;
        var fast = new ImagePipeline { Crop = new RandomResizedCrop(9, 0.5) };
        var exact = fast with { ShrinkInTransform = false };
        for (var sample = 0; sample < 30; sample++)
            Assert.InRange(
                Load(fast, file, sample, 0).Zip(Load(exact, file, sample, 0), (a, b) => Math.Abs(a - b)).Average(),
                0,
                8
            );
    }

    static byte[] AfterOneAnother(byte[] file, ImagePipeline pipeline, int sample, bool shrink, bool plain)
    {
        var size = pipeline.Crop.Size;
        var region = pipeline.Region(ImageDecoder.ReadInfo(file), sample, 0);
        using var part = ImageDecoder.DecodeRegion(
            file,
            region,
            shrink ? size : region.Width,
            shrink ? size : region.Height,
            out var box
        );
        var square = new byte[size * size * 3];
        if (plain)
            square = PlainResize.Of(part.Pixels, part.Width, part.Height, box, size);
        else
            Resize.Into(part.Pixels, part.Width, part.Height, box, square, size, size);
        var planes = new byte[square.Length];
        new RgbImage(size, size, square).CopyToPlanes(planes);
        return planes;
    }

    [Fact]
    public void Decoding_and_resizing_in_one_go_gives_the_bits_of_one_after_the_other()
    {
        foreach (var (file, _) in ImageDecoderTests.Files.Values)
        foreach (var size in new[] { 5, 16, 60 })
        {
            var pipeline = new ImagePipeline { Crop = new RandomResizedCrop(size), ShrinkInTransform = false };
            for (var sample = 0; sample < 10; sample++)
                Assert.Equal(
                    AfterOneAnother(file, pipeline, sample, shrink: false, plain: false),
                    Load(pipeline, file, sample, 0)
                );
        }
    }

    [Fact]
    public void Shrinking_gives_the_exact_resizing_of_the_shrunk_picture_within_a_level()
    {
        foreach (var (name, (file, _)) in ImageDecoderTests.Files)
        foreach (var size in new[] { 5, 16, 60 })
        {
            var pipeline = new ImagePipeline { Crop = new RandomResizedCrop(size), ShrinkInTransform = true };
            var fast =
                ImageDecoder.ReadInfo(file) is { Format: ImageFormat.Jpeg, Orientation: Orientation.Upright }
                && name is not ("jpeg-cmyk" or "jpeg-ycck"); // four inks go the exact way
            for (var sample = 0; sample < 10; sample++)
            {
                var expected = AfterOneAnother(file, pipeline, sample, shrink: true, plain: fast);
                var got = Load(pipeline, file, sample, 0);
                var worst = expected.Zip(got, (a, b) => Math.Abs(a - b)).Max();
                Assert.True(worst <= (fast ? 1 : 0), $"{name} at {size}, sample {sample}: {worst}");
            }
        }
    }

    [Fact]
    public void Times_add_up_over_pictures()
    {
        var times = new ImageTimes();
        var pipeline = Pipeline(1) with { Times = times };
        for (var i = 0; i < 5; i++)
            Load(pipeline, ImageDecoderTests.Files["jpeg-420"].File, i, 0);
        Assert.Equal(5, times.Pictures);
        Assert.True(
            times.Decoding > TimeSpan.Zero && times.Resizing > TimeSpan.Zero && times.Augmenting > TimeSpan.Zero
        );
    }

    [Fact]
    public void Flips_mirror_and_normalisation_is_its_formula()
    {
        var random = new SeededRandom(1);
        byte[] pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        GeometryOps.Mirror(pixels, 3, 1);
        Assert.Equal([7, 8, 9, 4, 5, 6, 1, 2, 3], pixels);
        var planes = Enumerable.Range(0, 3 * 77).Select(_ => (byte)random.NextInt(256)).ToArray();
        var values = new float[planes.Length];
        Normalisation.Clip.Apply(planes, values);
        double[] mean = [0.48145466, 0.4578275, 0.40821073],
            deviation = [0.26862954, 0.26130258, 0.27577711];
        for (var i = 0; i < planes.Length; i++)
            Assert.Equal((planes[i] / 255.0 - mean[i / 77]) / deviation[i / 77], values[i], 1e-5);
    }

    [Fact]
    public void Impossible_settings_are_refused_by_name()
    {
        Assert.Contains(
            "0.7",
            Assert.Throws<ArgumentOutOfRangeException>(() => new ColourJitter { Hue = 0.7 }).Message
        );
        Assert.Contains("31", Assert.Throws<ArgumentOutOfRangeException>(() => new RandAugment(magnitude: 31)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomResizedCrop(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomResizedCrop(8, 0.5, 0.4));
        Assert.Throws<ArgumentException>(() => new Normalisation([0, 0, 0], [1, 0, 1]));
        Assert.Throws<ArgumentException>(() =>
            new ImagePipeline { Crop = new CentreCrop(4) }.Load([1], 0, 0, new byte[5])
        );
    }
}
