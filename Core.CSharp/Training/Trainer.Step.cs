using Research.Encoders;
using Research.Objectives;
using Research.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

public sealed partial class Trainer
{
    readonly record struct Outcome(double Loss, double GradientNorm, IReadOnlyDictionary<string, double> Diagnostics);

    Outcome Step(long step, bool measured, CheckpointFolder? checkpoints)
    {
        using var scope = NewDisposeScope();
        var rows = options.BatchSize / collective.World;
        var batch = new StepBatch(data, step, collective.Rank * rows, rows, device);
        ObjectiveGradients gradients;
        try
        {
            gradients = Gradients(batch, measured);
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
        ClampLogitScale();
        average?.Update(step + 1);
        losses.Add(loss);
        return new(loss, norm, gradients.Diagnostics);
    }

    /// <summary>Embeds this process's rows, with student and teacher, and asks the objective.</summary>
    ObjectiveGradients Gradients(StepBatch batch, bool measured)
    {
        var needs = objective.Needs;
        var (image, text) = cache.Embed(batch, needs.ImageFeatures);
        using var none = no_grad();
        return objective.Gradients(
            new(image.Embedding, text.Embedding, Model.logit_scale, options.ProgressAt(batch.Step))
            {
                Random = new StepRandomness(options.Seed, batch.Step),
                WantDiagnostics = measured,
                Captions = measured ? batch.Captions() : null,
                TeacherImage = Teach(Tower.Image, batch),
                TeacherText = Teach(Tower.Text, batch),
                TeacherLogitScale = Teacher?.logit_scale.detach(),
                ImageFeatures = image.Features,
                Objects = needs.Concepts ? batch.Objects : null,
                Attributes = needs.Concepts ? batch.Attributes : null,
            },
            Tiling.Default,
            collective
        );
    }

    /// <summary>The teacher, where it is another network than the model itself.</summary>
    DualEncoder? Teacher => average?.Model ?? frozen;

    /// <summary>The teacher's embeddings of this process's rows; null without a teacher of its own.</summary>
    Tensor? Teach(Tower tower, StepBatch batch) =>
        Teacher is { } model ? encoder.All(model, tower, batch, microBatch, "teacher").Embedding : null;

    void ClampLogitScale()
    {
        Model.ClampLogitScale();
        if (options.MinimalLogitScale is not { } least)
            return;
        using var none = no_grad();
        Model.logit_scale.clamp_(min: Math.Log(least));
    }

    /// <summary>Adds up the encoders' gradients, of which each process has its rows' part.</summary>
    void SumOverProcesses()
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] gradients = [.. Model.parameters().Select(p => p.grad).OfType<Tensor>()];
        if (gradients.Length == 0)
        {
            statistics.Average(collective); // both encoders are locked
            return;
        }
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
