using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// Losses of single rows, as N-vectors, of an N x N logit matrix Z whose diagonal holds the pairs. An objective applies one to S and to
/// its transpose, so rows and columns are never mixed.
/// </summary>
static class RowLoss
{
    /// <summary>- sum_j Y_ij log softmax(Z)_ij with Y the identity, or (1 - e) I + e / N under label smoothing e.</summary>
    public static Tensor Identity(Tensor logProbabilities, double smoothing = 0)
    {
        var own = -logProbabilities.diagonal();
        return smoothing == 0 ? own : own * (1 - smoothing) - logProbabilities.mean([1]) * smoothing;
    }

    /// <summary>- sum_j Y_ij log softmax(Z)_ij for any targets Y (N x N, rows that sum to 1).</summary>
    public static Tensor Soft(Tensor logProbabilities, Tensor targets) => -(targets * logProbabilities).sum(1);

    /// <summary>
    /// -log[ e^{z_ii} / (alpha e^{z_ii} + sum_{j!=i} w_ij e^{z_ij}) ] with w_ij = (N-1) e^{beta z_ij} / sum_{k!=i} e^{beta z_ik},
    /// composed from logarithms of sums of exponentials, so that no exponential overflows.
    /// </summary>
    public static Tensor HardNegative(Tensor logits, HnNceOptions options)
    {
        var own = logits.diagonal();
        var logNegatives = LogNegatives(logits, options);
        var denominator =
            options.Alpha == 0 ? logNegatives : torch.stack([own + Math.Log(options.Alpha), logNegatives]).logsumexp(0);
        return denominator - own;
    }

    /// <summary>log sum_{j!=i} w_ij e^{z_ij}</summary>
    public static Tensor LogNegatives(Tensor logits, HnNceOptions options) =>
        options.GradientThroughWeights
            ? OthersLogSumExp(logits * (1 + options.Beta))
                - OthersLogSumExp(logits * options.Beta)
                + Math.Log(logits.shape[0] - 1)
            : OthersLogSumExp(logits + LogWeights(logits, options.Beta));

    /// <summary>log w_ij (N x N, without gradient); the diagonal has no meaning.</summary>
    public static Tensor LogWeights(Tensor logits, double beta)
    {
        var tilted = logits.detach() * beta;
        return tilted - OthersLogSumExp(tilted).unsqueeze(1) + Math.Log(logits.shape[0] - 1);
    }

    static Tensor OthersLogSumExp(Tensor logits)
    {
        var diagonal = torch.eye(logits.shape[0], dtype: ScalarType.Bool, device: logits.device);
        return logits.masked_fill(diagonal, double.NegativeInfinity).logsumexp(1);
    }
}
