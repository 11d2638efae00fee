using TorchSharp.Modules;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>Normalises the last dimensions to mean 0 and variance 1, then scales by weight and shifts by bias.</summary>
        public sealed class LayerNorm : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            readonly long[] normalizedShape;
            readonly double eps;

            /// <summary>The scale, initially 1, or null.</summary>
            public Parameter? weight { get; }

            /// <summary>The shift, initially 0, or null.</summary>
            public Parameter? bias { get; }

            internal LayerNorm(
                long[] normalizedShape,
                double eps,
                bool elementwiseAffine,
                bool hasBias,
                torch.Device? device,
                torch.ScalarType? dtype
            )
                : base(nameof(LayerNorm))
            {
                ArgumentNullException.ThrowIfNull(normalizedShape);
                foreach (var size in normalizedShape)
                    ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size, nameof(normalizedShape));
                this.normalizedShape = [.. normalizedShape];
                this.eps = eps;
                if (elementwiseAffine)
                {
                    weight = new Parameter(torch.ones(normalizedShape, dtype: dtype, device: device));
                    if (hasBias)
                        bias = new Parameter(torch.zeros(normalizedShape, dtype: dtype, device: device));
                }
                RegisterComponents();
            }

            /// <inheritdoc/>
            public override torch.Tensor forward(torch.Tensor input) =>
                F.layer_norm(input, normalizedShape, weight, bias, eps);
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Layer normalisation over the last dimensions.</summary>
            /// <param name="normalized_shape">The sizes of the dimensions that are normalised together.</param>
            /// <param name="eps">Added to the variance.</param>
            /// <param name="elementwise_affine">False leaves out weight and bias.</param>
            /// <param name="bias">False leaves out the bias only.</param>
            /// <param name="device">Where the parameters live.</param>
            /// <param name="dtype">Their dtype.</param>
            public static LayerNorm LayerNorm(
                long[] normalized_shape,
                double eps = 1e-5,
                bool elementwise_affine = true,
                bool bias = true,
                Device? device = null,
                ScalarType? dtype = null
            ) => new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

            /// <summary>Layer normalisation over the last dimension, of size <paramref name="normalized_shape"/>.</summary>
            /// <inheritdoc cref="LayerNorm(long[], double, bool, bool, Device?, ScalarType?)"/>
            public static LayerNorm LayerNorm(
                long normalized_shape,
                double eps = 1e-5,
                bool elementwise_affine = true,
                bool bias = true,
                Device? device = null,
                ScalarType? dtype = null
            ) => new([normalized_shape], eps, elementwise_affine, bias, device, dtype);
        }
    }
}
