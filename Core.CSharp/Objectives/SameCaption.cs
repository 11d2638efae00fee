using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// Accuracy in a batch by evaluation's convention: every entry of a row's own caption is right, and the best right one must score higher than
/// each wrong one.
/// </summary>
static class SameCaption
{
    /// <summary>The logits of right and of wrong answers, R x C each, -infinity where the other has them.</summary>
    /// <param name="logits">R x C.</param>
    /// <param name="rows">R numbers of captions.</param>
    /// <param name="columns">C numbers of captions.</param>
    public static (Tensor Right, Tensor Wrong) Split(Tensor logits, Tensor rows, Tensor columns)
    {
        var same = rows.unsqueeze(1).eq(columns.unsqueeze(0));
        return (
            logits.masked_fill(same.logical_not(), double.NegativeInfinity),
            logits.masked_fill(same, double.NegativeInfinity)
        );
    }

    /// <summary>The part of lines whose largest right logit is larger than their largest wrong one.</summary>
    public static double Ahead(Tensor right, Tensor wrong) =>
        right.gt(wrong).to(ScalarType.Float64).mean().item_double();
}
