using Research.Randomness;

namespace Research.Imaging;

/// <summary>Which part of a picture becomes the square of <see cref="Size"/> pixels.</summary>
public abstract record ImageCrop
{
    /// <summary>The side of the square in pixels.</summary>
    public int Size { get; }

    private protected ImageCrop(int size)
    {
        if (size is < 1 or > Svg.LargestSize)
            throw new ArgumentOutOfRangeException(
                nameof(size),
                size,
                $"Pictures of {size} pixels: use 1 to {Svg.LargestSize}."
            );
        Size = size;
    }
}

/// <summary>
/// Bicubic resizing makes the shorter side <see cref="ImageCrop.Size"/>, and the centre is cut out: how CLIP prepares pictures for
/// evaluation.
/// </summary>
/// <remarks>[P] Radford et al. 2021, and its published code.</remarks>
public sealed record CentreCrop : ImageCrop
{
    /// <summary>The crop to a square.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not in [1, 4096].</exception>
    public CentreCrop(int size)
        : base(size) { }
}

/// <summary>
/// Resizes a rectangle of random area and aspect ratio to the square. The draw is torchvision's: ten attempts, then the largest
/// centred rectangle with an allowed ratio.
/// </summary>
/// <remarks>[P] Szegedy et al. 2015, section 6.</remarks>
public sealed record RandomResizedCrop : ImageCrop
{
    const int Attempts = 10;

    /// <summary>The smallest share of the picture's area.</summary>
    public double LeastArea { get; }

    /// <summary>The largest share of the picture's area.</summary>
    public double MostArea { get; }

    /// <summary>The smallest ratio of width to height.</summary>
    public double LeastRatio { get; }

    /// <summary>The largest ratio of width to height.</summary>
    public double MostRatio { get; }

    /// <summary>The crop with its ranges; the defaults are torchvision's. CLIP models usually train with a least area of 0.9.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not in [1, 4096], a range is empty, or an area is not in (0, 1].</exception>
    public RandomResizedCrop(
        int size,
        double leastArea = 0.08,
        double mostArea = 1,
        double leastRatio = 3.0 / 4,
        double mostRatio = 4.0 / 3
    )
        : base(size)
    {
        if (!(leastArea > 0 && leastArea <= mostArea && mostArea <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(leastArea),
                $"Areas from {leastArea} to {mostArea}: use 0 < least <= most <= 1."
            );
        if (!(leastRatio > 0 && leastRatio <= mostRatio && double.IsFinite(mostRatio)))
            throw new ArgumentOutOfRangeException(
                nameof(leastRatio),
                $"Aspect ratios from {leastRatio} to {mostRatio}: use 0 < least <= most."
            );
        (LeastArea, MostArea, LeastRatio, MostRatio) = (leastArea, mostArea, leastRatio, mostRatio);
    }

    /// <summary>Draws the rectangle of a picture.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive.</exception>
    public PixelRegion Draw(int width, int height, SeededRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentNullException.ThrowIfNull(random);
        double area = (double)width * height,
            low = Math.Log(LeastRatio),
            high = Math.Log(MostRatio);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var wanted = area * (LeastArea + (MostArea - LeastArea) * random.NextDouble());
            var ratio = Math.Exp(low + (high - low) * random.NextDouble());
            double w = Math.Round(Math.Sqrt(wanted * ratio)),
                h = Math.Round(Math.Sqrt(wanted / ratio));
            if (w >= 1 && w <= width && h >= 1 && h <= height)
                return new(random.NextInt(width - (int)w + 1), random.NextInt(height - (int)h + 1), (int)w, (int)h);
        }
        var own = (double)width / height;
        var (widest, highest) =
            own < LeastRatio ? (width, Math.Clamp((int)Math.Round(width / LeastRatio), 1, height))
            : own > MostRatio ? (Math.Clamp((int)Math.Round(height * MostRatio), 1, width), height)
            : (width, height);
        return new((width - widest) / 2, (height - highest) / 2, widest, highest);
    }
}
