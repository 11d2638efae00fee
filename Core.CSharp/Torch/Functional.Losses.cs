namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>How a loss combines its elements; the values are libtorch's.</summary>
        public enum Reduction : long
        {
            /// <summary>Not at all.</summary>
            None = 0,

            /// <summary>Their mean.</summary>
            Mean = 1,

            /// <summary>Their sum.</summary>
            Sum = 2,
        }

        public static partial class functional
        {
            /// <summary>The cross entropy of softmax(input) and a target.</summary>
            /// <param name="input">Scores, N x classes.</param>
            /// <param name="target">Class numbers (N, Int64), or a distribution for each row (N x classes, floating point).</param>
            /// <param name="weight">A weight per class.</param>
            /// <param name="ignore_index">Rows with this class number do not count.</param>
            /// <param name="reduction">How the rows are combined.</param>
            /// <param name="label_smoothing">The share of the target that is spread over all classes, in [0, 1].</param>
            public static Tensor cross_entropy(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                long ignore_index = -100,
                Reduction reduction = Reduction.Mean,
                double label_smoothing = 0.0
            ) => Ops.cross_entropy_loss.Call(input, target, weight, (long)reduction, ignore_index, label_smoothing);

            /// <summary>The negative log likelihood of class numbers under log probabilities.</summary>
            public static Tensor nll_loss(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                Reduction reduction = Reduction.Mean,
                long ignore_index = -100
            ) => Ops.nll_loss_nd.Call(input, target, weight, (long)reduction, ignore_index);

            /// <summary>(input - target)^2.</summary>
            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Ops.mse_loss.Call(input, target, (long)reduction);

            /// <summary>|input - target|.</summary>
            public static Tensor l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Ops.l1_loss.Call(input, target, (long)reduction);

            /// <summary>Squared below beta, absolute above.</summary>
            public static Tensor smooth_l1_loss(
                Tensor input,
                Tensor target,
                Reduction reduction = Reduction.Mean,
                double beta = 1.0
            ) => Ops.smooth_l1_loss.Call(input, target, (long)reduction, beta);

            /// <summary>The Kullback-Leibler divergence: target * (log target - input).</summary>
            /// <param name="x">Log probabilities.</param>
            /// <param name="target">Probabilities, or their logarithms with log_target.</param>
            /// <param name="log_target">Whether the target holds logarithms.</param>
            /// <param name="reduction">Mean divides by the number of elements, not of rows.</param>
            public static Tensor kl_div(
                Tensor x,
                Tensor target,
                bool log_target = true,
                Reduction reduction = Reduction.Mean
            ) => Ops.kl_div.Call(x, target, (long)reduction, log_target);

            /// <summary>The binary cross entropy of sigmoid(input) and a target in [0, 1].</summary>
            /// <param name="input">Scores.</param>
            /// <param name="target">Probabilities, in the same shape.</param>
            /// <param name="weight">A weight per element.</param>
            /// <param name="reduction">How the elements are combined.</param>
            /// <param name="pos_weights">A weight of the positive part, per class.</param>
            public static Tensor binary_cross_entropy_with_logits(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                Reduction reduction = Reduction.Mean,
                Tensor? pos_weights = null
            ) => Ops.binary_cross_entropy_with_logits.Call(input, target, weight, pos_weights, (long)reduction);

            /// <summary>The binary cross entropy of probabilities and a target in [0, 1].</summary>
            public static Tensor binary_cross_entropy(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                Reduction reduction = Reduction.Mean
            ) => Ops.binary_cross_entropy.Call(input, target, weight, (long)reduction);
        }
    }
}
