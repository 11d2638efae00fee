using Research.Objectives.Tiled;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>How far a distribution is from its target.</summary>
public enum TargetDistance
{
    /// <summary>Cross entropy, -sum_j Q_j log P_j: at least the target's own entropy.</summary>
    CrossEntropy,

    /// <summary>Kullback-Leibler divergence of the target, cross entropy less the target's entropy: 0 where they agree, the same gradient.</summary>
    KullbackLeibler,
}

/// <summary>
/// InfoNCE in which every row's target is blended with a teacher's distribution over the batch, in both directions: each row's loss is
/// (1 - b) (-log P_ii) + b D(Q_i, P_i), P the row softmax of S, Q that of the teacher's logits, image rows from the teacher's image rows
/// and caption rows from its caption rows. The common part of <see cref="MomentumDistillation"/> [R] and <see cref="FrozenDistillation"/> [O].
/// </summary>
public abstract class BlendedObjective : ContrastiveObjective
{
    /// <summary>b at the present progress, in [0, 1].</summary>
    private protected abstract double Blend(double progress);

    /// <summary>Factor on the teacher's cosines.</summary>
    private protected abstract double TeacherScale(EmbeddingBatch batch);

    private protected virtual TargetDistance Distance => TargetDistance.CrossEntropy;

    /// <inheritdoc/>
    public override ObjectiveResult Forward(EmbeddingBatch batch)
    {
        Similarity.Check(batch, Name);
        using var scope = NewDisposeScope();
        var blend = Blend(batch.Progress);
        var logits = Similarity.Logits(batch.Image, batch.Text, batch.LogitScale);
        var diagnostics = new Diagnostics(batch).Accuracy(logits);
        if (blend == 0)
            return new(((Own(logits) + Own(logits.t())) / 2).MoveToOuterDisposeScope(), diagnostics.Values);
        var teacher = Similarity.Teacher(batch, Name);
        var targets = teacher.Image.to(logits.dtype).mm(teacher.Text.to(logits.dtype).t()) * TeacherScale(batch);
        Tensor Loss(Tensor z) => (OneSide(z, targets, blend) + OneSide(z.t(), targets.t(), blend)) / 2;
        var loss = Loss(logits);
        diagnostics
            .Entropy((Entropy(targets) + Entropy(targets.t())) / 2)
            .SoftGradient(leaves =>
            {
                var z = Similarity.Logits(leaves.Image, leaves.Text, leaves.LogitScale);
                return (Soft(z, targets) + Soft(z.t(), targets.t())) / 2 * blend;
            });
        return new(loss.MoveToOuterDisposeScope(), diagnostics.Values);
    }

    Tensor OneSide(Tensor logits, Tensor targets, double blend)
    {
        var soft = Soft(logits, targets);
        if (Distance == TargetDistance.KullbackLeibler)
            soft = soft - Entropy(targets);
        return Own(logits) * (1 - blend) + soft * blend;
    }

    static Tensor Own(Tensor logits) => RowLoss.Identity(nn.functional.log_softmax(logits, 1)).mean();

    static Tensor Soft(Tensor logits, Tensor targets) =>
        RowLoss.Soft(nn.functional.log_softmax(logits, 1), targets.softmax(1)).mean();

    static Tensor Entropy(Tensor targets) =>
        RowLoss.Soft(nn.functional.log_softmax(targets, 1), targets.softmax(1)).mean();

    /// <inheritdoc/>
    public override ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var shared = Share(batch, tiling, collective);
        return SoftmaxGradients.Of(shared, new SoftmaxLoss { Soft = Targets(shared) }, tiling).MoveToOuter();
    }

    SoftTargets? Targets(SharedBatch shared)
    {
        var blend = Blend(shared.Local.Progress);
        if (blend == 0)
            return null;
        var teacher = Similarity.Teacher(shared.Local, Name);
        var weights = torch.full([shared.Count], blend, ScalarType.Float64, shared.Device);
        var logits = new TeacherLogits(
            shared.Gather(teacher.Image),
            shared.Gather(teacher.Text),
            TeacherScale(shared.Local)
        );
        return new(weights, weights, logits, logits, Distance == TargetDistance.KullbackLeibler);
    }
}
