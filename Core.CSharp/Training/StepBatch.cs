using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Research.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>
/// The rows of one step that this process trains on, made and moved to the device when they are asked for. Lives within one dispose scope.
/// </summary>
/// <param name="data">The source.</param>
/// <param name="step">The step, 0-based.</param>
/// <param name="first">The place of this process's first row in the whole batch.</param>
/// <param name="count">This process's rows.</param>
/// <param name="device">Where tensors go.</param>
sealed class StepBatch(ITrainingData data, long step, int first, int count, Device device)
{
    readonly TrainingBatch? whole = data is ISlicedTrainingData ? null : Checked(data, step);

    public long Step => step;

    /// <summary>The place of this process's first row in the whole batch.</summary>
    public int First => first;

    /// <summary>This process's rows.</summary>
    public int Count => count;

    /// <summary>
    /// Images of this process's rows [start, start + rows), B x 3 x H x W float32 on the device. Bytes, where the data have them, are a quarter
    /// of what is to be moved, and are normalised there.
    /// </summary>
    public Tensor Images(int start, int rows)
    {
        if (whole is not null)
            return OnDevice(whole.Images.narrow(0, first + start, rows));
        var sliced = (ISlicedTrainingData)data;
        if (sliced.Pixels(step, first + start, rows) is { } pixels)
            return ImageBatches.Normalise(OnDevice(Checked(pixels, rows, "images")));
        return OnDevice(Checked(sliced.Images(step, first + start, rows), rows, "images"));
    }

    /// <summary>Token ids of this process's rows [start, start + rows), B x L on the device.</summary>
    public Tensor Tokens(int start, int rows) =>
        OnDevice(
            whole is not null
                ? whole.Tokens.narrow(0, first + start, rows)
                : Checked(((ISlicedTrainingData)data).Tokens(step, first + start, rows), rows, "captions")
        );

    /// <summary>
    /// Numbers of this process's captions, on the device: equal where the tokens are, in every process alike, and else different but for a chance
    /// of 2^-64 a pair.
    /// </summary>
    public Tensor Captions()
    {
        using var scope = NewDisposeScope();
        var tokens = Tokens(0, count).to(ScalarType.Int64).cpu().contiguous();
        var length = (int)tokens.shape[1];
        var ids = tokens.data<long>().ToArray();
        var numbers = new long[count];
        for (var row = 0; row < count; row++)
            numbers[row] = BinaryPrimitives.ReadInt64LittleEndian(
                SHA256.HashData(MemoryMarshal.AsBytes(ids.AsSpan(row * length, length)))
            );
        return OnDevice(torch.tensor(numbers)).MoveToOuterDisposeScope();
    }

    /// <summary>Concept targets of all of this process's rows; null without.</summary>
    public ConceptTargets? Objects =>
        Targets(whole is null ? ((ISlicedTrainingData)data).Objects(step, first, count) : Narrow(whole.Objects));

    /// <summary>Concept targets of all of this process's rows; null without.</summary>
    public ConceptTargets? Attributes =>
        Targets(whole is null ? ((ISlicedTrainingData)data).Attributes(step, first, count) : Narrow(whole.Attributes));

    ConceptTargets? Narrow(ConceptTargets? all) =>
        all is null ? null : new(all.Indices.narrow(0, first, count), all.Probabilities.narrow(0, first, count));

    ConceptTargets? Targets(ConceptTargets? own) =>
        own is null ? null : new(OnDevice(own.Indices), OnDevice(own.Probabilities));

    Tensor OnDevice(Tensor x) => Transfer.ToDevice(x, device);

    Tensor Checked(Tensor rows, int wanted, string what) =>
        rows.shape[0] == wanted
            ? rows
            : throw new InvalidOperationException(
                $"Step {step + 1}: the data gave {rows.shape[0]} {what} where {wanted} were asked for."
            );

    static TrainingBatch Checked(ITrainingData data, long step)
    {
        var batch = data.Batch(step);
        var (images, captions) = (batch.Images.shape[0], batch.Tokens.shape[0]);
        return images == data.BatchSize && captions == data.BatchSize
            ? batch
            : throw new InvalidOperationException(
                $"Step {step + 1}: the data gave {images} images and {captions} captions for a batch of {data.BatchSize}."
            );
    }
}
