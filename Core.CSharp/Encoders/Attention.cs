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
    /// <summary>Tokens up to which separate products beat fused attention in bfloat16 on the CPU.</summary>
    const long LongestPlain = 1024;

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
        var attended = PlainIsFaster(x) ? Plain(parts, mask) : Fused(parts, mask);
        var joined = attended.transpose(1, 2).reshape(batch, length, width);
        return out_proj.call(joined).MoveToOuterDisposeScope();
    }

    // Fused attention on the CPU multiplies head by head, and in bfloat16 each small product costs more to call than to compute.
    static bool PlainIsFaster(Tensor x) =>
        x.device_type == DeviceType.CPU && Modes.is_autocast_enabled(DeviceType.CPU) && x.shape[1] <= LongestPlain;

    static Tensor Fused(Tensor[] parts, AttentionMask mask) =>
        F.scaled_dot_product_attention(
            parts[0],
            parts[1],
            parts[2],
            attn_mask: mask.IsCausal ? null : mask.Additive?.to(parts[0].dtype),
            is_casual: mask.IsCausal
        );

    static Tensor Plain(Tensor[] parts, AttentionMask mask)
    {
        var (query, key, value) = (parts[0].flatten(0, 1), parts[1].flatten(0, 1), parts[2].flatten(0, 1));
        var logits = (query * (1 / Math.Sqrt(query.shape[2]))).bmm(key.transpose(1, 2));
        if (mask.Additive is { } additive)
            logits = logits
                .unflatten(0, parts[0].shape[0], parts[0].shape[1])
                .add(additive.to(logits.dtype))
                .flatten(0, 1);
        return logits.softmax(-1).bmm(value).view(parts[0].shape);
    }
}
