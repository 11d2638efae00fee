using Research.Encoders;
using Research.Engine;
using Research.Randomness;
using Research.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Training;

/// <summary>Pairs that can be learned: picture and caption both show which of 12 things they are, with noise on the picture.</summary>
sealed class Synthetic(int batchSize, ulong seed = 1) : ITrainingData
{
    public const int Things = 12;
    public const int Size = 16;
    public const int Context = 6;

    public int BatchSize => batchSize;

    /// <summary>From this step on, pictures hold a NaN.</summary>
    public long BrokenFrom { get; init; } = long.MaxValue;

    public TrainingBatch Batch(long step)
    {
        var random = new SeededRandom(Seed.Derive(seed, "synthetic", step));
        var things = Enumerable.Range(0, batchSize).Select(_ => random.NextInt(Things)).ToArray();
        var stride = 3 * Size * Size;
        var pixels = new float[batchSize * stride];
        var tokens = new long[batchSize * Context];
        for (var row = 0; row < batchSize; row++)
        {
            var pattern = new SeededRandom((ulong)things[row]);
            for (var i = 0; i < stride; i++)
                pixels[row * stride + i] = (float)(pattern.NextDouble() - 0.5 + 0.2 * random.NextDouble());
            long[] caption = [1, 3 + things[row] / 4, 6 + things[row] % 4, 2, 0, 0];
            caption.CopyTo(tokens, row * Context);
        }
        if (step >= BrokenFrom)
            pixels[5] = float.NaN;
        return new(
            torch.tensor(pixels, new long[] { batchSize, 3, Size, Size }),
            torch.tensor(tokens, new long[] { batchSize, Context })
        );
    }

    /// <summary>A small model with everything that makes resuming hard: batch norm, dropout, class and position embeddings.</summary>
    public static DualEncoderConfig Model(double dropout = 0.1, bool stem = true) =>
        new()
        {
            EmbedDimension = 16,
            Vision = new()
            {
                ImageSize = Size,
                StemLayers = stem ? 2 : 0,
                PatchSize = 4,
                StemWidth = 8,
                Width = 16,
                Layers = 1,
                Heads = 2,
                Dropout = dropout,
            },
            Text = new()
            {
                VocabularySize = 12,
                EndOfText = 2,
                ContextLength = Context,
                Width = 16,
                Layers = 1,
                Heads = 2,
                Dropout = dropout,
            },
        };

    public static TrainerOptions Options(long steps = 12) =>
        new()
        {
            Steps = steps,
            BatchSize = 16,
            Seed = 3,
            LearningRate = 3e-3,
            LogEvery = 1,
            CheckpointEvery = 0,
        };

    /// <summary>Every weight and buffer, by name.</summary>
    public static Dictionary<string, float[]> Weights(DualEncoder model)
    {
        using var scope = NewDisposeScope();
        return model
            .Weights()
            .ToDictionary(p => p.Key, p => p.Value.detach().to(ScalarType.Float32).reshape(-1).data<float>().ToArray());
    }

    public static void AssertSame(Dictionary<string, float[]> a, Dictionary<string, float[]> b)
    {
        Assert.Equal(a.Keys.Order(), b.Keys.Order());
        foreach (var (name, values) in a)
            Assert.True(values.AsSpan().SequenceEqual(b[name]), $"{name} differs");
    }
}

/// <summary>A folder that goes away with the test.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("research-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
