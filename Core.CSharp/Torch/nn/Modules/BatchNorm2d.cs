using TorchSharp.Modules;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>
        /// Batch normalisation of B x C x H x W over B, H and W. Parameters: weight, bias (C). Buffers: running_mean, running_var (C),
        /// num_batches_tracked (int64 scalar).
        /// </summary>
        public sealed class BatchNorm2d : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            readonly double eps;
            readonly double momentum;

            /// <summary>The scale, initially 1, or null.</summary>
            public Parameter? weight { get; }

            /// <summary>The shift, initially 0, or null.</summary>
            public Parameter? bias { get; }

            /// <summary>Running mean, initially 0, or null.</summary>
            public torch.Tensor? running_mean { get; }

            /// <summary>Running unbiased variance, initially 1, or null.</summary>
            public torch.Tensor? running_var { get; }

            /// <summary>The number of training batches seen, or null.</summary>
            public torch.Tensor? num_batches_tracked { get; }

            internal BatchNorm2d(
                long features,
                double eps,
                double momentum,
                bool affine,
                bool trackRunningStats,
                torch.Device? device,
                torch.ScalarType? dtype
            )
                : base(nameof(BatchNorm2d))
            {
                ArgumentOutOfRangeException.ThrowIfNegativeOrZero(features);
                this.eps = eps;
                this.momentum = momentum;
                long[] shape = [features];
                if (affine)
                {
                    weight = new Parameter(torch.ones(shape, dtype: dtype, device: device));
                    bias = new Parameter(torch.zeros(shape, dtype: dtype, device: device));
                }
                if (trackRunningStats)
                {
                    running_mean = torch.zeros(shape, dtype: dtype, device: device);
                    running_var = torch.ones(shape, dtype: dtype, device: device);
                    num_batches_tracked = torch.zeros([], dtype: torch.ScalarType.Int64, device: device);
                }
                RegisterComponents();
            }

            /// <inheritdoc/>
            public override torch.Tensor forward(torch.Tensor input)
            {
                if (training && num_batches_tracked is not null)
                    using (torch.no_grad())
                        num_batches_tracked.add_(1);
                var batchStatistics = training || running_mean is null;
                return F.batch_norm(input, running_mean, running_var, weight, bias, batchStatistics, momentum, eps);
            }
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Batch normalisation of B x C x H x W.</summary>
            /// <param name="features">C.</param>
            /// <param name="eps">Added to the variance.</param>
            /// <param name="momentum">The weight of the new batch in the running statistics.</param>
            /// <param name="affine">False leaves out weight and bias.</param>
            /// <param name="track_running_stats">False uses batch statistics in evaluation mode also.</param>
            /// <param name="device">Where the parameters live.</param>
            /// <param name="dtype">Their dtype.</param>
            public static BatchNorm2d BatchNorm2d(
                long features,
                double eps = 1e-5,
                double momentum = 0.1,
                bool affine = true,
                bool track_running_stats = true,
                Device? device = null,
                ScalarType? dtype = null
            ) => new(features, eps, momentum, affine, track_running_stats, device, dtype);
        }
    }
}
