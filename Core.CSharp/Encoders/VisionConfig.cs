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

    /// <summary>
    /// Learned queries attend to all tokens, the class token among them, and give vectors of the joint width (open_clip's attentional
    /// pooling, as in CoCa); the first is the image's, or the mean of the others (<see cref="VisionConfig.PoolerAverage"/>).
    /// </summary>
    Attention,
}

/// <summary>Bottleneck blocks in the four stages of a residual network: 3, 4, 6, 3 in ResNet-50.</summary>
/// <param name="First">At a quarter of the image's size.</param>
/// <param name="Second">At an eighth.</param>
/// <param name="Third">At a sixteenth.</param>
/// <param name="Fourth">At a thirty-second.</param>
public sealed record ResNetStages(int First, int Second, int Third, int Fourth)
{
    internal int[] Blocks => [First, Second, Third, Fourth];
}

/// <summary>
/// A Vision Transformer, or CLIP's residual network where <see cref="ResNet"/> is set. A Transformer's tokens are either patches of
/// <see cref="PatchSize"/> pixels (one convolution), or, where <see cref="StemLayers"/> is positive, come from that many 3 x 3 convolutions
/// of stride 2 with batch norm and activation.
/// </summary>
public sealed record VisionConfig
{
    /// <summary>Height and width of the input in pixels.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>Pixels on a side of a patch; divides <see cref="ImageSize"/>. Not used with a convolutional stem.</summary>
    public int PatchSize { get; init; } = 32;

    /// <summary>Width of the token vectors; of a residual network, channels after the first three convolutions (open_clip's width).</summary>
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

    /// <summary>
    /// The stages of CLIP's modified residual network (Radford et al. 2021, section 2.4), with ReLU and attention pooling; null (default) for
    /// a Transformer. Then <see cref="Width"/> and <see cref="ImageSize"/> count, and the fields of Transformers do not.
    /// </summary>
    public ResNetStages? ResNet { get; init; }

    /// <summary>Heads of <see cref="VisionPooling.Attention"/>; they divide the joint width. open_clip's 8.</summary>
    public int PoolerHeads { get; init; } = 8;

    /// <summary>Queries of <see cref="VisionPooling.Attention"/>. open_clip's 256.</summary>
    public int PoolerQueries { get; init; } = 256;

    /// <summary>With <see cref="VisionPooling.Attention"/>: the mean over all queries but the first, in place of the first. Default: the first.</summary>
    public bool PoolerAverage { get; init; }

    /// <summary>
    /// The part of the patches that is left out in training, drawn anew for each image, in [0, 1) (Li et al. 2023, "Scaling Language-Image
    /// Pre-training via Masking"); max(1, floor((1 - p) n)) of n stay, and the class token does.
    /// </summary>
    public double PatchDropout { get; init; }

    /// <summary>What layer norms add to the variance. PyTorch's 1e-5.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary>
    /// Keeps each block's input only and runs the block again in backward: the same gradient from a fraction of the memory, at the cost of a
    /// second forward pass. Transformers only.
    /// </summary>
    public bool CheckpointActivations { get; init; }

    /// <summary>Whether a class token comes before the patches.</summary>
    public bool HasClassToken => ResNet is null && Pooling != VisionPooling.Mean;

    /// <summary>Tokens on a side of the grid; of a residual network, positions on a side of its last map.</summary>
    public int GridSize =>
        ResNet is not null ? ImageSize / ResNetReduction
        : StemLayers > 0 ? ImageSize >> StemLayers
        : ImageSize / PatchSize;

    /// <summary>Tokens that the Transformer sees, with the class token if there is one; of a residual network, those that it pools, with their mean.</summary>
    public int Tokens => GridSize * GridSize + (HasClassToken || ResNet is not null ? 1 : 0);

    /// <summary>Pixels of the input for one position of a residual network's last map.</summary>
    internal const int ResNetReduction = 32;

    /// <summary>Channels of a residual network's last map over <see cref="Width"/>.</summary>
    internal const int ResNetExpansion = 32;

    /// <summary>Checks the fields.</summary>
    /// <returns>This configuration.</returns>
    /// <exception cref="ArgumentException">A field is out of range, or two do not fit; the message names them.</exception>
    public VisionConfig Validate()
    {
        Require.Positive(nameof(VisionConfig), nameof(ImageSize), ImageSize);
        return ResNet is null ? ValidateTransformer() : ValidateResNet(ResNet);
    }

    VisionConfig ValidateResNet(ResNetStages stages)
    {
        foreach (var (name, blocks) in new[] { "First", "Second", "Third", "Fourth" }.Zip(stages.Blocks))
            Require.Positive(nameof(VisionConfig), $"{nameof(ResNet)}.{name}", blocks);
        Require.Positive(nameof(VisionConfig), nameof(Width), Width);
        if (Width % 2 != 0)
            throw new ArgumentException(
                $"VisionConfig.Width = {Width} must be even: the first convolutions of a ResNet have half of it."
            );
        if (ImageSize % ResNetReduction != 0)
            throw new ArgumentException(
                $"VisionConfig.ImageSize = {ImageSize} must be a multiple of {ResNetReduction}, which a ResNet divides it by."
            );
        void Unused(bool unset, string field)
        {
            if (!unset)
                throw new ArgumentException(
                    $"VisionConfig.{field} has no effect with VisionConfig.ResNet; leave it unset."
                );
        }
        Unused(Pooling == VisionPooling.ClassToken, nameof(Pooling));
        Unused(StemLayers == 0, nameof(StemLayers));
        Unused(Dropout == 0, nameof(Dropout));
        Unused(PatchDropout == 0, nameof(PatchDropout));
        Unused(!CheckpointActivations, nameof(CheckpointActivations));
        return this;
    }

    VisionConfig ValidateTransformer()
    {
        Require.Positive(nameof(VisionConfig), nameof(PatchSize), PatchSize);
        Require.Positive(nameof(VisionConfig), nameof(StemWidth), StemWidth);
        Require.Transformer(nameof(VisionConfig), Width, Layers, Heads, MlpRatio, Dropout);
        Require.Defined(nameof(VisionConfig), nameof(Pooling), Pooling);
        Require.Defined(nameof(VisionConfig), nameof(Activation), Activation);
        Require.Epsilon(nameof(VisionConfig), LayerNormEpsilon);
        Require.Positive(nameof(VisionConfig), nameof(PoolerHeads), PoolerHeads);
        Require.Positive(nameof(VisionConfig), nameof(PoolerQueries), PoolerQueries);
        if (PoolerAverage && PoolerQueries < 2)
            throw new ArgumentException(
                $"VisionConfig.PoolerQueries = {PoolerQueries} must be at least 2 with PoolerAverage, which leaves the first out."
            );
        if (!(PatchDropout >= 0 && PatchDropout < 1))
            throw new ArgumentException($"VisionConfig.PatchDropout = {PatchDropout} must be in [0, 1).");
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
