using Research.Objectives;
using static TorchSharp.torch;

namespace Core.Tests.Training;

/// <summary>
/// Synthetic pairs that can be had by rows only, and that say which rows were asked for; each thing's class is its number modulo 3.
/// </summary>
sealed class Sliced(int batchSize, bool concepts = false) : Research.Training.ISlicedTrainingData
{
    readonly Synthetic source = new(batchSize);

    public List<(string What, int Start, int Count)> Asked { get; } = [];
    public int BatchSize => batchSize;

    public Research.Training.TrainingBatch Batch(long step) =>
        throw new InvalidOperationException("the whole batch was asked for");

    public Tensor Images(long step, int start, int count)
    {
        Asked.Add(("images", start, count));
        return source.Batch(step).Images.narrow(0, start, count);
    }

    public Tensor Tokens(long step, int start, int count)
    {
        Asked.Add(("tokens", start, count));
        return source.Batch(step).Tokens.narrow(0, start, count);
    }

    public ConceptTargets? Objects(long step, int start, int count) =>
        Targets(step, start, count, HeadObjective.Classes);

    public ConceptTargets? Attributes(long step, int start, int count) => Targets(step, start, count, 2);

    ConceptTargets? Targets(long step, int start, int count, int classes)
    {
        if (!concepts)
            return null;
        var words = source.Batch(step).Tokens.narrow(0, start, count).select(1, 2);
        return new(words.remainder(classes).unsqueeze(1), ones(count, 1)); // B x 1
    }
}
