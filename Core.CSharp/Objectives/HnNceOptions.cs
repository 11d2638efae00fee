namespace Research.Objectives;

/// <summary>
/// Settings of hard-negative noise contrastive estimation (Radenovic et al., DiHT, CVPR 2023). Recalled values, to be swept [R]:
/// (1, 0.25) on LAION-CAT, (0.999, 0.5) on PMD.
/// </summary>
public sealed record HnNceOptions
{
    /// <summary>Weight of the positive in the denominator, in [0, 1]: 1 as in InfoNCE (default [R]), 0 decoupled.</summary>
    public double Alpha { get; init; } = 1;

    /// <summary>How strongly hard negatives are preferred, 0 or more: 0 weighs all negatives alike. Default 0.25 [R].</summary>
    public double Beta { get; init; } = 0.25;

    /// <summary>Whether gradients flow through the weights. Default: they do [O].</summary>
    public bool GradientThroughWeights { get; init; } = true;

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message names the setting, its value and what is allowed.</exception>
    public void Validate()
    {
        if (!(Alpha >= 0 && Alpha <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(Alpha),
                Alpha,
                "Alpha, the positive's weight, lies in [0, 1]."
            );
        if (!(Beta >= 0) || !double.IsFinite(Beta))
            throw new ArgumentOutOfRangeException(
                nameof(Beta),
                Beta,
                "Beta, the concentration on hard negatives, is a finite number, 0 or more."
            );
    }
}
