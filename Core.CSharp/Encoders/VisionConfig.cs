using Research.Engine;

namespace Research.Encoders;

/// <summary>The nonlinearity of the Transformer's feed-forward layers.</summary>
public enum Activation
{
    /// <summary>Exact GELU: open_clip's default.</summary>
    Gelu,

    /// <summary>x sigmoid(1.702 x): OpenAI's CLIP weights.</summary>
    QuickGelu,
}

/// <summary>How the tokens of an image become one vector.</summary>
public enum VisionPooling
{
    /// <summary>A learned class token is put before the patches; its last state is the image's.</summary>
    ClassToken,

    /// <summary>The mean over all tokens; there is no class token.</summary>
    Mean,
}

/// <summary>
/// A Vision Transformer. The image becomes tokens either by patches of <see cref="PatchSize"/> pixels (one convolution), or, where
/// <see cref="StemLayers"/> is positive, by that many 3 x 3 convolutions of stride 2 with batch norm and activation.
/// </summary>
public sealed record VisionConfig
{
    /// <summary>Height and width of the input in pixels.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>Pixels on a side of a patch; divides <see cref="ImageSize"/>. Not used with a convolutional stem.</summary>
    public int PatchSize { get; init; } = 32;

    /// <summary>Width of the token vectors.</summary>
    public int Width { get; init; } = 768;

    /// <summary>Number of Transformer blocks.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>Attention heads; divides <see cref="Width"/>.</summary>
    public int Heads { get; init; } = 12;

    /// <summary>Width of the feed-forward layer over <see cref="Width"/>.</summary>
    public double MlpRatio { get; init; } = 4;

    /// <summary>How tokens become one vector.</summary>
    public VisionPooling Pooling { get; init; } = VisionPooling.ClassToken;

    /// <summary>A layer norm before the first block, as in CLIP.</summary>
    public bool PreNorm { get; init; } = true;

    /// <summary>Convolutions of stride 2 in place of the patch embedding; 0 for none.</summary>
    public int StemLayers { get; init; }

    /// <summary>Channels of the stem's first convolution; they double with each, and the last one gives <see cref="Width"/>.</summary>
    public int StemWidth { get; init; } = 48;

    /// <summary>The feed-forward nonlinearity, the stem's too.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Dropout after attention and feed-forward, in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>Tokens on a side of the grid.</summary>
    public int GridSize => StemLayers > 0 ? ImageSize >> StemLayers : ImageSize / PatchSize;

    /// <summary>Tokens that the Transformer sees, with the class token if there is one.</summary>
    public int Tokens => GridSize * GridSize + (Pooling == VisionPooling.ClassToken ? 1 : 0);

    /// <summary>Checks the fields.</summary>
    /// <returns>This configuration.</returns>
    /// <exception cref="ArgumentException">A field is out of range, or two do not fit; the message names them.</exception>
    public VisionConfig Validate()
    {
        Require.Positive(nameof(VisionConfig), nameof(ImageSize), ImageSize);
        Require.Positive(nameof(VisionConfig), nameof(PatchSize), PatchSize);
        Require.Positive(nameof(VisionConfig), nameof(StemWidth), StemWidth);
        Require.Transformer(nameof(VisionConfig), Width, Layers, Heads, MlpRatio, Dropout);
        Require.Defined(nameof(VisionConfig), nameof(Pooling), Pooling);
        Require.Defined(nameof(VisionConfig), nameof(Activation), Activation);
        if (StemLayers is < 0 or > 8)
            throw new ArgumentException($"VisionConfig.StemLayers = {StemLayers} must be in 0 .. 8.");
        if (StemLayers == 0)
            Require.Multiple(nameof(VisionConfig), nameof(ImageSize), ImageSize, nameof(PatchSize), PatchSize);
        else if (ImageSize % (1 << StemLayers) != 0)
            throw new ArgumentException(
                $"VisionConfig.ImageSize = {ImageSize} must be a multiple of {1 << StemLayers}, which {StemLayers} stem layers of stride 2 divide it by."
            );
        return this;
    }
}
