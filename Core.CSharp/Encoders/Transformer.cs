using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Encoders;

/// <summary>The feed-forward part of a block: width to hidden, nonlinearity, back to width.</summary>
sealed class FeedForward : OwningModule<Tensor, Tensor>
{
    readonly nn.Module<Tensor, Tensor> activation;

    public Linear c_fc { get; }
    public Linear c_proj { get; }

    public FeedForward(int width, double ratio, Activation activation)
        : base(nameof(FeedForward))
    {
        var hidden = (int)(width * ratio);
        c_fc = nn.Linear(width, hidden);
        this.activation = Of(activation);
        c_proj = nn.Linear(hidden, width);
        RegisterComponents();
    }

    public static nn.Module<Tensor, Tensor> Of(Activation activation) =>
        activation switch
        {
            Activation.Gelu => nn.GELU(),
            Activation.QuickGelu => new QuickGelu(),
            _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown nonlinearity"),
        };

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return c_proj.call(activation.call(c_fc.call(x))).MoveToOuterDisposeScope();
    }
}

/// <summary>A pre-norm block: x + attention(norm x), then x + feed-forward(norm x).</summary>
sealed class ResidualAttentionBlock : OwningModule<Tensor, AttentionMask, Tensor>
{
    readonly RowDropout? attentionDropout;
    readonly RowDropout? feedForwardDropout;

    public LayerNorm ln_1 { get; }
    public Attention attn { get; }
    public LayerNorm ln_2 { get; }
    public FeedForward mlp { get; }

    public ResidualAttentionBlock(
        int width,
        int heads,
        double mlpRatio,
        Activation activation,
        double dropout,
        int depth,
        double epsilon
    )
        : base(nameof(ResidualAttentionBlock))
    {
        ln_1 = nn.LayerNorm(width, epsilon);
        attn = new Attention(width, heads);
        ln_2 = nn.LayerNorm(width, epsilon);
        mlp = new FeedForward(width, mlpRatio, activation);
        if (dropout > 0)
            (attentionDropout, feedForwardDropout) = (new(dropout, 2 * depth), new(dropout, 2 * depth + 1));
        RegisterComponents();
    }

    // The scope frees this side's handles as soon as the block is done; what backward needs, autograd keeps.
    public override Tensor forward(Tensor x, AttentionMask mask)
    {
        using var scope = NewDisposeScope();
        var attended = x + Dropped(attentionDropout, attn.call(ln_1.call(x), mask));
        return (attended + Dropped(feedForwardDropout, mlp.call(ln_2.call(attended)))).MoveToOuterDisposeScope();
    }

    /// <summary>As <see cref="forward"/>, without keeping what is inside for backward: see <see cref="Recomputed"/>.</summary>
    public Tensor Checkpointed(Tensor x, AttentionMask mask)
    {
        var draws = attentionDropout is not null && training;
        return Recomputed.Call(
            x,
            mask.Additive,
            parameters().Any(p => p.requires_grad),
            (input, additive) => call(input, mask with { Additive = additive }),
            draws ? DropoutRows.Again(x.device) : null
        );
    }

    static Tensor Dropped(RowDropout? dropout, Tensor x) => dropout is null ? x : dropout.call(x);
}

/// <summary>A stack of pre-norm blocks, B x N x width to the same.</summary>
sealed class Transformer : OwningModule<Tensor, AttentionMask, Tensor>
{
    readonly bool checkpoint;

    public ModuleList<ResidualAttentionBlock> resblocks { get; }

    /// <param name="width">Of the tokens.</param>
    /// <param name="layers">Blocks.</param>
    /// <param name="heads">Attention heads.</param>
    /// <param name="mlpRatio">Width of the feed-forward layer over <paramref name="width"/>.</param>
    /// <param name="activation">Its nonlinearity.</param>
    /// <param name="dropout">After attention and feed-forward.</param>
    /// <param name="epsilon">Of the layer norms.</param>
    /// <param name="checkpoint">Whether backward runs the blocks again instead of keeping what is inside them.</param>
    public Transformer(
        int width,
        int layers,
        int heads,
        double mlpRatio,
        Activation activation,
        double dropout,
        double epsilon,
        bool checkpoint
    )
        : base(nameof(Transformer))
    {
        this.checkpoint = checkpoint;
        resblocks = nn.ModuleList<ResidualAttentionBlock>();
        for (var i = 0; i < layers; i++)
            resblocks.Add(new ResidualAttentionBlock(width, heads, mlpRatio, activation, dropout, i, epsilon));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, AttentionMask mask)
    {
        using var scope = NewDisposeScope();
        var current = x;
        foreach (var block in resblocks)
        {
            var next = checkpoint ? block.Checkpointed(current, mask) : block.call(current, mask);
            if (!ReferenceEquals(current, x))
                current.Dispose();
            current = next;
        }
        return current.MoveToOuterDisposeScope();
    }
}
