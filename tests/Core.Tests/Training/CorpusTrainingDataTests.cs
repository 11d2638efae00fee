using Research.Corpora;
using Research.Imaging;
using Research.Randomness;
using Research.Text;
using Research.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Training;

public class CorpusTrainingDataTests
{
    const int Size = 4;

    static CorpusTrainingData Data(int count, CorpusTrainingOptions options, byte[]? pixels = null)
    {
        var entries = Enumerable
            .Range(0, count)
            .Select(i => new CorpusEntry(
                i,
                $"test/{i}",
                $"thing{i}",
                ["red", "round", "small", "old"],
                $"c{i}",
                "test",
                "g",
                "s",
                Split.Train,
                "CC0-1.0",
                0,
                "0.tar",
                0,
                0
            ))
            .ToArray();
        // A picture's bytes are its number.
        pixels ??= [.. Enumerable.Range(0, count * 3 * Size * Size).Select(i => (byte)(i / (3 * Size * Size)))];
        return new(pixels, Size, entries, new Letters(), options);
    }

    /// <summary>A tokenizer of letters and digits.</summary>
    sealed class Letters : ITokenizer
    {
        public int VocabularySize => 256;
        public int StartOfText => 1;
        public int EndOfText => 2;

        public int[] Encode(string text) => [.. text.Select(c => (int)c)];
    }

    static readonly CorpusTrainingOptions Options = new()
    {
        BatchSize = 8,
        Seed = 5,
        ContextLength = 20,
    };

    [Fact]
    public void Any_rows_of_a_batch_can_be_had_by_themselves()
    {
        using var scope = NewDisposeScope();
        var options = Options with { Augmentation = Changes };
        var (data, whole) = (Data(20, options), Data(20, options));
        Assert.False(whole.Batch(0).Images.Equals(Data(20, Options).Batch(0).Images));
        foreach (var (step, start, count) in new[] { (3, 0, 8), (0, 2, 5), (3, 7, 1), (0, 0, 2) })
        {
            var batch = whole.Batch(step);
            Assert.True(batch.Images.narrow(0, start, count).Equals(data.Images(step, start, count)));
            Assert.True(batch.Tokens.narrow(0, start, count).Equals(data.Tokens(step, start, count)));
            var bytes = data.Pixels(step, start, count);
            Assert.Equal((ScalarType.Byte, DeviceType.CPU), (bytes.dtype, bytes.device_type));
            Assert.True(ImageBatches.Normalise(bytes).Equals(data.Images(step, start, count)));
        }
    }

    static readonly Augmentation Changes = new()
    {
        Crop = new RandomResizedCrop(Size, leastArea: 0.3),
        Stages = [new HorizontalFlip(), new ColourJitter { Brightness = 0.4, Hue = 0.2 }, new RandAugment(2, 9)],
    };

    static byte[] Bytes(CorpusTrainingData data, long step, int start, int count) =>
        data.Pixels(step, start, count).data<byte>().ToArray();

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Augmented_pictures_are_the_same_bytes_however_many_threads_make_them_and_when(int workers)
    {
        using var scope = NewDisposeScope();
        var random = new SeededRandom(1);
        var length = 3 * Size * Size;
        byte[] pixels = [.. Enumerable.Range(0, 20 * length).Select(_ => (byte)random.NextInt(256))];
        var data = Data(20, Options with { Augmentation = Changes, Workers = workers }, pixels);
        for (var step = 0L; step < 9; step++) // two steps an epoch: those made ahead cross its end
        {
            var rows = data.Rows(step);
            var expected = new List<byte>();
            foreach (var row in rows)
            {
                var picture = pixels.AsSpan(row * length, length).ToArray();
                Changes.Apply(picture, Size, Options.Seed, row, step / 2);
                expected.AddRange(picture);
            }
            // In slices, as the two passes of a gradient cache take them.
            for (var pass = 0; pass < 2; pass++)
            {
                var got = new[] { (0, 3), (3, 3), (6, 2) }.SelectMany(s => Bytes(data, step, s.Item1, s.Item2));
                Assert.Equal(expected, got);
            }
        }
        Assert.Equal(Bytes(data, 7, 0, 8), Bytes(Data(20, Options with { Augmentation = Changes }, pixels), 7, 0, 8));
        Assert.Matches("augmentation: [0-9]+ pictures, .* s \\(summed over [15] threads\\)", data.AugmentationTimes);
        Assert.True(data.AugmentationWait > TimeSpan.Zero);
        Assert.Null(Data(20, Options).AugmentationTimes);
    }

    [Fact]
    public void Steps_in_order_are_made_while_the_step_before_trains()
    {
        using var scope = NewDisposeScope();
        var made = new CountingStage();
        var data = Data(
            20,
            Options with
            {
                Augmentation = new() { Stages = [made] },
                Workers = 2,
            }
        );
        _ = Bytes(data, 0, 2, 4);
        Assert.Equal(4, made.Count);
        _ = Bytes(data, 1, 2, 4);
        made.Reach(12); // those of step 2, the same part of the batch, though nobody asked for them yet
        _ = Bytes(data, 2, 2, 4);
        made.Reach(16);
        _ = Bytes(data, 2, 3, 2);
        _ = Bytes(data, 2, 2, 4);
        Assert.Equal(16, made.Count);
        _ = Bytes(data, 2, 0, 1); // beside what was made
        Assert.Equal(17, made.Count);
    }

    sealed record CountingStage : ImageStage
    {
        int count;

        public int Count => Volatile.Read(ref count);

        public void Reach(int expected) =>
            Assert.True(SpinWait.SpinUntil(() => Count == expected, TimeSpan.FromSeconds(30)), $"{Count} pictures");

        public override void Apply(PixelBuffer picture, SeededRandom random) => Interlocked.Increment(ref count);
    }

    [Fact]
    public void What_a_stage_throws_comes_at_the_step_whose_picture_it_was()
    {
        using var scope = NewDisposeScope();
        var plain = Data(20, Options);
        var picture = plain.Rows(3).Except([.. plain.Rows(0), .. plain.Rows(1), .. plain.Rows(2)]).First();
        var data = Data(20, Options with { Augmentation = new() { Stages = [new Refusing(picture)] } });
        for (var step = 0L; step < 3; step++)
            Assert.Equal(8 * 3 * Size * Size, Bytes(data, step, 0, 8).Length);
        for (var attempt = 0; attempt < 2; attempt++)
            Assert.Equal("not this one", Assert.Throws<NotSupportedException>(() => Bytes(data, 3, 0, 8)).Message);
    }

    sealed record Refusing(int Picture) : ImageStage
    {
        public override void Apply(PixelBuffer picture, SeededRandom random)
        {
            if (picture.Pixels[0] == Picture)
                throw new NotSupportedException("not this one");
        }
    }

    [Fact]
    public void A_batch_is_a_pure_function_of_the_step()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Data(20, Options), Data(20, Options));
        _ = b.Batch(7);
        _ = b.Batch(1);
        foreach (var step in new[] { 0L, 3, 5 })
        {
            var (x, y) = (a.Batch(step), b.Batch(step));
            Assert.Equal(x.Images.data<float>().ToArray(), y.Images.data<float>().ToArray());
            Assert.Equal(x.Tokens.data<long>().ToArray(), y.Tokens.data<long>().ToArray());
        }
        Assert.Equal([8L, 3, Size, Size], a.Batch(0).Images.shape);
        Assert.Equal([8L, 20], a.Batch(0).Tokens.shape);
    }

    [Fact]
    public void Picture_and_caption_of_a_row_belong_together()
    {
        using var scope = NewDisposeScope();
        var data = Data(20, Options);
        var (rows, captions, images) = (data.Rows(2), data.CaptionsOf(2), data.Batch(2).Images);
        for (var i = 0; i < 8; i++)
        {
            Assert.StartsWith($"thing{rows[i]}", captions[i]);
            Assert.Equal((rows[i] / 255.0 - 0.48145466) / 0.26862954, images[i, 0, 1, 2].item<float>(), 1e-5);
        }
    }

    [Fact]
    public void A_pair_is_seen_with_other_tags_at_other_steps()
    {
        var data = Data(8, Options);
        var seen = Enumerable
            .Range(0, 12)
            .SelectMany(step => data.CaptionsOf(step))
            .Where(c => c.StartsWith("thing3"))
            .Distinct();
        Assert.InRange(seen.Count(), 4, 12);
        var plain = Data(8, Options with { Captions = CaptionStyle.Label });
        Assert.Equal(Enumerable.Range(0, 8).Select(i => $"thing{i}"), plain.CaptionsOf(0).Order());
    }

    [Fact]
    public void Noise_moves_its_part_of_the_captions_and_the_clean_pairing_is_kept()
    {
        var data = Data(
            40,
            Options with
            {
                Corruption = new() { Shuffled = 0.5 },
                Captions = CaptionStyle.Label,
            }
        );
        Assert.Equal(20, Enumerable.Range(0, 40).Count(i => data.CaptionOf[i] != i));
        Assert.Equal(Enumerable.Range(0, 40), data.CaptionOf.Order());
        var (rows, captions) = (data.Rows(1), data.CaptionsOf(1));
        for (var i = 0; i < 8; i++)
            Assert.Equal($"thing{data.CaptionOf[rows[i]]}", captions[i]);
    }

    [Fact]
    public void Wrong_captions_reach_the_batches_and_leave_the_others_as_they_are()
    {
        using var scope = NewDisposeScope();
        var clean = Data(40, Options);
        var wrong = Data(
            40,
            Options with
            {
                Corruption = new() { Boilerplate = 0.25, Dropped = 0.25 },
            }
        );
        Assert.Equal(Enumerable.Range(0, 40), wrong.CaptionOf);
        for (var step = 0; step < 5; step++)
        {
            var (rows, now, own) = (wrong.Rows(step), wrong.CaptionsOf(step), clean.CaptionsOf(step));
            var tokens = wrong.Batch(step).Tokens;
            for (var i = 0; i < 8; i++)
                switch (wrong.Captions.Faults[rows[i]])
                {
                    case CaptionFault.None:
                        Assert.Equal(own[i], now[i]);
                        break;
                    case CaptionFault.Dropped: // start, end, padding
                        Assert.Equal([1L, 2L, 0L], tokens[i, TensorIndex.Slice(0, 3)].data<long>().ToArray());
                        break;
                    default:
                        Assert.DoesNotContain("thing", now[i]);
                        break;
                }
        }
    }

    [Fact]
    public void Arms_that_differ_in_captions_only_see_the_same_pictures() =>
        Assert.Equal(
            Data(40, Options).Rows(9),
            Data(
                    40,
                    Options with
                    {
                        Corruption = new() { Shuffled = 0.3 },
                        Captions = CaptionStyle.Label,
                    }
                )
                .Rows(9)
        );

    [Fact]
    public void Bad_settings_are_named()
    {
        Assert.Contains(
            "20",
            Assert.ThrowsAny<ArgumentException>(() => Data(20, Options with { BatchSize = 21 })).Message
        );
        Assert.ThrowsAny<ArgumentException>(() => Data(20, Options with { Corruption = new() { Shuffled = 1.5 } }));
        Assert.ThrowsAny<ArgumentException>(() => Data(20, Options with { Augmentation = Changes, Workers = 0 }));
        Assert.Equal(
            "ContextLength",
            Assert.ThrowsAny<ArgumentException>(() => Data(20, Options with { ContextLength = 2 })).ParamName
        );
    }
}
