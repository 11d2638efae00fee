using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Research.Encoders;

/// <summary>
/// Multi-head self-attention, B x N x width to the same. Parameter names and initial values are those of PyTorch's MultiheadAttention:
/// in_proj_weight (3 width x width: query, key, value), in_proj_bias, out_proj.
/// </summary>
sealed class Attention : nn.Module<Tensor, AttentionMask, Tensor>
{
    // The engine's fused attention is quick from 2.0 on; 1.13 has a slow one under a private name.
    static readonly bool fused = EngineVersion.Major >= 2;

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
        var (batch, length, width) = (x.shape[0], x.shape[1], x.shape[2]);
        var headWidth = width / heads;
        var parts = F.linear(x, in_proj_weight, in_proj_bias)
            .view(batch, length, 3, heads, headWidth)
            .permute(2, 0, 3, 1, 4) // 3 x B x heads x N x head width
            .unbind(0);
        var attended = fused ? Fused(parts, mask) : Plain(parts, mask, 1 / Math.Sqrt(headWidth));
        var joined = attended.transpose(1, 2).reshape(batch, length, width);
        return out_proj.call(joined).MoveToOuterDisposeScope();
    }

    static Tensor Plain(Tensor[] parts, AttentionMask mask, double scale)
    {
        var logits = parts[0].matmul(parts[1].transpose(-2, -1)) * scale;
        if (mask.Additive is not null)
            logits = logits + mask.Additive;
        return logits.softmax(-1).matmul(parts[2]);
    }

    static Tensor Fused(Tensor[] parts, AttentionMask mask) =>
        mask.IsCausal
            ? F.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true)
            : F.scaled_dot_product_attention(
                parts[0],
                parts[1],
                parts[2],
                attn_mask: mask.Additive?.to(parts[0].dtype)
            );
}
