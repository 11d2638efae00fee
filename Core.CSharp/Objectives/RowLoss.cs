using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// Losses of single rows, as N-vectors, of an N x N logit matrix Z with the pairs on its diagonal. An objective applies one to S and to
/// its transpose, so rows and columns never mix.
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
        var negatives = LogNegatives(logits, options);
        return options.Alpha == 0
            ? negatives
            : torch.stack([torch.full_like(negatives, Math.Log(options.Alpha)), negatives]).logsumexp(0);
    }

    /// <summary>
    /// log sum_{j!=i} w_ij e^{z_ij - z_ii}. Shifting a row changes neither the weights nor the difference; relative to its hardest
    /// negative, exponents of (1 + beta) z are as exact as z.
    /// </summary>
    public static Tensor LogNegatives(Tensor logits, HnNceOptions options)
    {
        var hardest = Others(logits.detach()).amax(1);
        var z = logits - hardest.unsqueeze(1);
        var negatives = options.GradientThroughWeights
            ? OthersLogSumExp(z * (1 + options.Beta))
                - OthersLogSumExp(z * options.Beta)
                + Math.Log(logits.shape[0] - 1)
            : OthersLogSumExp(z + LogWeights(z, options.Beta));
        return negatives - z.diagonal();
    }

    /// <summary>log w_ij (N x N, without gradient); the diagonal is meaningless.</summary>
    public static Tensor LogWeights(Tensor logits, double beta)
    {
        var tilted = logits.detach() * beta;
        return tilted - OthersLogSumExp(tilted).unsqueeze(1) + Math.Log(logits.shape[0] - 1);
    }

    static Tensor OthersLogSumExp(Tensor logits) => Others(logits).logsumexp(1);

    static Tensor Others(Tensor logits)
    {
        var diagonal = torch.eye(logits.shape[0], dtype: ScalarType.Bool, device: logits.device);
        return logits.masked_fill(diagonal, double.NegativeInfinity);
    }
}
