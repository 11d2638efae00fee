using Research.Randomness;

namespace Research.Imaging;

/// <summary>
/// Changes brightness, contrast, saturation and hue by random factors, in random order, with the arithmetic of Pillow.
/// Ranges are those of torchvision's ColorJitter: a factor in [max(0, 1 - x), 1 + x], a hue shift in [-x, x] turns.
/// </summary>
public sealed record ColourJitter : ImageStage
{
    readonly double brightness,
        contrast,
        saturation,
        hue;

    /// <summary>Half the range of the brightness factor; 0 leaves it out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative or not finite.</exception>
    public double Brightness
    {
        get => brightness;
        init => brightness = Checked(value, double.MaxValue);
    }

    /// <summary>Half the range of the contrast factor; 0 leaves it out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative or not finite.</exception>
    public double Contrast
    {
        get => contrast;
        init => contrast = Checked(value, double.MaxValue);
    }

    /// <summary>Half the range of the saturation factor; 0 leaves it out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative or not finite.</exception>
    public double Saturation
    {
        get => saturation;
        init => saturation = Checked(value, double.MaxValue);
    }

    /// <summary>The largest hue shift, at most half a turn; 0 leaves it out.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not in [0, 0.5].</exception>
    public double Hue
    {
        get => hue;
        init => hue = Checked(value, 0.5);
    }

    /// <inheritdoc/>
    public override void Apply(PixelBuffer picture, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(random);
        foreach (var change in random.Permutation(4))
            switch (change)
            {
                case 0 when brightness > 0:
                    ColourOps.Brightness(picture.Pixels, Factor(brightness, random));
                    break;
                case 1 when contrast > 0:
                    ColourOps.Contrast(picture.Pixels, Factor(contrast, random));
                    break;
                case 2 when saturation > 0:
                    ColourOps.Saturation(picture.Pixels, Factor(saturation, random));
                    break;
                case 3 when hue > 0:
                    ColourOps.Hue(picture.Pixels, Uniform(random, -hue, hue));
                    break;
            }
    }

    static double Factor(double range, SeededRandom random) => Uniform(random, Math.Max(0, 1 - range), 1 + range);

    static double Checked(
        double value,
        double most,
        [System.Runtime.CompilerServices.CallerMemberName] string name = ""
    ) =>
        value >= 0 && value <= most
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{name} is {value}: use a number from 0{(most < 1 ? $" to {most}" : "")}."
            );
}
