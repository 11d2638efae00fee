using System.Diagnostics;
using Research.Corpora;
using Research.Corpora.Import;
using Research.Corpora.Streaming;
using Research.Imaging;

namespace Research.Bench;

/// <summary>
/// From tar shards to batches, end to end: shuffled, decoded, RandomResizedCrop to 224, flipped; on one thread, here and in a
/// webdataset-style loader in Python with PIL, on the same JPEG shards of 640 x 480.
/// </summary>
static class StreamBench
{
    const int Rounds = 5;
    const int Pictures = 512;
    const int Shards = 4;
    const int Batch = 64;
    const double RatioGoal = 2;

    public static IReadOnlyList<Figure> Run(Options options)
    {
        var folder = Directory.CreateTempSubdirectory("research-bench-");
        try
        {
            return Run(options, folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static IReadOnlyList<Figure> Run(Options options, string folder)
    {
        var shards = Directory.CreateDirectory(Path.Combine(folder, "shards")).FullName;
        var start = new ProcessStartInfo(options.Python);
        foreach (var argument in new[] { Script, shards, $"{Pictures}", $"{Shards}" })
            start.ArgumentList.Add(argument);
        using var python = new LineProcess(start, "the Python side (it needs python3-pil and python3-numpy)");
        var version = python.Read().GetProperty("version").GetString()!;
        var target = Path.Combine(folder, "corpus");
        var importing = Stopwatch.StartNew();
        CorpusImporter.Import(
            new ImportOptions
            {
                Source = Path.Combine(shards, "*.tar"),
                Name = "bench",
                TestShare = 0,
                ValidationShare = 0,
                KeepDuplicates = true,
            },
            target
        );
        var imported = importing.Elapsed.TotalSeconds;
        using var corpus = Corpus.Open(target);
        var slowest = "";
        double Pass()
        {
            var clock = Stopwatch.StartNew();
            using var stream = Open(corpus);
            for (var step = 0; step < stream.StepsPerEpoch; step++)
                if (stream.Get(step).Entries.Count != Batch)
                    throw new BenchException("a batch is incomplete");
            if (stream.Skipped.Total > 0)
                throw new BenchException($"the pictures made for this bench cannot be read: {stream.Skipped}");
            slowest = stream.Times.Slowest;
            return clock.Elapsed.TotalSeconds;
        }
        Pass(); // compiled before the first round
        var rounds = Timing.Alternate(
            options.Rounds ?? Rounds,
            Pass,
            () =>
            {
                var answer = python.Ask("");
                if (answer.GetProperty("images").GetInt32() != Pictures)
                    throw new BenchException("the Python side read a different number of pictures");
                return answer.GetProperty("seconds").GetDouble();
            }
        );
        var here = Timing.Median(rounds.Select(r => r.Here));
        return
        [
            Figure.AtLeast(
                "data.stream.rate_ratio",
                Timing.Median(rounds.Select(r => r.There / r.Here)),
                "x",
                RatioGoal,
                new()
                {
                    ["images"] = Pictures,
                    ["from"] = "JPEG 640 x 480 in tar shards",
                    ["to"] = "224 x 224, RandomResizedCrop and flip",
                    ["here_images_per_second"] = Math.Round(Pictures / here),
                    ["python_images_per_second"] = Math.Round(Pictures / Timing.Median(rounds.Select(r => r.There))),
                    ["import_images_per_second"] = Math.Round(Pictures / imported),
                    ["slowest_stage"] = slowest,
                    ["pil"] = version,
                    ["rounds"] = rounds.Count,
                    ["threads"] = 1,
                }
            ),
        ];
    }

    static string Script => Path.Combine(AppContext.BaseDirectory, "python", "shards.py");

    static CorpusStream Open(Corpus corpus) =>
        new(
            corpus,
            Split.Train,
            null,
            null,
            Batch,
            1,
            new ImagePipeline { Crop = new RandomResizedCrop(224), Stages = [new HorizontalFlip()] },
            new StreamOptions
            {
                Workers = 1,
                BlockSize = 32,
                BufferBlocks = 8,
            }
        );
}
