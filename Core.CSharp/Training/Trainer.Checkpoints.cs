using System.Globalization;
using Research.Engine;
using static TorchSharp.torch;

namespace Research.Training;

public sealed partial class Trainer
{
    string? teacherHash;

    long Save(CheckpointFolder? checkpoints, long step, Action<TrainingEvent> sink)
    {
        if (checkpoints is null || collective.Rank != 0)
            return step;
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>();
        void Add(string prefix, IEnumerable<KeyValuePair<string, Tensor>> part)
        {
            foreach (var (name, tensor) in part)
                tensors.Add(prefix + name, tensor);
        }
        Add("model.", Model.Weights());
        Add("optimizer.", optimizer.state_dict());
        Add("objective.", objective.Parameters.Select(p => KeyValuePair.Create<string, Tensor>(p.Name, p.Parameter)));
        if (average is not null)
            Add("teacher.", average.Model.Weights());
        sink(new CheckpointWritten(step, checkpoints.Save(new(step, Settings(), losses.Values, tensors))));
        return step;
    }

    /// <summary>Takes over the newest intact checkpoint.</summary>
    /// <returns>The steps that it has done; 0 when there is none.</returns>
    long Resume(CheckpointFolder checkpoints, Action<TrainingEvent> sink)
    {
        using var scope = NewDisposeScope();
        if (checkpoints.LoadNewest(line => sink(new TrainingNotice(line))) is not { } checkpoint)
            return 0;
        var settings = Settings();
        foreach (var name in settings.Keys.Union(checkpoint.Settings.Keys))
            if (
                (settings.GetValueOrDefault(name), checkpoint.Settings.GetValueOrDefault(name)) is var (value, was)
                && was != value
            )
                throw new InvalidOperationException(
                    $"'{checkpoints.Newest}' was written with {name} {was ?? "unset"}, but this run has {value ?? "none"}. "
                        + "Continue with the same settings, or train in another folder."
                );
        if (checkpoint.Step > options.Steps)
            throw new InvalidOperationException(
                $"'{checkpoints.Newest}' has {checkpoint.Step} steps; this run has {options.Steps}."
            );
        Model.LoadWeights(checkpoint.Part("model."));
        optimizer.load_state_dict(checkpoint.Part("optimizer."));
        average?.Model.LoadWeights(checkpoint.Part("teacher."));
        LoadObjective(checkpoint.Part("objective."), checkpoints.Newest!);
        losses.Restore(checkpoint.RecentLosses);
        return checkpoint.Step;
    }

    void LoadObjective(Dictionary<string, Tensor> saved, string folder)
    {
        using var none = no_grad();
        foreach (var own in objective.Parameters)
        {
            if (!saved.Remove(own.Name, out var value) || !value.shape.SequenceEqual(own.Parameter.shape))
                throw new InvalidOperationException(
                    $"'{folder}' has no '{own.Name}' of shape [{string.Join(", ", own.Parameter.shape)}] for {objective.Name}."
                );
            own.Parameter.copy_(value);
        }
        if (saved.Count > 0)
            throw new InvalidOperationException(
                $"'{folder}' has '{saved.Keys.First()}', which {objective.Name} has no place for."
            );
    }

    /// <summary>The options that change the numbers, as text. Device, threads, logging and checkpointing may change between starts.</summary>
    Dictionary<string, string> Settings()
    {
        static string Number(double x) => x.ToString("r", CultureInfo.InvariantCulture);
        var settings = new Dictionary<string, string>
        {
            ["objective"] = objective.ToString() ?? objective.Name,
            [nameof(options.Steps)] = options.Steps.ToString(CultureInfo.InvariantCulture),
            [nameof(options.BatchSize)] = options.BatchSize.ToString(CultureInfo.InvariantCulture),
            [nameof(options.Seed)] = options.Seed.ToString(CultureInfo.InvariantCulture),
            [nameof(options.LearningRate)] = Number(options.LearningRate),
            [nameof(options.WarmupFraction)] = Number(options.WarmupFraction),
            [nameof(options.LearningRateDecay)] = options.LearningRateDecay.ToString(),
            [nameof(options.WeightDecay)] = Number(options.WeightDecay),
            [nameof(options.Beta1)] = Number(options.Beta1),
            [nameof(options.Beta2)] = Number(options.Beta2),
            [nameof(options.Epsilon)] = Number(options.Epsilon),
            [nameof(options.GradientClip)] = options.GradientClip is { } clip ? Number(clip) : "none",
            [nameof(options.Precision)] = options.Precision.ToString(),
        };
        // only where set, so that checkpoints from before these options stay good
        if (options.MicroBatch is { } size)
            settings[nameof(options.MicroBatch)] = size.ToString(CultureInfo.InvariantCulture);
        if (options.DecayPositions)
            settings[nameof(options.DecayPositions)] = "True";
        if (options.MinimalLogitScale is { } least)
            settings[nameof(options.MinimalLogitScale)] = Number(least);
        foreach (
            var (name, tower) in new[] { (nameof(options.Image), options.Image), (nameof(options.Text), options.Text) }
        )
            if (tower != new TowerTraining())
                settings[name] = tower.ToString();
        if (frozen is not null)
            settings["teacher"] = teacherHash ??= TeacherWeights.Hash(frozen);
        return settings;
    }
}
