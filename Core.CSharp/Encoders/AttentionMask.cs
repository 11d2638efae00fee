using TorchSharp;
using static TorchSharp.torch;

namespace Research.Encoders;

/// <summary>Which tokens a token may see.</summary>
/// <param name="Additive">0 where it may and minus infinity where it may not, broadcast over B x heads x N x N; null for all.</param>
/// <param name="IsCausal">True when <paramref name="Additive"/> says exactly "only itself and those before it".</param>
readonly record struct AttentionMask(Tensor? Additive, bool IsCausal)
{
    /// <summary>Every token sees every token.</summary>
    public static AttentionMask None => default;

    /// <summary>The N x N causal mask: minus infinity above the diagonal.</summary>
    public static Tensor Causal(int length)
    {
        using var scope = NewDisposeScope();
        return full([length, length], double.NegativeInfinity).triu(1).MoveToOuterDisposeScope();
    }

    /// <summary>Hides the tokens for which <paramref name="keep"/> (B x N, bool) is false: B x 1 x 1 x N.</summary>
    public static AttentionMask Keys(Tensor keep)
    {
        using var scope = NewDisposeScope();
        var mask = zeros(keep.shape, device: keep.device).masked_fill(keep.logical_not(), double.NegativeInfinity);
        return new AttentionMask(mask.unsqueeze(1).unsqueeze(1).MoveToOuterDisposeScope(), false);
    }
}
