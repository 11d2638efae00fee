using Research.Objectives;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Core.Tests.Training;

/// <summary>InfoNCE and a linear head on the image features: an objective that writes Forward alone, with parameters and targets of its own.</summary>
sealed class HeadObjective : ContrastiveObjective, IDisposable
{
    public const int Classes = 3;
    readonly InfoNce contrastive = new();
    readonly Parameter head;

    public HeadObjective(int width, double learningRateFactor = 10, double weightDecayFactor = 0.01)
    {
        head = new Parameter(full([Classes, width], 0.1));
        Parameters = [new("head.weight", head, learningRateFactor, weightDecayFactor)];
    }

    public Parameter Head => head;
    public override string Name => "InfoNCE + head";
    public override ObjectiveNeeds Needs => new() { ImageFeatures = true, Concepts = true };
    public override IReadOnlyList<ObjectiveParameter> Parameters { get; }
    public override double? InitialLogitScale => 1.5;

    public override ObjectiveResult Forward(EmbeddingBatch batch)
    {
        using var scope = NewDisposeScope();
        var result = contrastive.Forward(batch);
        var logits = batch.ImageFeatures!.mm(head.t());
        var own = nn.functional.log_softmax(logits, 1).gather(1, batch.Objects!.Indices);
        var loss = result.Loss - (own * batch.Objects.Probabilities).sum([1]).mean();
        return result with { Loss = loss.MoveToOuterDisposeScope() };
    }

    public override string ToString() => Name;

    public void Dispose() => head.Dispose();
}
