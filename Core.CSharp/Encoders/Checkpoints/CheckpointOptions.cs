namespace Research.Encoders;

/// <summary>What a checkpoint does not say of itself, and what is allowed to be missing. Everything is optional.</summary>
public sealed record CheckpointOptions
{
    /// <summary>The configuration that the weights must fit; null (default) for the one that the file and its names and shapes tell.</summary>
    public DualEncoderConfig? Config { get; init; }

    /// <summary>How the weights are named; null (default) to recognise it.</summary>
    public CheckpointLayout? Layout { get; init; }

    /// <summary>
    /// The nonlinearity of both towers, which no shape tells. Null (default): the configuration beside the file, else what all models of the
    /// layout have, else exact GELU, which <see cref="CheckpointFile.Assumptions"/> then says.
    /// </summary>
    public Activation? Activation { get; init; }

    /// <summary>Attention heads of the image tower; null (default): the configuration beside the file, else a preset's of these sizes, else width / 64.</summary>
    public int? VisionHeads { get; init; }

    /// <summary>Attention heads of the text tower; null (default) as for <see cref="VisionHeads"/>.</summary>
    public int? TextHeads { get; init; }

    /// <summary>
    /// The side of the pictures that the model shall take; its position embeddings are then resized as open_clip does
    /// (<see cref="PositionInterpolation"/>). Null (default): the file's own.
    /// </summary>
    public int? ImageSize { get; init; }

    /// <summary>Names that may be missing, where the model then keeps its initial value; "*" stands for any text. Default: none.</summary>
    public IReadOnlyList<string> AllowMissing { get; init; } = [];

    /// <summary>Names that may be left over; "*" stands for any text. Default: none.</summary>
    public IReadOnlyList<string> AllowUnexpected { get; init; } = [];
}
