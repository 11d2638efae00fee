using Research.Encoders;
using Research.Engine;
using Research.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>What an image or text encoder makes of B rows.</summary>
/// <param name="Embedding">B x d float32, unit rows.</param>
/// <param name="Features">B x w, the image encoder's output before its projection; null unless asked for.</param>
readonly record struct Encoded(Tensor Embedding, Tensor? Features)
{
    public Encoded MoveToOuterDisposeScope() =>
        new(Embedding.MoveToOuterDisposeScope(), Features?.MoveToOuterDisposeScope());

    public Encoded Detach() => new(Embedding.detach(), Features?.detach());
}

/// <summary>Which of the two encoders.</summary>
enum Tower
{
    Image,
    Text,
}

/// <summary>
/// Runs one encoder over some rows of a step, in the run's precision. Encoding the same rows again gives the same: dropout masks depend on
/// the row (<see cref="DropoutRows"/>), and the engine's generator, for modules that draw from it, restarts at (seed, stream, step, first row).
/// </summary>
/// <param name="seed">The run's seed.</param>
/// <param name="precision">The arithmetic.</param>
/// <param name="device">Where the model is.</param>
sealed class RowEncoder(ulong seed, Precision precision, Device device)
{
    /// <summary>The rows [start, start + count) of this process.</summary>
    /// <param name="model">Whose encoder.</param>
    /// <param name="tower">Which encoder.</param>
    /// <param name="batch">The step.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="stream">Of random draws: student and teacher have different ones.</param>
    /// <param name="features">Whether the features are wanted as well.</param>
    public Encoded Rows(
        DualEncoder model,
        Tower tower,
        StepBatch batch,
        int start,
        int count,
        string stream,
        bool features = false
    )
    {
        using var scope = NewDisposeScope();
        var draws = Seed.Derive(seed, tower == Tower.Image ? $"{stream} images" : $"{stream} captions", batch.Step);
        RandomState.Seed(unchecked((long)Seed.Derive(draws, "rows from", batch.First + start)));
        using var dropout = DropoutRows.Begin(draws, batch.First + start, count);
        var input = tower == Tower.Image ? batch.Images(start, count) : batch.Tokens(start, count);
        var (embedding, intermediate) = ((Tensor?)null, (Tensor?)null);
        using (precision == Precision.Bf16 ? Modes.autocast(device.type) : null)
            if (tower == Tower.Text)
                embedding = model.encode_text(input);
            else if (features)
                (embedding, intermediate) = model.encode_image_features(input);
            else
                embedding = model.encode_image(input);
        return new Encoded(Full(embedding), intermediate is null ? null : Full(intermediate)).MoveToOuterDisposeScope();
    }

    static Tensor Full(Tensor x) => x.dtype is ScalarType.BFloat16 or ScalarType.Float16 ? x.to(ScalarType.Float32) : x;

    /// <summary>All of this process's rows, micro-batch by micro-batch, without gradient.</summary>
    /// <inheritdoc cref="Rows"/>
    public Encoded All(
        DualEncoder model,
        Tower tower,
        StepBatch batch,
        int microBatch,
        string stream,
        bool features = false
    )
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var parts = MicroBatches(batch.Count, microBatch)
            .Select(part => Rows(model, tower, batch, part.Start, part.Count, stream, features))
            .ToList();
        if (parts.Count == 1)
            return parts[0].MoveToOuterDisposeScope();
        return new Encoded(
            cat([.. parts.Select(p => p.Embedding)], 0),
            features ? cat([.. parts.Select(p => p.Features!)], 0) : null
        ).MoveToOuterDisposeScope();
    }

    /// <summary>The parts of n rows: this many at a time, the rest in the last.</summary>
    public static IEnumerable<(int Start, int Count)> MicroBatches(int n, int size)
    {
        for (var start = 0; start < n; start += size)
            yield return (start, Math.Min(size, n - start));
    }
}
