namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>max(x, 0).</summary>
            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_() : x.relu();

            /// <summary>x times the normal distribution's cumulative function at x, exactly.</summary>
            /// <remarks>
            /// libtorch 1.13 with oneDNN returns uninitialised memory as the gradient when the incoming one is not contiguous, as
            /// after a transpose; going through a flat view makes it contiguous, and costs nothing when it is already.
            /// </remarks>
            public static Tensor gelu(Tensor x)
            {
                if (!x.requires_grad || x.device_type != DeviceType.CPU || !x.is_contiguous())
                    return Ops.gelu.Call(x);
                using var scope = NewDisposeScope();
                return Ops.gelu.Call(x).view(-1).view(x.shape).MoveToOuterDisposeScope();
            }

            /// <summary>GELU by an approximation.</summary>
            /// <param name="x">The tensor.</param>
            /// <param name="approximate">"none" (exact) or "tanh".</param>
            public static Tensor gelu(Tensor x, string approximate) => Ops.gelu.Call(x, approximate);

            /// <summary>x * sigmoid(1.702 x): the approximation of GELU in OpenAI's CLIP.</summary>
            public static Tensor quick_gelu(Tensor x)
            {
                using var scope = NewDisposeScope();
                return x.mul(x.mul(1.702).sigmoid()).MoveToOuterDisposeScope();
            }

            /// <summary>x * sigmoid(x).</summary>
            public static Tensor silu(Tensor x, bool inplace = false)
            {
                if (!inplace)
                    return Ops.silu.Call(x);
                Ops.silu_.Do(x);
                return x;
            }

            /// <summary>1 / (1 + exp(-x)).</summary>
            public static Tensor sigmoid(Tensor x) => x.sigmoid();

            /// <summary>The hyperbolic tangent.</summary>
            public static Tensor tanh(Tensor x) => x.tanh();

            /// <summary>log(sigmoid(x)), without underflow.</summary>
            public static Tensor logsigmoid(Tensor x) => Ops.log_sigmoid.Call(x);

            /// <summary>log(1 + exp(beta x)) / beta; linear above the threshold.</summary>
            public static Tensor softplus(Tensor x, double beta = 1.0, double threshold = 20) =>
                Ops.softplus.Call(x, beta, threshold);

            /// <summary>x for x > 0, else negative_slope * x.</summary>
            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01) =>
                Ops.leaky_relu.Call(input, negative_slope);

            /// <summary>x for x > 0, else alpha * (exp(x) - 1).</summary>
            public static Tensor elu(Tensor x, double alpha = 1.0) => Ops.elu.Call(x, alpha);

            /// <summary>exp(x) / sum(exp(x)) along a dimension.</summary>
            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            /// <summary>x - logsumexp(x) along a dimension.</summary>
            public static Tensor log_softmax(Tensor input, long dim, ScalarType? dtype = null) =>
                input.log_softmax(dim, dtype);

            /// <summary>softmax(q k^T / sqrt(d) + mask) v.</summary>
            /// <param name="query">... x L x d.</param>
            /// <param name="key">... x S x d.</param>
            /// <param name="value">... x S x e.</param>
            /// <param name="attn_mask">Added to the scores, or (Bool) true where attention is allowed; broadcast to ... x L x S.</param>
            /// <param name="p">The probability of dropping a weight; 0 in evaluation.</param>
            /// <param name="is_casual">Whether place i sees places up to i only (TorchSharp's spelling of "causal").</param>
            /// <remarks>PyTorch 2.x's fused operator where the engine has it; 1.13 has only a slower one, so plain products there.</remarks>
            /// <exception cref="ArgumentException">Both a mask and is_casual are given.</exception>
            public static Tensor scaled_dot_product_attention(
                Tensor query,
                Tensor key,
                Tensor value,
                Tensor? attn_mask = null,
                double p = 0.0,
                bool is_casual = false
            )
            {
                if (attn_mask is not null && is_casual)
                    throw new ArgumentException(
                        "scaled_dot_product_attention: give a mask or is_casual, not both",
                        nameof(attn_mask)
                    );
                if (Ops.scaled_dot_product_attention.Exists)
                    return Ops.scaled_dot_product_attention.Call(query, key, value, attn_mask, p, is_casual);
                using var scope = NewDisposeScope();
                // in place where autograd allows it, which is wherever the scores are not saved: they are the largest tensors here
                var scores = query.matmul(key.transpose(-2, -1)).mul_(1.0 / Math.Sqrt(query.size(-1)));
                var mask = is_casual ? CausalMask(query.size(-2), key.size(-2), query.device) : attn_mask;
                if (mask is not null)
                    scores =
                        mask.dtype == ScalarType.Bool ? scores.masked_fill_(mask.logical_not(), double.NegativeInfinity)
                        : mask.dtype == scores.dtype && !mask.requires_grad ? scores.add_(mask)
                        : scores.add(mask);
                var weights = scores.softmax(-1);
                if (p > 0)
                    weights = dropout(weights, p);
                if (weights.dtype != value.dtype)
                    weights = weights.to(value.dtype);
                return weights.matmul(value).MoveToOuterDisposeScope();
            }

            private static Tensor CausalMask(long rows, long columns, Device device) =>
                ones([rows, columns], ScalarType.Bool, device).tril();
        }
    }
}
