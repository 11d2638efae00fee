namespace Research.Encoders;

/// <summary>An image encoder and a text encoder with a joint space.</summary>
public sealed record DualEncoderConfig
{
    /// <summary>The image side.</summary>
    public required VisionConfig Vision { get; init; }

    /// <summary>The text side.</summary>
    public required TextConfig Text { get; init; }

    /// <summary>Dimensions d of the joint space.</summary>
    public int EmbedDimension { get; init; } = 512;

    /// <summary>The initial temperature tau; the logit scale starts at ln(1/tau). CLIP's is 0.07.</summary>
    public double InitialTemperature { get; init; } = 0.07;

    /// <summary>The largest exp(logit scale) that <see cref="DualEncoder.ClampLogitScale"/> leaves. CLIP's is 100.</summary>
    public double MaximalLogitScale { get; init; } = 100;

    /// <summary>Checks all fields.</summary>
    /// <returns>This configuration.</returns>
    /// <exception cref="ArgumentException">A field is out of range, or two do not fit; the message names them.</exception>
    public DualEncoderConfig Validate()
    {
        Vision.Validate();
        Text.Validate();
        Require.Positive(nameof(DualEncoderConfig), nameof(EmbedDimension), EmbedDimension);
        if (Vision.Pooling == VisionPooling.Attention && EmbedDimension % Vision.PoolerHeads != 0)
            throw new ArgumentException(
                $"DualEncoderConfig.EmbedDimension = {EmbedDimension} must be a multiple of VisionConfig.PoolerHeads = {Vision.PoolerHeads}."
            );
        if (!(MaximalLogitScale > 0) || !double.IsFinite(MaximalLogitScale))
            throw new ArgumentException(
                $"DualEncoderConfig.MaximalLogitScale = {MaximalLogitScale} must be positive and finite."
            );
        if (!(InitialTemperature > 0) || 1 / InitialTemperature > MaximalLogitScale)
            throw new ArgumentException(
                $"DualEncoderConfig.InitialTemperature = {InitialTemperature} must be at least 1 / MaximalLogitScale = {1 / MaximalLogitScale}."
            );
        return this;
    }
}
