using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Research.Encoders;

/// <summary>
/// CLIP's residual network (Radford et al. 2021, section 2.4), B x 3 x S x S to B x d: three convolutions and an average pool in place of
/// ResNet's one and its max pool, an average pool before every convolution that would have stride 2 (Zhang 2019), and attention pooling.
/// Parameter names are those of OpenAI's and open_clip's checkpoints, and so are the initial values.
/// </summary>
public sealed class ModifiedResNet : ImageEncoder
{
    readonly Conv2d conv1;
    readonly BatchNorm2d bn1;
    readonly Conv2d conv2;
    readonly BatchNorm2d bn2;
    readonly Conv2d conv3;
    readonly BatchNorm2d bn3;
    readonly ModuleList<Bottleneck> layer1;
    readonly ModuleList<Bottleneck> layer2;
    readonly ModuleList<Bottleneck> layer3;
    readonly ModuleList<Bottleneck> layer4;
    readonly AttentionPool attnpool;

    /// <summary>Builds the encoder with new weights from the default random stream.</summary>
    /// <param name="config">Its sizes.</param>
    /// <param name="embedDimension">d, the width of the joint space.</param>
    /// <exception cref="ArgumentException">The configuration is invalid, or is a Transformer's.</exception>
    public ModifiedResNet(VisionConfig config, int embedDimension)
        : base(nameof(ModifiedResNet), config.Validate())
    {
        var stages =
            config.ResNet
            ?? throw new ArgumentException("VisionConfig.ResNet is unset: that is a Transformer.", nameof(config));
        Require.Positive(nameof(ModifiedResNet), nameof(embedDimension), embedDimension);
        var width = config.Width;
        conv1 = nn.Conv2d(3, width / 2, 3, stride: 2, padding: 1, bias: false);
        bn1 = nn.BatchNorm2d(width / 2);
        conv2 = nn.Conv2d(width / 2, width / 2, 3, padding: 1, bias: false);
        bn2 = nn.BatchNorm2d(width / 2);
        conv3 = nn.Conv2d(width / 2, width, 3, padding: 1, bias: false);
        bn3 = nn.BatchNorm2d(width);
        var channels = width;
        layer1 = Stage(ref channels, width, stages.First, 1);
        layer2 = Stage(ref channels, 2 * width, stages.Second, 2);
        layer3 = Stage(ref channels, 4 * width, stages.Third, 2);
        layer4 = Stage(ref channels, 8 * width, stages.Fourth, 2);
        attnpool = new AttentionPool(config.GridSize, channels, embedDimension);
        FeatureWidth = channels;
        RegisterComponents();
    }

    static ModuleList<Bottleneck> Stage(ref int channels, int planes, int blocks, int stride)
    {
        var stage = nn.ModuleList<Bottleneck>();
        for (var i = 0; i < blocks; i++)
        {
            stage.Add(new Bottleneck(channels, planes, i == 0 ? stride : 1));
            channels = Bottleneck.Expansion * planes;
        }
        return stage;
    }

    /// <inheritdoc/>
    public override int FeatureWidth { get; }

    internal override IReadOnlyList<TowerGroup> Groups =>
        [
            new("embeddings", conv1, bn1, conv2, bn2, conv3, bn3),
            new("layer.0", layer1),
            new("layer.1", layer2),
            new("layer.2", layer3),
            new("layer.3", layer4),
            new("proj", attnpool),
        ];

    private protected override Tensor Pooled(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = images;
        foreach (var (conv, norm) in new[] { (conv1, bn1), (conv2, bn2), (conv3, bn3) })
            x = Bottleneck.Activated(norm.call(conv.call(x)));
        x = F.avg_pool2d(x, 2); // B x width x S/4 x S/4
        foreach (var stage in new[] { layer1, layer2, layer3, layer4 })
        foreach (var block in stage)
            x = block.call(x);
        return attnpool.call(x).MoveToOuterDisposeScope();
    }

    internal override Tensor Project(Tensor features) => attnpool.c_proj.call(features);
}

/// <summary>
/// A bottleneck block, B x C x H x W to B x 4 planes x H/stride x W/stride: 1 x 1, 3 x 3 and 1 x 1 convolutions with batch norm, added to the
/// input or, where the shape changes, to a pooled 1 x 1 convolution of it.
/// </summary>
sealed class Bottleneck : OwningModule<Tensor, Tensor>
{
    public const int Expansion = 4;

    readonly int stride;

    public Conv2d conv1 { get; }
    public BatchNorm2d bn1 { get; }
    public Conv2d conv2 { get; }
    public BatchNorm2d bn2 { get; }
    public Conv2d conv3 { get; }
    public BatchNorm2d bn3 { get; }
    public Shortcut? downsample { get; }

    public Bottleneck(int channels, int planes, int stride)
        : base(nameof(Bottleneck))
    {
        this.stride = stride;
        var output = Expansion * planes;
        conv1 = nn.Conv2d(channels, planes, 1, bias: false);
        bn1 = nn.BatchNorm2d(planes);
        conv2 = nn.Conv2d(planes, planes, 3, padding: 1, bias: false);
        bn2 = nn.BatchNorm2d(planes);
        conv3 = nn.Conv2d(planes, output, 1, bias: false);
        bn3 = nn.BatchNorm2d(output);
        if (stride > 1 || channels != output)
            downsample = new Shortcut(channels, output, stride);
        nn.init.zeros_(bn3.weight!); // every block begins as its shortcut
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var y = Activated(bn1.call(conv1.call(x)));
        y = Activated(bn2.call(conv2.call(y)));
        y = bn3.call(conv3.call(Reduced(y, stride)));
        return Activated(y.add_(downsample?.call(x) ?? x)).MoveToOuterDisposeScope();
    }

    /// <summary>ReLU in place: nothing before it needs its input, which is a batch norm's output or a sum.</summary>
    public static Tensor Activated(Tensor x) => x.relu_();

    /// <summary>The mean over squares of stride x stride.</summary>
    static Tensor Reduced(Tensor x, int stride) => stride > 1 ? F.avg_pool2d(x, stride) : x;

    /// <summary>An average pool, a 1 x 1 convolution "0" and its batch norm "1", as the names in checkpoints are.</summary>
    public sealed class Shortcut : OwningModule<Tensor, Tensor>
    {
        readonly int stride;
        readonly Conv2d convolution;
        readonly BatchNorm2d norm;

        public Shortcut(int channels, int output, int stride)
            : base(nameof(Shortcut))
        {
            this.stride = stride;
            convolution = nn.Conv2d(channels, output, 1, bias: false);
            norm = nn.BatchNorm2d(output);
            register_module("0", convolution);
            register_module("1", norm);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            return norm.call(convolution.call(Reduced(x, stride))).MoveToOuterDisposeScope();
        }
    }
}

/// <summary>
/// Attention pooling of a map, B x C x G x G to B x C: the mean over the map, as a token of its own, attends to itself and to all positions.
/// c_proj, which follows, is applied by the encoder.
/// </summary>
sealed class AttentionPool : OwningModule<Tensor, Tensor>
{
    const int HeadWidth = 64;

    readonly int heads;

    public Parameter positional_embedding { get; }
    public Linear k_proj { get; }
    public Linear q_proj { get; }
    public Linear v_proj { get; }
    public Linear c_proj { get; }

    public AttentionPool(int grid, int channels, int output)
        : base(nameof(AttentionPool))
    {
        heads = channels / HeadWidth;
        positional_embedding = new Parameter(empty(grid * grid + 1, channels));
        k_proj = nn.Linear(channels, channels);
        q_proj = nn.Linear(channels, channels);
        v_proj = nn.Linear(channels, channels);
        c_proj = nn.Linear(channels, output);
        var scale = 1 / Math.Sqrt(channels);
        nn.init.normal_(positional_embedding, 0, scale);
        foreach (var linear in new[] { k_proj, q_proj, v_proj, c_proj })
            nn.init.normal_(linear.weight, 0, scale);
        RegisterComponents();
    }

    public override Tensor forward(Tensor map)
    {
        using var scope = NewDisposeScope();
        var x = map.flatten(2).transpose(1, 2); // B x G^2 x C
        x = cat([x.mean([1], keepdim: true), x], 1) + positional_embedding;
        Tensor Heads(Tensor y) => y.unflatten(2, heads, HeadWidth).transpose(1, 2); // B x heads x N x 64
        var attended = F.scaled_dot_product_attention(
            Heads(q_proj.call(x.narrow(1, 0, 1))),
            Heads(k_proj.call(x)),
            Heads(v_proj.call(x))
        );
        return attended.flatten(1).MoveToOuterDisposeScope();
    }
}
