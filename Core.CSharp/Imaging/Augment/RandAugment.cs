using Research.Randomness;

namespace Research.Imaging;

/// <summary>
/// RandAugment: a few operations drawn from fourteen, each at the same magnitude. The list, the magnitudes and their signs are
/// torchvision's (nearest pixels, black from outside).
/// </summary>
/// <remarks>[P] Cubuk et al. 2020, "RandAugment: Practical automated data augmentation with a reduced search space".</remarks>
public sealed record RandAugment : ImageStage
{
    const double LongestShift = 150.0 / 331;

    /// <summary>The names of the operations, in drawing order.</summary>
    public static IReadOnlyList<string> Operations { get; } =
    [
        "Identity",
        "ShearX",
        "ShearY",
        "TranslateX",
        "TranslateY",
        "Rotate",
        "Brightness",
        "Color",
        "Contrast",
        "Sharpness",
        "Posterize",
        "Solarize",
        "AutoContrast",
        "Equalize",
    ];

    /// <summary>How many operations are drawn, with repetition: default 2.</summary>
    public int Count { get; }

    /// <summary>The magnitude of each, from 0: default 9.</summary>
    public int Magnitude { get; }

    /// <summary>How many magnitudes there are; the last one is the full effect: default 31.</summary>
    public int Bins { get; }

    /// <summary>The stage with its settings.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative, there are fewer than two bins, or the magnitude is not a bin.</exception>
    public RandAugment(int count = 2, int magnitude = 9, int bins = 31)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (bins < 2)
            throw new ArgumentOutOfRangeException(nameof(bins), bins, $"{bins} magnitudes: use 2 or more.");
        if (magnitude < 0 || magnitude >= bins)
            throw new ArgumentOutOfRangeException(
                nameof(magnitude),
                magnitude,
                $"Magnitude {magnitude} is not in [0, {bins})."
            );
        (Count, Magnitude, Bins) = (count, magnitude, bins);
    }

    /// <inheritdoc/>
    public override void Apply(PixelBuffer picture, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(random);
        for (var i = 0; i < Count; i++)
        {
            var operation = Operations[random.NextInt(Operations.Count)];
            var negative = IsSigned(operation) && random.NextInt(2) == 1;
            var strength = Strength(operation, picture.Width, picture.Height);
            Apply(picture, operation, negative ? -strength : strength);
        }
    }

    static bool IsSigned(string operation) =>
        operation is not ("Identity" or "Posterize" or "Solarize" or "AutoContrast" or "Equalize");

    /// <summary>The operation's own unit: slope, pixels, degrees, change of a factor, bits, threshold.</summary>
    internal double Strength(string operation, int width, int height)
    {
        var share = Magnitude / (double)(Bins - 1);
        return operation switch
        {
            "ShearX" or "ShearY" => 0.3 * share,
            "TranslateX" => LongestShift * width * share,
            "TranslateY" => LongestShift * height * share,
            "Rotate" => 30 * share,
            "Brightness" or "Color" or "Contrast" or "Sharpness" => 0.9 * share,
            "Posterize" => 8 - Math.Round(Magnitude / ((Bins - 1) / 4.0)),
            "Solarize" => 255 * (1 - share),
            _ => 0,
        };
    }

    /// <summary>Applies one operation.</summary>
    internal static void Apply(PixelBuffer picture, string operation, double strength)
    {
        var pixels = picture.Pixels;
        var (width, height) = (picture.Width, picture.Height);
        switch (operation)
        {
            case "Identity":
                break;
            case "ShearX":
                GeometryOps.ShearX(pixels, width, height, strength);
                break;
            case "ShearY":
                GeometryOps.ShearY(pixels, width, height, strength);
                break;
            case "TranslateX":
                GeometryOps.Translate(pixels, width, height, (int)strength, 0);
                break;
            case "TranslateY":
                GeometryOps.Translate(pixels, width, height, 0, (int)strength);
                break;
            case "Rotate":
                GeometryOps.Rotate(pixels, width, height, strength);
                break;
            case "Brightness":
                ColourOps.Brightness(pixels, 1 + strength);
                break;
            case "Color":
                ColourOps.Saturation(pixels, 1 + strength);
                break;
            case "Contrast":
                ColourOps.Contrast(pixels, 1 + strength);
                break;
            case "Sharpness":
                ColourOps.Sharpness(pixels, width, height, 1 + strength);
                break;
            case "Posterize":
                ColourOps.Posterize(pixels, (int)strength);
                break;
            case "Solarize":
                ColourOps.Solarize(pixels, strength);
                break;
            case "AutoContrast":
                ColourOps.AutoContrast(pixels);
                break;
            case "Equalize":
                ColourOps.Equalize(pixels);
                break;
            default:
                throw new ArgumentException(
                    $"There is no operation '{operation}'; there are {string.Join(", ", Operations)}.",
                    nameof(operation)
                );
        }
    }
}
