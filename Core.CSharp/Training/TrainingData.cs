using Research.Objectives;
using TorchSharp;

namespace Research.Training;

/// <summary>A batch of training pairs, on the CPU; the trainer moves it. Belongs to the dispose scope that it was made in.</summary>
/// <param name="Images">B x 3 x H x W, float32, normalised as the image encoder expects.</param>
/// <param name="Tokens">B x L int64 token ids; row i is the caption of image i.</param>
public sealed record TrainingBatch(torch.Tensor Images, torch.Tensor Tokens)
{
    /// <summary>The objects that a concept teacher saw in each image, for concept distillation; null without.</summary>
    public ConceptTargets? Objects { get; init; }

    /// <summary>The attributes that a concept teacher saw in each image, for concept distillation; null without.</summary>
    public ConceptTargets? Attributes { get; init; }
}

/// <summary>
/// The source of training batches. <see cref="Batch"/> is a pure function of the step, so that a resumed run sees what the
/// uninterrupted one would have seen, and arms of one seed see the same.
/// </summary>
public interface ITrainingData
{
    /// <summary>Pairs in a batch, over all processes.</summary>
    int BatchSize { get; }

    /// <summary>The batch of a step (0-based), in the current dispose scope.</summary>
    TrainingBatch Batch(long step);
}

/// <summary>
/// Training data that makes any rows of a step's batch by themselves, so that a large batch is never whole in memory: the trainer asks for
/// micro-batches, and with a gradient cache twice for each. Every method is a pure function of its arguments, augmentation included:
/// rows [start, start + count) are those of <see cref="ITrainingData.Batch"/>, to the bit. Called from the training thread.
/// </summary>
public interface ISlicedTrainingData : ITrainingData
{
    /// <summary>Some images of a step's batch, count x 3 x H x W as in <see cref="TrainingBatch.Images"/>.</summary>
    /// <param name="step">The step, 0-based.</param>
    /// <param name="start">The first row, 0-based.</param>
    /// <param name="count">Rows.</param>
    torch.Tensor Images(long step, int start, int count);

    /// <summary>
    /// The same images as bytes, count x 3 x H x W uint8 on the CPU, of which <see cref="Images"/> are <see cref="ImageBatches.Normalise"/>, to
    /// the bit; null, as by default, where the data have none. The trainer moves bytes to the device and normalises them there.
    /// </summary>
    /// <inheritdoc cref="Images"/>
    torch.Tensor? Pixels(long step, int start, int count) => null;

    /// <summary>Some captions of a step's batch, count x L as in <see cref="TrainingBatch.Tokens"/>.</summary>
    /// <inheritdoc cref="Images"/>
    torch.Tensor Tokens(long step, int start, int count);

    /// <summary>The objects of some images of a step's batch; null without, as by default.</summary>
    /// <inheritdoc cref="Images"/>
    ConceptTargets? Objects(long step, int start, int count) => null;

    /// <summary>The attributes of some images of a step's batch; null without, as by default.</summary>
    /// <inheritdoc cref="Images"/>
    ConceptTargets? Attributes(long step, int start, int count) => null;
}
