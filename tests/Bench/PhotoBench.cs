using System.Text.Json;
using Research.Imaging;

namespace Research.Bench;

/// <summary>
/// JPEG of 640 x 480 to 224 x 224 with RandomResizedCrop, in processor time of one core: the same files and the same rectangles here, in PIL, and in
/// torchvision where installed. Without shrinking in the transform the pixels must be within two levels of PIL's.
/// </summary>
static class PhotoBench
{
    const int Rounds = 7;
    const int Size = 224;
    const double RatioGoal = 2.5;

    sealed record Setting(string Name, double LeastArea);

    // torchvision's default range of areas, and the usual one for CLIP models.
    static readonly Setting[] Settings = [new("crop", 0.08), new("clip_crop", 0.9)];

    public static IReadOnlyList<Figure> Run(Options options)
    {
        var folder = Directory.CreateTempSubdirectory("research-bench-").FullName;
        try
        {
            using var python = new PythonScript(options.Python, "photos.py", "python3-pil python3-numpy", folder);
            var files = Directory
                .GetFiles(folder, "*.jpg")
                .Order(StringComparer.Ordinal)
                .Select(File.ReadAllBytes)
                .ToArray();
            return [.. Settings.SelectMany(s => Measure(s, python, files, folder, options.Rounds ?? Rounds))];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static IEnumerable<Figure> Measure(Setting setting, PythonScript python, byte[][] files, string folder, int rounds)
    {
        var pipeline = new ImagePipeline { Crop = new RandomResizedCrop(Size, setting.LeastArea) };
        var exact = pipeline with { ShrinkInTransform = false };
        var regions = files.Select((f, i) => pipeline.Region(ImageDecoder.ReadInfo(f), i, 0)).ToArray();
        File.WriteAllText(
            Path.Combine(folder, "regions.json"),
            JsonSerializer.Serialize(regions.Select(r => new[] { r.Left, r.Top, r.Width, r.Height }))
        );
        python.Ask("regions");
        var planes = new byte[files.Length * pipeline.Length];
        for (var i = 0; i < 4; i++)
            Load(pipeline, files, planes); // compiled before the first round
        var times = Timing.Alternate(
            rounds,
            () => Load(pipeline, files, planes),
            () => python.Ask("pil").GetProperty("seconds").GetDouble()
        );
        var slow = Enumerable.Range(0, rounds).Select(_ => Load(exact, files, planes)).ToArray();
        python.Ask("dump");
        var theirs = File.ReadAllBytes(Path.Combine(folder, "pil.raw"));
        var worst = Differences(planes, theirs).Max();
        if (worst > 2)
            throw new BenchException($"the pixels differ from PIL's by up to {worst}: the times cannot be compared");
        var stages = new ImageTimes();
        Load(pipeline with { Times = stages }, files, planes);
        var whole = stages.Decoding + stages.Resizing + stages.Augmenting;
        var (here, pil) = (Timing.Median(times.Select(t => t.Here)), Timing.Median(times.Select(t => t.There)));
        var detail = new Dictionary<string, object>
        {
            ["images"] = files.Length,
            ["mean_bytes"] = (int)files.Average(f => f.Length),
            ["area"] = $"{setting.LeastArea} to 1",
            ["here_images_per_second"] = Math.Round(files.Length / here),
            ["here_without_shrinking_images_per_second"] = Math.Round(files.Length / Timing.Median(slow)),
            ["pil_images_per_second"] = Math.Round(files.Length / pil),
            ["pil_draft_images_per_second"] = Math.Round(files.Length / Seconds(python, "draft")),
            ["pil"] = python.Ready.GetProperty("pil").GetString()!,
            ["largest_difference_without_shrinking"] = worst,
            ["mean_difference_with_shrinking"] = Math.Round(Differences(planes, theirs).Average(d => (double)d), 2),
            ["decoding_share"] = Math.Round(stages.Decoding / whole, 2),
            ["resizing_share"] = Math.Round(stages.Resizing / whole, 2),
            ["rounds"] = rounds,
            ["time"] = "processor time of one thread",
        };
        if (python.Ready.GetProperty("torchvision").GetString() is { } torchvision)
        {
            detail["torchvision"] = torchvision;
            detail["torchvision_images_per_second"] = Math.Round(files.Length / Seconds(python, "torchvision"));
        }
        Console.WriteLine(
            $"  {setting.Name}: images/s and core here {detail["here_images_per_second"]} (without shrinking {detail["here_without_shrinking_images_per_second"]}), "
                + $"PIL {detail["pil_images_per_second"]} (draft {detail["pil_draft_images_per_second"]}), "
                + $"torchvision {detail.GetValueOrDefault("torchvision_images_per_second", "not installed")}; "
                + $"mean difference {detail["mean_difference_with_shrinking"]} levels, without shrinking at most {worst}; "
                + $"decoding takes {detail["decoding_share"]} of the time, resizing {detail["resizing_share"]}"
        );
        yield return Figure.AtLeast(
            $"data.photo.{setting.Name}.rate_ratio",
            Timing.Median(times.Select(t => t.There / t.Here)),
            "x",
            RatioGoal,
            detail
        );
        yield return Figure.AtLeast(
            $"data.photo.{setting.Name}.exact_rate_ratio",
            pil / Timing.Median(slow),
            "x",
            1,
            detail
        );
    }

    static double Seconds(PythonScript python, string command) =>
        Timing.Median(Enumerable.Range(0, 3).Select(_ => python.Ask(command).GetProperty("seconds").GetDouble()));

    static IEnumerable<int> Differences(byte[] here, byte[] there)
    {
        if (here.Length != there.Length)
            throw new BenchException($"{here.Length} bytes here, {there.Length} from PIL");
        return here.Zip(there, (a, b) => Math.Abs(a - b));
    }

    static double Load(ImagePipeline pipeline, byte[][] files, byte[] planes) =>
        CpuClock.Seconds(() =>
        {
            for (var i = 0; i < files.Length; i++)
                pipeline.Load(files[i], i, 0, planes.AsSpan(i * pipeline.Length, pipeline.Length));
        });
}
