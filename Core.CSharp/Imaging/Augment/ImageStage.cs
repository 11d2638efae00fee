using Research.Randomness;

namespace Research.Imaging;

/// <summary>Changes a picture but keeps its size; all its randomness comes from the given stream.</summary>
public abstract record ImageStage
{
    /// <summary>Changes the picture in place.</summary>
    public abstract void Apply(PixelBuffer picture, SeededRandom random);

    /// <summary>A uniform number between two bounds.</summary>
    protected static double Uniform(SeededRandom random, double from, double to) =>
        from + (to - from) * random.NextDouble();
}

/// <summary>Mirrors left and right.</summary>
/// <param name="Probability">How often, 0 to 1; default one half.</param>
public sealed record HorizontalFlip(double Probability = 0.5) : ImageStage
{
    /// <inheritdoc/>
    public override void Apply(PixelBuffer picture, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(random);
        if (random.NextDouble() < Probability)
            GeometryOps.Mirror(picture.Pixels, picture.Width, picture.Height);
    }
}

/// <summary>Makes pictures grey: all channels equal.</summary>
/// <param name="Probability">How often, 0 to 1.</param>
public sealed record RandomGrey(double Probability) : ImageStage
{
    /// <inheritdoc/>
    public override void Apply(PixelBuffer picture, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(random);
        if (random.NextDouble() < Probability)
            ColourOps.Saturation(picture.Pixels, 0);
    }
}
