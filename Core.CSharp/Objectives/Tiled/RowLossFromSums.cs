using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives.Tiled;

/// <summary>The sums of one kind of exponential over the lines (rows or columns) of a matrix, off its diagonal; float64, N each.</summary>
sealed class ExponentialSums(Tensor shift, Tensor sum)
{
    /// <summary>The shift in the exponents: a scalar or N.</summary>
    public Tensor Shift { get; } = shift;

    /// <summary>sum_j e_ij</summary>
    public Tensor Sum { get; set; } = sum;

    /// <summary>sum_j e_ij s_ij, for teachers.</summary>
    public Tensor? TimesLogits { get; set; }

    /// <summary>sum_j e_ij z_ij with z the exponential's own logits, when entropies are wanted.</summary>
    public Tensor? TimesOwn { get; set; }

    /// <summary>sum_j e_ij^2, when effective numbers are wanted.</summary>
    public Tensor? Squares { get; set; }

    /// <summary>The logarithm of the sum without its shift.</summary>
    public Tensor LogSum => Sum.log() + Shift;

    /// <summary>e^{shift - x}: turns a shifted exponential into one relative to x.</summary>
    public Tensor Relative(Tensor x) => (Shift - x).exp();
}

/// <summary>A side's row losses and their derivatives; vectors of N, float64.</summary>
/// <param name="Loss">The loss of each line.</param>
/// <param name="Factors">By kind, the factors on a line's shifted exponentials in dLoss_i / ds_ij, j != i.</param>
/// <param name="Own">dLoss_i / ds_ii.</param>
/// <param name="ByScale">The part of dLoss_i / d logit scale that does not go through s; null for none.</param>
sealed record RowLossGradients(
    Tensor Loss,
    IReadOnlyDictionary<ExponentialKind, Tensor> Factors,
    Tensor Own,
    Tensor? ByScale = null
);

/// <summary>
/// <see cref="RowLoss"/> in closed form: from the sums of exponentials of each line (a row of S, or of its transpose) to the line's
/// loss and its derivatives.
/// </summary>
static class RowLossFromSums
{
    /// <summary>log(e^a + e^b); one of them may be minus infinity.</summary>
    public static Tensor LogAdd(Tensor a, Tensor b) => torch.maximum(a, b) + (a - b).abs().neg().exp().log1p();

    /// <summary>Adds entry by entry; a missing kind is 0.</summary>
    public static RowLossGradients Sum(RowLossGradients a, RowLossGradients b)
    {
        var factors = a.Factors.ToDictionary();
        foreach (var (kind, factor) in b.Factors)
            factors[kind] = factors.TryGetValue(kind, out var other) ? other + factor : factor;
        return new(a.Loss + b.Loss, factors, a.Own + b.Own, a.ByScale ?? b.ByScale);
    }

    /// <summary>A line counts w of itself.</summary>
    public static RowLossGradients Weighted(RowLossGradients line, Tensor w) =>
        new(
            line.Loss * w,
            line.Factors.ToDictionary(f => f.Key, f => f.Value * w),
            line.Own * w,
            line.ByScale is null ? null : line.ByScale * w
        );

    /// <summary>
    /// Cross entropy to the identity: LSE(s_i) - s_ii. Under label smoothing e the caller adds the part e (s_ii - mean_j s_ij),
    /// which is linear in the logits.
    /// </summary>
    public static RowLossGradients Identity(ExponentialSums softmax, Tensor own)
    {
        var all = LogAdd(softmax.LogSum, own);
        return new(
            all - own,
            new Dictionary<ExponentialKind, Tensor> { [ExponentialKind.Softmax] = softmax.Relative(all) },
            (own - all).expm1()
        );
    }

    /// <summary>Cross entropy to the teacher's softmax, sum_j Q_ij (LSE(s_i) - s_ij); less the entropy of Q for the divergence.</summary>
    public static RowLossGradients Soft(
        ExponentialSums softmax,
        ExponentialSums teacher,
        Tensor own,
        Tensor teacherOwn,
        bool divergence
    )
    {
        var all = LogAdd(softmax.LogSum, own);
        var total = LogAdd(teacher.LogSum, teacherOwn);
        var target = (teacherOwn - total).exp();
        var relative = teacher.Relative(total);
        var loss = all - teacher.TimesLogits! * relative - target * own;
        if (divergence)
            loss -= Entropy(teacher, teacherOwn);
        return new(
            loss,
            new Dictionary<ExponentialKind, Tensor>
            {
                [ExponentialKind.Softmax] = softmax.Relative(all),
                [ExponentialKind.Teacher] = -relative,
            },
            (own - all).exp() - target
        );
    }

    /// <summary>The entropy of each line's target, in nats.</summary>
    public static Tensor Entropy(ExponentialSums teacher, Tensor teacherOwn)
    {
        var total = LogAdd(teacher.LogSum, teacherOwn);
        return total - teacher.TimesOwn! * teacher.Relative(total) - (teacherOwn - total).exp() * teacherOwn;
    }

    /// <summary>-s_ii + log(alpha e^{s_ii} + sum_{j!=i} w_ij e^{s_ij}); see <see cref="HnNce"/>.</summary>
    /// <param name="hard">Sums of e^{(1 + beta) s}.</param>
    /// <param name="tilt">Sums of e^{beta s}; null at beta = 0, where they are N - 1.</param>
    /// <param name="own">s_ii.</param>
    /// <param name="weights">The settings.</param>
    /// <param name="scale">1/tau.</param>
    public static RowLossGradients Hard(
        ExponentialSums hard,
        ExponentialSums? tilt,
        Tensor own,
        HardNegativeWeights weights,
        double scale
    )
    {
        var others = own.shape[0] - 1;
        var negatives = hard.LogSum;
        if (tilt is not null)
            negatives = negatives - tilt.LogSum + Math.Log(others);
        var (loss, byNegatives, byOwn, byScale) = weights.Prior is { } prior
            ? Debiased(negatives, own, prior, others, scale)
            : Weighted(negatives, own, weights.Alpha);
        var factors = new Dictionary<ExponentialKind, Tensor>
        {
            [ExponentialKind.Hard] =
                byNegatives * hard.Relative(hard.LogSum) * (weights.Through ? 1 + weights.Beta : 1),
        };
        if (tilt is not null && weights.Through)
            factors[ExponentialKind.Tilt] = byNegatives * tilt.Relative(tilt.LogSum) * -weights.Beta;
        return new(loss, factors, byOwn, byScale);
    }

    static (Tensor Loss, Tensor ByNegatives, Tensor ByOwn, Tensor? ByScale) Weighted(
        Tensor negatives,
        Tensor own,
        double alpha
    )
    {
        var all = alpha == 0 ? negatives : LogAdd(own + Math.Log(alpha), negatives);
        var share = (negatives - all).exp();
        return (all - own, share, -share, null);
    }

    /// <summary>The negatives less their false part, at least what M negatives opposite to the row give; see <see cref="DebiasedNce"/>.</summary>
    static (Tensor Loss, Tensor ByNegatives, Tensor ByOwn, Tensor? ByScale) Debiased(
        Tensor negatives,
        Tensor own,
        double prior,
        long others,
        double scale
    )
    {
        // relative to e^{s_ii}: the ratio of negatives to the positive, corrected, and its floor
        var ratio = (negatives - own).exp();
        var corrected = (ratio - prior * others) / (1 - prior);
        var floor = (Math.Log(others) - scale - own).exp();
        var above = corrected.gt(floor);
        var left = torch.where(above, corrected, floor);
        var share = 1 / (1 + left);
        var zero = torch.zeros_like(own);
        // loss = log(1 + left): d left / d negatives = ratio / (1 - prior) and d left / d own the negative of it; the floor moves with own and scale
        var byNegatives = torch.where(above, ratio / (1 - prior) * share, zero);
        return (
            left.log1p(),
            byNegatives,
            torch.where(above, -byNegatives, -floor * share),
            torch.where(above, zero, -scale * floor * share)
        );
    }
}
