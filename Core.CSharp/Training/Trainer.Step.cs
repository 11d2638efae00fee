using Research.Encoders;
using Research.Objectives;
using Research.Samplers;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

public sealed partial class Trainer
{
    readonly record struct Outcome(
        double Loss,
        double GradientNorm,
        double SoftFraction,
        IReadOnlyDictionary<string, double> Diagnostics
    );

    Outcome Step(long step, bool measured, CheckpointFolder? checkpoints)
    {
        using var scope = NewDisposeScope();
        var fraction = objective.SoftFraction(options.ProgressAt(step));
        var rows = options.BatchSize / collective.World;
        var batch = new StepBatch(data, step, collective.Rank * rows, rows, device);
        ObjectiveGradients gradients;
        try
        {
            gradients = Gradients(batch, fraction, measured);
        }
        catch (NotFiniteNumberException e)
        {
            throw Diverged(step, e.Message, checkpoints, e);
        }

        optimizer.zero_grad();
        cache.Backward(batch, gradients);
        if (collective.World > 1)
            SumOverProcesses();
        Model.logit_scale.grad = gradients.LogitScale;
        foreach (var (own, gradient) in objective.Parameters.Zip(gradients.Parameters))
            own.Parameter.grad = gradient;
        var (loss, norm) = GradientNorm.Read(gradients.Loss, trainable);
        if (!double.IsFinite(loss))
            throw Diverged(step, $"the loss is {loss}", checkpoints);
        if (!double.IsFinite(norm))
            throw Diverged(step, $"the gradient's norm is {norm}", checkpoints);
        if (options.GradientClip is { } largest)
            GradientNorm.Clip(trainable, norm, largest);
        var rate = options.LearningRateAt(step);
        foreach (var (group, factor) in groups)
            group.LearningRate = rate * factor;
        optimizer.step();
        Model.ClampLogitScale();
        average?.Update(step + 1);
        losses.Add(loss);
        return new(loss, norm, fraction, gradients.Diagnostics);
    }

    /// <summary>Embeds this process's rows, with student and teacher, and asks the objective.</summary>
    ObjectiveGradients Gradients(StepBatch batch, double softFraction, bool measured)
    {
        var (objects, attributes) = (batch.Objects, batch.Attributes);
        var concepts = objects is not null || attributes is not null;
        var (image, text) = cache.Embed(batch, features: concepts);
        var (teacherImage, teacherText) = (Teach(Tower.Image, batch), Teach(Tower.Text, batch));
        var unaligned = Partitioned(batch, softFraction, "partition");
        var unalignedTexts =
            objective.Sampling == SubsetSampling.Joint
                ? unaligned
                : Partitioned(batch, softFraction, "partition of texts");
        using var none = no_grad();
        return objective.Gradients(
            new(
                image.Embedding,
                text.Embedding,
                Model.logit_scale,
                unaligned,
                unalignedTexts,
                options.ProgressAt(batch.Step),
                teacherImage,
                teacherText
            )
            {
                WantDiagnostics = measured,
                ImageFeatures = image.Features,
                Objects = objects,
                Attributes = attributes,
            },
            Tiling.Default,
            collective
        );
    }

    /// <summary>The teacher's embeddings of this process's rows; null without a teacher of its own.</summary>
    Tensor? Teach(Tower tower, StepBatch batch) =>
        (average?.Model ?? frozen) is { } model
            ? encoder.All(model, tower, batch, microBatch, "teacher").Embedding
            : null;

    /// <summary>The flags of this process's rows. The draw is over the whole batch, so that it does not depend on the processes.</summary>
    bool[] Partitioned(StepBatch batch, double fraction, string stream) =>
        Partition.Sample(options.BatchSize, fraction, options.Seed, batch.Step, stream)[
            batch.First..(batch.First + batch.Count)
        ];

    /// <summary>Adds up the encoders' gradients, of which each process has its rows' part.</summary>
    void SumOverProcesses()
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] gradients = [.. Model.parameters().Select(p => p.grad).OfType<Tensor>()];
        var sum = collective.AllReduceSum(cat([.. gradients.Select(g => g.reshape(-1))], 0));
        long place = 0;
        foreach (var gradient in gradients)
        {
            gradient.copy_(sum.narrow(0, place, gradient.numel()).view(gradient.shape));
            place += gradient.numel();
        }
        statistics.Average(collective);
    }

    static InvalidOperationException Diverged(
        long step,
        string what,
        CheckpointFolder? checkpoints,
        Exception? cause = null
    )
    {
        var kept = checkpoints?.Newest is { } folder
            ? $"The last finite checkpoint is kept in '{folder}'."
            : "No checkpoint had been written before it.";
        return new(
            $"Step {step + 1}: {what.TrimEnd('.')}. {kept} Lower LearningRate, lengthen WarmupFraction or lower GradientClip.",
            cause
        );
    }
}
