using TorchSharp;

namespace Research.Training;

/// <summary>A batch of training pairs, on the CPU; the trainer moves it. Belongs to the dispose scope that it was made in.</summary>
/// <param name="Images">B x 3 x H x W, float32, normalised as the image encoder expects.</param>
/// <param name="Tokens">B x L int64 token ids; row i is the caption of image i.</param>
public sealed record TrainingBatch(torch.Tensor Images, torch.Tensor Tokens);

/// <summary>
/// The source of training batches. <see cref="Batch"/> is a pure function of the step, so that a resumed run sees what the
/// uninterrupted one would have seen, and arms of one seed see the same.
/// </summary>
public interface ITrainingData
{
    /// <summary>Pairs in a batch.</summary>
    int BatchSize { get; }

    /// <summary>The batch of a step (0-based).</summary>
    TrainingBatch Batch(long step);
}
