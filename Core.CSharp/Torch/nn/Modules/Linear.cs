using TorchSharp.Modules;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>y = x W^T + b over the last dimension. Parameters: weight (out x in), bias (out).</summary>
        public sealed class Linear : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            /// <summary>out x in.</summary>
            public Parameter weight { get; }

            /// <summary>out, or null.</summary>
            public Parameter? bias { get; }

            internal Linear(
                long inputSize,
                long outputSize,
                bool hasBias,
                torch.Device? device,
                torch.ScalarType? dtype
            )
                : base(nameof(Linear))
            {
                ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputSize);
                ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputSize);
                weight = new Parameter(torch.empty(outputSize, inputSize, dtype: dtype, device: device));
                if (hasBias)
                    bias = new Parameter(torch.empty(outputSize, dtype: dtype, device: device));
                reset_parameters();
                RegisterComponents();
            }

            /// <summary>Draws new weights as PyTorch does: U(-1, 1) / sqrt(in) for both.</summary>
            public void reset_parameters()
            {
                torch.nn.init.kaiming_uniform_(weight, Math.Sqrt(5));
                if (bias is null)
                    return;
                var bound = 1 / Math.Sqrt(weight.shape[1]);
                torch.nn.init.uniform_(bias, -bound, bound);
            }

            /// <inheritdoc/>
            public override torch.Tensor forward(torch.Tensor input) => F.linear(input, weight, bias);
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>A fully connected layer over the last dimension: ... x in to ... x out.</summary>
            /// <param name="inputSize">in.</param>
            /// <param name="outputSize">out.</param>
            /// <param name="hasBias">False leaves the bias out.</param>
            /// <param name="device">Where the parameters live; the CPU by default.</param>
            /// <param name="dtype">Their dtype; float32 by default.</param>
            public static Linear Linear(
                long inputSize,
                long outputSize,
                bool hasBias = true,
                Device? device = null,
                ScalarType? dtype = null
            ) => new(inputSize, outputSize, hasBias, device, dtype);
        }
    }
}
