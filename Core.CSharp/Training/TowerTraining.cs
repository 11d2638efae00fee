using System.Globalization;

namespace Research.Training;

/// <summary>How one of the two encoders is trained, where it differs from the other or within itself. The defaults change nothing.</summary>
public sealed record TowerTraining
{
    /// <summary>What of it is not trained; null (default) trains all.</summary>
    public TowerLock? Lock { get; init; }

    /// <summary>The factor on the learning rate of the whole encoder, positive. Default 1.</summary>
    public double LearningRateFactor { get; init; } = 1;

    /// <summary>
    /// The factor by which the learning rate falls from each group of layers to the one below it, in (0, 1]: group i of n, counted from the input,
    /// has decay^(n - 1 - i), as in open_clip. Groups are the embeddings, each block, and the projection; of a ResNet its stem, each stage, and
    /// its attention pooling. Default 1.
    /// </summary>
    public double LayerDecay { get; init; } = 1;

    /// <summary>All fields, in the invariant culture.</summary>
    public override string ToString()
    {
        static string Number(double x) => x.ToString("r", CultureInfo.InvariantCulture);
        return $"lock {Lock?.ToString() ?? "none"}, learning rate x {Number(LearningRateFactor)}, layer decay {Number(LayerDecay)}";
    }

    internal void Validate(string field)
    {
        void Check(bool holds, string name, object value, string allowed)
        {
            if (!holds)
                throw new ArgumentOutOfRangeException($"{field}.{name}", value, $"{field}.{name} must be {allowed}.");
        }
        Check(
            LearningRateFactor > 0 && double.IsFinite(LearningRateFactor),
            nameof(LearningRateFactor),
            LearningRateFactor,
            "a positive number"
        );
        Check(LayerDecay is > 0 and <= 1, nameof(LayerDecay), LayerDecay, "in (0, 1]");
        if (Lock is null)
            return;
        Check(
            Lock.UnlockedGroups >= 0,
            $"{nameof(Lock)}.{nameof(Lock.UnlockedGroups)}",
            Lock.UnlockedGroups,
            "0 or more"
        );
        Check(
            Lock.Until is null or >= 1,
            $"{nameof(Lock)}.{nameof(Lock.Until)}",
            Lock.Until ?? 0,
            "a step from 1 on, or null for a lock that stays"
        );
    }
}

/// <summary>
/// Which part of an encoder keeps its weights (Zhai et al. 2022, "LiT: Zero-Shot Transfer with Locked-image text Tuning"). No gradient of
/// the part is computed or stored. Its dropout goes on, as it does in open_clip.
/// </summary>
public sealed record TowerLock
{
    /// <summary>
    /// Groups of layers, counted from the output, that are trained all the same (open_clip's lock-image-unlocked-groups and
    /// lock-text-unlocked-layers): 1 the projection, 2 the last block too, and so on. Default 0: the whole encoder is locked.
    /// </summary>
    public int UnlockedGroups { get; init; }

    /// <summary>
    /// Whether the weights of norm layers in the locked part are locked too. Default true [O]; false is open_clip's lock-text-freeze-layer-norm
    /// left off, and then gradients flow through the whole part.
    /// </summary>
    public bool FreezeNorms { get; init; } = true;

    /// <summary>
    /// Whether batch norms in the locked part use and keep their running statistics, as in evaluation. Default true [O]; false is open_clip's
    /// lock-image-freeze-bn-stats left off: they normalise by the batch and follow it.
    /// </summary>
    public bool FreezeStatistics { get; init; } = true;

    /// <summary>
    /// The step (0-based) from which on all is trained; null (default) for a lock that stays. What was locked begins with an optimizer state of
    /// zero then.
    /// </summary>
    public long? Until { get; init; }

    /// <summary>All fields, in the invariant culture.</summary>
    public override string ToString() =>
        $"but {UnlockedGroups} groups{(FreezeNorms ? "" : " and norms")}{(FreezeStatistics ? "" : " with moving statistics")}"
        + (Until is { } step ? $" until step {step.ToString(CultureInfo.InvariantCulture)}" : "");
}
