using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Encoders;

/// <summary>
/// A pre-norm Vision Transformer as in CLIP, B x 3 x S x S to B x d. Parameter names are those of OpenAI's and open_clip's checkpoints
/// (conv1, class_embedding, positional_embedding, ln_pre, transformer.resblocks.N, ln_post, proj), and so are the initial values.
/// </summary>
public sealed class VisionTransformer : OwningModule<Tensor, Tensor>
{
    readonly Conv2d? conv1;
    readonly ConvStem? stem;
    readonly Parameter? class_embedding;
    readonly Parameter positional_embedding;
    readonly LayerNorm? ln_pre;
    readonly Transformer transformer;
    readonly LayerNorm ln_post;
    readonly Parameter proj;

    /// <summary>The configuration it was built from.</summary>
    public VisionConfig Config { get; }

    /// <summary>Builds the encoder with new weights from the default random stream.</summary>
    /// <param name="config">Its sizes.</param>
    /// <param name="embedDimension">d, the width of the joint space.</param>
    /// <exception cref="ArgumentException">The configuration is invalid.</exception>
    public VisionTransformer(VisionConfig config, int embedDimension)
        : base(nameof(VisionTransformer))
    {
        Config = config.Validate();
        Require.Positive(nameof(VisionTransformer), nameof(embedDimension), embedDimension);
        var width = config.Width;
        if (config.StemLayers > 0)
            stem = new ConvStem(config);
        else
            conv1 = nn.Conv2d(3, width, config.PatchSize, stride: config.PatchSize, bias: false);
        if (config.Pooling == VisionPooling.ClassToken)
            class_embedding = new Parameter(empty(width));
        positional_embedding = new Parameter(empty(config.Tokens, width));
        if (config.PreNorm)
            ln_pre = nn.LayerNorm(width);
        transformer = new Transformer(
            width,
            config.Layers,
            config.Heads,
            config.MlpRatio,
            config.Activation,
            config.Dropout
        );
        ln_post = nn.LayerNorm(width);
        proj = new Parameter(empty(width, embedDimension));
        var scale = 1 / Math.Sqrt(width);
        if (class_embedding is not null)
            nn.init.normal_(class_embedding, 0, scale);
        nn.init.normal_(positional_embedding, 0, scale);
        nn.init.normal_(proj, 0, scale);
        RegisterComponents();
    }

    /// <summary>Encodes images, without normalising the result.</summary>
    /// <param name="images">B x 3 x S x S, float, normalised.</param>
    /// <returns>B x d.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return features(images).mm(proj).MoveToOuterDisposeScope();
    }

    /// <summary>B x d from B x width features, without normalising.</summary>
    internal Tensor Project(Tensor features) => features.mm(proj);

    /// <summary>The pooled image before the projection into the joint space: what linear heads and probes are put on.</summary>
    /// <param name="images">B x 3 x S x S, float, normalised.</param>
    /// <returns>B x width.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public Tensor features(Tensor images)
    {
        var size = Config.ImageSize;
        if (images.shape is not [var batch, 3, var height, var wide] || height != size || wide != size)
            throw new ArgumentException(
                $"The image encoder takes images of shape [B, 3, {size}, {size}], not [{string.Join(", ", images.shape)}]."
            );
        using var scope = NewDisposeScope();
        var tokens = transformer.call(Embed(images, batch), AttentionMask.None);
        var pooled = class_embedding is null ? ln_post.call(tokens).mean([1]) : ln_post.call(tokens.select(1, 0));
        return pooled.MoveToOuterDisposeScope();
    }

    Tensor Embed(Tensor images, long batch)
    {
        using var scope = NewDisposeScope();
        var grid = stem is null ? conv1!.call(images) : stem.call(images); // B x width x G x G
        var x = grid.flatten(2).transpose(1, 2); // B x G^2 x width
        if (class_embedding is not null)
            x = cat([class_embedding.expand(batch, 1, -1), x], 1);
        x = x + positional_embedding;
        if (ln_pre is not null)
            x = ln_pre.call(x);
        return x.MoveToOuterDisposeScope();
    }
}
