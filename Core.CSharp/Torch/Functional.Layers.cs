namespace TorchSharp;

public static partial class torch
{
    /// <summary>Neural networks.</summary>
    public static partial class nn
    {
        /// <summary>Layers as functions.</summary>
        public static partial class functional
        {
            /// <summary>input weight^T + bias.</summary>
            /// <param name="input">... x in.</param>
            /// <param name="weight">out x in.</param>
            /// <param name="bias">out.</param>
            public static Tensor linear(Tensor input, Tensor weight, Tensor? bias = null) =>
                Ops.linear.Call(input, weight, bias);

            /// <summary>Normalises the last dimensions to mean 0 and variance 1, then scales and shifts.</summary>
            public static Tensor layer_norm(
                Tensor input,
                long[] normalized_shape,
                Tensor? weight = null,
                Tensor? bias = null,
                double eps = 1e-05
            ) => Ops.layer_norm.Call(input, normalized_shape, weight, bias, eps);

            /// <summary>Normalises groups of channels.</summary>
            public static Tensor group_norm(
                Tensor input,
                long num_groups,
                Tensor? weight = null,
                Tensor? bias = null,
                double eps = 1e-05
            ) => Ops.group_norm.Call(input, num_groups, weight, bias, eps);

            /// <summary>Normalises channels over the batch (training), or by running statistics, which training updates.</summary>
            public static Tensor batch_norm(
                Tensor input,
                Tensor? running_mean,
                Tensor? running_var,
                Tensor? weight = null,
                Tensor? bias = null,
                bool training = false,
                double momentum = 0.1,
                double eps = 1e-05
            ) => Ops.batch_norm.Call(input, weight, bias, running_mean, running_var, training, momentum, eps, true);

            /// <summary>Convolution of images.</summary>
            /// <param name="input">B x in x H x W.</param>
            /// <param name="weight">out x in/groups x kH x kW.</param>
            /// <param name="bias">out.</param>
            /// <param name="strides">One or two numbers; 1 by default.</param>
            /// <param name="padding">One or two numbers; 0 by default.</param>
            /// <param name="dilation">One or two numbers; 1 by default.</param>
            /// <param name="groups">The number of groups of channels.</param>
            public static Tensor conv2d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                long groups = 1
            ) => Ops.conv2d.Call(input, weight, bias, Or(strides), Or(padding), Or(dilation), groups);

            /// <summary>Convolution of sequences (B x in x L).</summary>
            public static Tensor conv1d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long? stride = null,
                long? padding = null,
                long? dilation = null,
                long groups = 1
            ) => Ops.conv1d.Call(input, weight, bias, stride ?? 1, padding ?? 0, dilation ?? 1, groups);

            /// <summary>Rows of a table.</summary>
            /// <param name="input">Places, Int64.</param>
            /// <param name="weight">The table, rows x width.</param>
            /// <param name="padding_idx">A row that gets no gradient; -1 for none.</param>
            public static Tensor embedding(Tensor input, Tensor weight, long padding_idx = -1) =>
                Ops.embedding.Call(weight, input, padding_idx);

            /// <summary>Zeroes elements with probability p and scales the others by 1/(1-p), in training.</summary>
            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false)
            {
                if (!inplace)
                    return Ops.dropout.Call(input, p, training);
                Ops.dropout_.Do(input, p, training);
                return input;
            }

            /// <summary>input / max(norm, eps) along a dimension.</summary>
            public static Tensor normalize(Tensor input, double p = 2.0, long dim = 1, double eps = 1e-12)
            {
                using var scope = NewDisposeScope();
                // the operator that PyTorch's own F.normalize calls, so that results agree to the bit
                var norm = Ops.norm__ScalarOpt_dim.Call(input, p, new long[] { dim }, true);
                return input.div(norm.clamp_min(eps).expand_as(input)).MoveToOuterDisposeScope();
            }

            /// <summary>Adds a border; sizes come in pairs from the last dimension.</summary>
            /// <param name="input">The tensor.</param>
            /// <param name="pad">left, right, top, bottom, ...; negative ones crop.</param>
            /// <param name="mode">constant, reflect, replicate or circular.</param>
            /// <param name="value">The constant.</param>
            public static Tensor pad(
                Tensor input,
                long[] pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) =>
                mode == PaddingModes.Constant
                    ? Ops.constant_pad_nd.Call(input, pad, value)
                    : Ops.pad.Call(input, pad, mode.ToString().ToLowerInvariant(), Arg.None);

            /// <summary>A one for each class number, as a new last dimension (Int64).</summary>
            /// <param name="x">Class numbers, Int64.</param>
            /// <param name="num_classes">How many; -1 for the largest number plus one.</param>
            public static Tensor one_hot(Tensor x, long num_classes = -1) => Ops.one_hot.Call(x, num_classes);

            /// <summary>The cosine of the angle between vectors along a dimension.</summary>
            public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1, double eps = 1e-8) =>
                Ops.cosine_similarity.Call(x1, x2, dim, eps);

            private static Arg Or(long[]? value) => value is null ? Arg.Default : value;
        }
    }
}

/// <summary>What a border is made of.</summary>
public enum PaddingModes
{
    /// <summary>One value.</summary>
    Constant,

    /// <summary>The mirror image, without the edge.</summary>
    Reflect,

    /// <summary>The edge.</summary>
    Replicate,

    /// <summary>The other side.</summary>
    Circular,
}
