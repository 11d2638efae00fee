using System.Security.Cryptography;
using Research.Corpora;
using Research.Corpora.Streaming;
using Research.Imaging;
using Research.Tests.Corpora.Import;
using Xunit;

namespace Research.Tests.Corpora.Streaming;

public class StreamMemoryTests
{
    // A corpus whose rows all have the same picture: as many as wanted without the disk to hold them.
    static Corpus Large(DataFolder data, int rows)
    {
        var folder = Directory.CreateDirectory(Path.Combine(data.Parent, $"rows-{rows}")).FullName;
        var picture = DataFolder.Picture(1);
        long offset;
        using (var tar = new TarWriter(File.Create(Path.Combine(folder, "0.tar"))))
            offset = tar.Add("1.png", picture);
        using (var writer = new ManifestWriter(Path.Combine(folder, "manifest.sqlite")))
        {
            for (var i = 0; i < rows; i++)
                writer.Add(
                    new CorpusEntry(
                        i,
                        $"s/{i}",
                        $"caption number {i} of many",
                        ["some", "tags"],
                        $"c{i}",
                        "s",
                        "",
                        "",
                        Split.Train,
                        "",
                        0,
                        "0.tar",
                        offset,
                        picture.Length
                    ),
                    SHA256.HashData(picture)[..16]
                );
            writer.Commit();
        }
        new CorpusInfo
        {
            Name = "large",
            ImageSize = 0,
            Fingerprint = "",
            Inputs = new Dictionary<string, string>(),
            Pairs = rows,
            Sources = new Dictionary<string, int> { ["s"] = rows },
            Splits = new Dictionary<string, int> { ["train"] = rows },
            Items = new Dictionary<string, int> { ["train"] = rows },
        }.Write(folder);
        return Corpus.Open(folder);
    }

    static long Held(Corpus corpus)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var stream = new CorpusStream(
            corpus,
            Split.Train,
            null,
            null,
            64,
            1,
            new ImagePipeline { Crop = new CentreCrop(8) },
            new StreamOptions
            {
                Workers = 2,
                BlockSize = 64,
                BufferBlocks = 8,
            }
        );
        for (var step = 0; step < 40; step++)
            stream.Get(step);
        var held = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(stream);
        return held;
    }

    static long Least(Corpus corpus) => Enumerable.Range(0, 3).Min(_ => Held(corpus));

    [Fact]
    public void Memory_does_not_grow_with_the_corpus()
    {
        using var data = new DataFolder();
        using var small = Large(data, 5_000);
        using var large = Large(data, 100_000);
        Held(small); // what is made once
        // What pools and the collector happen to keep only adds: the least of three counts.
        var (one, twenty) = (Least(small), Least(large));
        // The list of the larger corpus's rows alone would be some 50 MB. Four bytes a block are allowed.
        Assert.InRange(twenty - one, long.MinValue, 1_000_000);
    }
}
