using Research.Corpora;
using Research.Corpora.Import;
using Research.Corpora.Streaming;
using Research.Imaging;
using Research.Tests.Corpora.Import;
using Xunit;

namespace Research.Tests.Corpora.Streaming;

public class CorpusStreamTests
{
    const int Pairs = 230;
    const int Batch = 16;

    static readonly ImagePipeline Plain = new() { Crop = new CentreCrop(16) };

    static readonly StreamOptions Small = new()
    {
        Workers = 3,
        Prefetch = 2,
        BlockSize = 8,
        BufferBlocks = 4,
    };

    static DataFolder Data(out Corpus corpus)
    {
        var data = new DataFolder();
        for (var shard = 0; shard < 10; shard++)
            data.Shard(
                $"{shard}.tar",
                [
                    .. Enumerable
                        .Range(shard * Pairs / 10, Pairs / 10)
                        .SelectMany(i => DataFolder.Pair($"{i:D4}", i, $"caption {i}")),
                ]
            );
        corpus = data.Import(data.Options("{0..9}.tar") with { TestShare = 0, ValidationShare = 0 });
        return data;
    }

    static CorpusStream Open(
        Corpus corpus,
        StreamOptions? options = null,
        ulong seed = 7,
        string? where = null,
        CaptionCorruption? wrong = null,
        ImagePipeline? pipeline = null,
        CorpusPart? part = null
    ) => new(corpus, Split.Train, null, where, Batch, seed, pipeline ?? Plain, options ?? Small, wrong, part);

    static string[] Keys(StreamedStep step) => [.. step.Entries.Select(e => e.Key)];

    [Fact]
    public void Steps_hold_the_planned_pairs_with_their_own_pictures()
    {
        using var data = Data(out var corpus);
        using var own = corpus;
        using var stream = Open(corpus);
        Assert.Equal(Pairs, stream.Count);
        Assert.Equal(Pairs / Batch, stream.StepsPerEpoch);
        var seen = new List<string>();
        for (var step = 0; step < stream.StepsPerEpoch; step++)
        {
            var got = stream.Get(step);
            Assert.Equal(stream.Planned(step).Select(e => e.Key), Keys(got));
            Assert.Same(got.Entries[3], got.Captions[3].From);
            seen.AddRange(Keys(got));
            var alone = new byte[Plain.Length];
            Plain.Load(corpus.ReadImage(got.Entries[5]), 0, 0, alone);
            Assert.Equal(alone, got.Pixels.AsSpan(5 * Plain.Length, Plain.Length).ToArray());
        }
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.NotEqual(seen.Take(Batch), seen.Take(Batch).Order());
        Assert.Equal(0, stream.Skipped.Total);
        Assert.Equal(Pairs / Batch * Batch, stream.Times.Pictures.Pictures, Batch * 3.0);
        Assert.Contains("training waited", stream.Times.ToString());
    }

    [Fact]
    public void A_stream_opened_anew_in_mid_epoch_delivers_exactly_the_remaining_order_and_pixels()
    {
        using var data = Data(out var corpus);
        using var own = corpus;
        var random = Plain with { Crop = new RandomResizedCrop(16), Stages = [new HorizontalFlip()] };
        var whole = new List<(string[] Keys, byte[] Pixels)>();
        using (var stream = Open(corpus, pipeline: random))
            for (var step = 0; step < 40; step++)
                whole.Add((Keys(stream.Get(step)), stream.Get(step).Pixels.ToArray()));
        Assert.NotEqual(whole[0].Keys, whole[14].Keys);
        foreach (var (from, workers) in new[] { (5, 1), (17, 4) })
        {
            using var stream = Open(corpus, Small with { Workers = workers, Prefetch = workers }, pipeline: random);
            for (var step = from; step < 40; step++)
            {
                Assert.Equal(whole[step].Keys, Keys(stream.Get(step)));
                Assert.Equal(whole[step].Pixels, stream.Get(step).Pixels);
            }
        }
        using var other = Open(corpus, seed: 8);
        Assert.NotEqual(whole[0].Keys, Keys(other.Get(0)));
    }

    [Fact]
    public void Steps_may_be_asked_for_in_any_order()
    {
        using var data = Data(out var corpus);
        using var own = corpus;
        using var stream = Open(corpus);
        foreach (var step in new[] { 9, 9, 8, 0, 30, 2, 3, 1 })
            Assert.Equal(stream.Planned(step).Select(e => e.Key), Keys(stream.Get(step)));
    }

    [Fact]
    public void Processes_share_a_batch_without_overlap()
    {
        using var data = Data(out var corpus);
        using var own = corpus;
        using var whole = Open(corpus);
        using var first = Open(corpus, Small with { Rank = 0, WorldSize = 2 });
        using var second = Open(corpus, Small with { Rank = 1, WorldSize = 2 });
        for (var step = 0; step < 20; step++)
            Assert.Equal(
                Keys(whole.Get(step)),
                Keys(first.Get(step)).Zip(Keys(second.Get(step)), (a, b) => new[] { a, b }).SelectMany(k => k)
            );
        Assert.Throws<ArgumentException>(() => Open(corpus, Small with { WorldSize = 3 }));
    }

    [Fact]
    public void A_condition_filters_what_is_streamed()
    {
        using var data = Data(out var corpus);
        using var own = corpus;
        using var stream = Open(corpus, where: "id % 3 = 0");
        Assert.Equal((Pairs + 2) / 3, stream.Count);
        Assert.All(stream.Get(2).Entries, e => Assert.Equal(0, e.Id % 3));
        Assert.Contains("larger than", Assert.Throws<ArgumentException>(() => Open(corpus, where: "id < 5")).Message);
    }

    [Fact]
    public void A_shard_that_disappears_in_mid_epoch_is_counted_and_its_pairs_replaced()
    {
        using var data = Data(out var corpus);
        corpus.Dispose();
        using var again = Corpus.Open(data.Target);
        using var stream = Open(again, Small with { Prefetch = 0 });
        stream.Get(0);
        // A handle that is open keeps a deleted file alive, so the shard is cut to nothing as well.
        File.WriteAllBytes(Path.Combine(data.Source, "4.tar"), []);
        File.Delete(Path.Combine(data.Source, "4.tar"));
        var lost = again.Query(where: "shard = '4.tar'").Select(e => e.Key).ToHashSet();
        var replaced = 0;
        for (var step = 1; step < stream.StepsPerEpoch; step++)
        {
            var got = Keys(stream.Get(step));
            Assert.DoesNotContain(got, lost.Contains);
            foreach (var (planned, key) in stream.Planned(step).Zip(got))
                if (lost.Contains(planned.Key))
                    replaced++;
                else
                    Assert.Equal(planned.Key, key);
        }
        Assert.InRange(replaced, 10, lost.Count);
        Assert.True(stream.Skipped.Total >= replaced);
        Assert.Contains("4.tar", stream.Skipped.ToString());
        Assert.Equal([PairFault.TruncatedArchive], stream.Skipped.Counts.Keys);
    }

    [Fact]
    public void More_lost_pairs_than_allowed_stop_the_stream()
    {
        using var data = Data(out var corpus);
        corpus.Dispose();
        using var again = Corpus.Open(data.Target);
        for (var shard = 0; shard < 9; shard++)
            File.Delete(Path.Combine(data.Source, $"{shard}.tar"));
        using var stream = Open(again);
        var error = Assert.Throws<InvalidDataException>(() =>
        {
            for (var step = 0; step < 200; step++)
                stream.Get(step);
        });
        Assert.Contains("cannot be read", error.Message);
        Assert.Contains("MissingFile", error.Message);
    }

    [Fact]
    public void Caption_noise_moves_an_exact_part_of_each_block_the_same_in_every_epoch()
    {
        using var data = Data(out var corpus);
        using var own = corpus;
        var partner = new Dictionary<string, string>();
        using var stream = Open(corpus, wrong: new() { Shuffled = 0.5 });
        for (var step = 0; step < 3 * stream.StepsPerEpoch; step++)
        {
            var got = stream.Get(step);
            foreach (var (entry, caption) in got.Entries.Zip(got.Captions))
                if (!partner.TryAdd(entry.Key, caption.From.Key))
                    Assert.Equal(partner[entry.Key], caption.From.Key);
        }
        Assert.Equal(Pairs, partner.Count);
        Assert.Equal(Pairs, partner.Values.Distinct().Count());
        Assert.Equal(28 * 4 + 3, partner.Count(p => p.Key != p.Value)); // 28 blocks of 8 and one of 6
    }

    [Fact]
    public void Empty_and_useless_captions_are_streamed_and_counted()
    {
        using var data = Data(out var corpus);
        using var own = corpus;
        using var stream = Open(corpus, wrong: new() { Boilerplate = 0.1, Dropped = 0.2 });
        var faults = new Dictionary<string, (CaptionFault, string?)>();
        for (var step = 0; step < 3 * stream.StepsPerEpoch; step++)
        {
            var got = stream.Get(step);
            foreach (var (entry, caption) in got.Entries.Zip(got.Captions))
            {
                Assert.Same(entry, caption.From);
                if (!faults.TryAdd(entry.Key, (caption.Fault, caption.Words)))
                    Assert.Equal(faults[entry.Key], (caption.Fault, caption.Words));
            }
        }
        Assert.Equal(Pairs, faults.Count);
        Assert.Equal(23, faults.Values.Count(f => f.Item1 == CaptionFault.Boilerplate && f.Item2 is { Length: > 0 }));
        Assert.Equal(46, faults.Values.Count(f => f == (CaptionFault.Dropped, "")));
        Assert.Matches("captions of [0-9]+ pairs read: [0-9]+ boilerplate, [0-9]+ dropped", stream.Captions);
        var error = Assert.Throws<ArgumentException>(() => Open(corpus, wrong: new() { Swapped = 0.1 }));
        Assert.Contains("shuffled_captions", error.Message); // these pairs have no groups
    }

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(1, 0.1)]
    [InlineData(2, 0.37)]
    [InlineData(2, 1)]
    public void A_part_of_the_pairs_is_streamed_as_it_would_be_loaded(ulong seed, double fraction)
    {
        using var data = Data(out var corpus);
        using var own = corpus;
        var part = new CorpusPart(fraction, seed);
        var expected = part.Of(corpus.Query(Split.Train, where: "id % 7 > 0")).Select(e => e.Key).ToArray();
        Assert.Equal(expected, corpus.Stream(Split.Train, where: "id % 7 > 0", part: part).Select(e => e.Key));
        using var stream = Open(corpus, where: "id % 7 > 0", part: part);
        Assert.Equal(expected.Length, stream.Count);
        var seen = new HashSet<string>();
        for (var step = 0; step < 6 * stream.StepsPerEpoch; step++)
            seen.UnionWith(Keys(stream.Get(step)));
        Assert.Subset(expected.ToHashSet(), seen);
        using var again = Open(corpus, where: "id % 7 > 0", part: part);
        Assert.Equal(Keys(stream.Get(3)), Keys(again.Get(3)));
    }

    [Fact]
    public void Options_come_from_the_machine_and_can_be_overridden()
    {
        Assert.Equal(Environment.ProcessorCount, new StreamOptions().WorkersHere);
        Assert.Equal(3, Small.WorkersHere);
        Assert.Equal(4, new StreamOptions().PrefetchFor(1000));
        Assert.Equal(2, new StreamOptions().PrefetchFor(200 << 20));
        Assert.Equal(1, new StreamOptions().PrefetchFor(1 << 30));
        Assert.Throws<ArgumentOutOfRangeException>(() => (Small with { Workers = 0 }).Require());
        Assert.Throws<ArgumentOutOfRangeException>(() => (Small with { Rank = 1 }).Require());
    }
}
