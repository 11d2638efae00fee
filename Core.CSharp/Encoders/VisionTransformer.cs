using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Encoders;

/// <summary>
/// A pre-norm Vision Transformer as in CLIP, B x 3 x S x S to B x d. Parameter names are those of OpenAI's and open_clip's checkpoints
/// (conv1, class_embedding, positional_embedding, ln_pre, transformer.resblocks.N, attn_pool, ln_post, proj), and so are the initial values.
/// </summary>
public sealed class VisionTransformer : ImageEncoder
{
    readonly Conv2d? conv1;
    readonly ConvStem? stem;
    readonly Parameter? class_embedding;
    readonly Parameter positional_embedding;
    readonly PatchDropout? patch_dropout;
    readonly LayerNorm? ln_pre;
    readonly Transformer transformer;
    readonly AttentionalPooler? attn_pool;
    readonly LayerNorm ln_post;
    readonly Parameter proj;

    /// <summary>Builds the encoder with new weights from the default random stream.</summary>
    /// <param name="config">Its sizes.</param>
    /// <param name="embedDimension">d, the width of the joint space.</param>
    /// <exception cref="ArgumentException">The configuration is invalid, or is a residual network's.</exception>
    public VisionTransformer(VisionConfig config, int embedDimension)
        : base(nameof(VisionTransformer), config.Validate())
    {
        if (config.ResNet is not null)
            throw new ArgumentException("VisionConfig.ResNet is set: that is a ModifiedResNet.", nameof(config));
        Require.Positive(nameof(VisionTransformer), nameof(embedDimension), embedDimension);
        var (width, epsilon) = (config.Width, config.LayerNormEpsilon);
        if (config.StemLayers > 0)
            stem = new ConvStem(config);
        else
            conv1 = nn.Conv2d(3, width, config.PatchSize, stride: config.PatchSize, bias: false);
        if (config.HasClassToken)
            class_embedding = new Parameter(empty(width));
        positional_embedding = new Parameter(empty(config.Tokens, width));
        if (config.PatchDropout > 0)
            patch_dropout = new PatchDropout(config.PatchDropout, config.HasClassToken);
        if (config.PreNorm)
            ln_pre = nn.LayerNorm(width, epsilon);
        transformer = new Transformer(
            width,
            config.Layers,
            config.Heads,
            config.MlpRatio,
            config.Activation,
            config.Dropout,
            epsilon,
            config.CheckpointActivations
        );
        FeatureWidth = width;
        if (config.Pooling == VisionPooling.Attention)
        {
            attn_pool = new AttentionalPooler(
                width,
                embedDimension,
                config.PoolerHeads,
                config.PoolerQueries,
                config.PoolerAverage,
                epsilon
            );
            FeatureWidth = embedDimension;
        }
        ln_post = nn.LayerNorm(FeatureWidth, epsilon);
        proj = new Parameter(empty(FeatureWidth, embedDimension));
        var scale = 1 / Math.Sqrt(width);
        if (class_embedding is not null)
            nn.init.normal_(class_embedding, 0, scale);
        nn.init.normal_(positional_embedding, 0, scale);
        nn.init.normal_(proj, 0, scale);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override int FeatureWidth { get; }

    internal override IReadOnlyList<TowerGroup> Groups
    {
        get
        {
            nn.Module?[] entrance = [conv1, stem, ln_pre];
            Parameter?[] own = [class_embedding, positional_embedding];
            return TowerGroup.Of(
                new("embeddings", [.. entrance.OfType<nn.Module>()], [.. own.OfType<Parameter>()]),
                transformer,
                ln_post,
                new("proj", attn_pool is null ? [] : [attn_pool], [proj])
            );
        }
    }

    internal override Tensor Project(Tensor features) => features.mm(proj);

    private protected override Tensor Pooled(Tensor images)
    {
        var tokens = transformer.call(Embed(images), AttentionMask.None);
        if (attn_pool is not null)
            return Config.PoolerAverage
                ? ln_post.call(attn_pool.call(tokens)).mean([1])
                : ln_post.call(attn_pool.call(tokens).select(1, 0));
        return class_embedding is null ? ln_post.call(tokens).mean([1]) : ln_post.call(tokens.select(1, 0));
    }

    Tensor Embed(Tensor images)
    {
        using var scope = NewDisposeScope();
        var grid = stem is null ? conv1!.call(images) : stem.call(images); // B x width x G x G
        var x = grid.flatten(2).transpose(1, 2); // B x G^2 x width
        if (class_embedding is not null)
            x = cat([class_embedding.expand(images.shape[0], 1, -1), x], 1);
        x = x + positional_embedding;
        if (patch_dropout is not null)
            x = patch_dropout.call(x);
        if (ln_pre is not null)
            x = ln_pre.call(x);
        return x.MoveToOuterDisposeScope();
    }
}
