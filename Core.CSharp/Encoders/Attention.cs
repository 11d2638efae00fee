using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Research.Encoders;

/// <summary>
/// Multi-head self-attention, B x N x width to the same. Parameter names and initial values are those of PyTorch's MultiheadAttention:
/// in_proj_weight (3 width x width: query, key, value), in_proj_bias, out_proj.
/// </summary>
sealed class Attention : OwningModule<Tensor, AttentionMask, Tensor>
{
    // The fused operator of 2.x is fastest when it knows that the mask is causal; the plain products of 1.13 reuse the mask given.
    static readonly bool knowsCausal = int.Parse(__version__.Split('.')[0]) >= 2;

    readonly int heads;

    public Parameter in_proj_weight { get; }
    public Parameter in_proj_bias { get; }
    public Linear out_proj { get; }

    public Attention(int width, int heads)
        : base(nameof(Attention))
    {
        this.heads = heads;
        in_proj_weight = new Parameter(empty(3 * width, width));
        in_proj_bias = new Parameter(zeros(3 * width));
        out_proj = nn.Linear(width, width);
        nn.init.xavier_uniform_(in_proj_weight);
        nn.init.zeros_(out_proj.bias!);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, AttentionMask mask)
    {
        using var scope = NewDisposeScope();
        if (x.shape is not [var batch, var length, var width])
            throw new ArgumentException($"Attention takes B x N x width, not [{string.Join(", ", x.shape)}].");
        var headWidth = width / heads;
        var parts = F.linear(x, in_proj_weight, in_proj_bias)
            .view(batch, length, 3, heads, headWidth)
            .permute(2, 0, 3, 1, 4) // 3 x B x heads x N x head width
            .unbind(0);
        var attended = F.scaled_dot_product_attention(
            parts[0],
            parts[1],
            parts[2],
            attn_mask: mask.IsCausal && knowsCausal ? null : MaskFor(parts[0], mask),
            is_casual: mask.IsCausal && knowsCausal
        );
        var joined = attended.transpose(1, 2).reshape(batch, length, width);
        return out_proj.call(joined).MoveToOuterDisposeScope();
    }

    static Tensor? MaskFor(Tensor query, AttentionMask mask) =>
        knowsCausal ? mask.Additive?.to(query.dtype) : mask.Additive;
}
