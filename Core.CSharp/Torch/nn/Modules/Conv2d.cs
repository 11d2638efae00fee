using TorchSharp.Modules;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>Two-dimensional convolution. Parameters: weight (out x in/groups x k x k), bias (out).</summary>
        public sealed class Conv2d : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            readonly long[] stride;
            readonly long[] padding;
            readonly long[] dilation;
            readonly long groups;

            /// <summary>out x in/groups x kernel height x kernel width.</summary>
            public Parameter weight { get; }

            /// <summary>out, or null.</summary>
            public Parameter? bias { get; }

            internal Conv2d(
                long inChannels,
                long outChannels,
                (long, long) kernel,
                (long, long) stride,
                (long, long) padding,
                (long, long) dilation,
                long groups,
                bool hasBias,
                torch.Device? device,
                torch.ScalarType? dtype
            )
                : base(nameof(Conv2d))
            {
                ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inChannels);
                ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outChannels);
                ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groups);
                if (inChannels % groups != 0 || outChannels % groups != 0)
                    throw new ArgumentException(
                        $"Conv2d: {inChannels} input and {outChannels} output channels must both be multiples of groups = {groups}."
                    );
                this.stride = [stride.Item1, stride.Item2];
                this.padding = [padding.Item1, padding.Item2];
                this.dilation = [dilation.Item1, dilation.Item2];
                this.groups = groups;
                long[] shape = [outChannels, inChannels / groups, kernel.Item1, kernel.Item2];
                weight = new Parameter(torch.empty(shape, dtype: dtype, device: device));
                if (hasBias)
                    bias = new Parameter(torch.empty(outChannels, dtype: dtype, device: device));
                reset_parameters();
                RegisterComponents();
            }

            /// <summary>Draws new weights as PyTorch does: U(-1, 1) / sqrt(fan in) for both.</summary>
            public void reset_parameters()
            {
                torch.nn.init.kaiming_uniform_(weight, Math.Sqrt(5));
                if (bias is null)
                    return;
                var bound = 1 / Math.Sqrt(torch.nn.init.CalculateFanInAndFanOut(weight).fanIn);
                torch.nn.init.uniform_(bias, -bound, bound);
            }

            /// <inheritdoc/>
            public override torch.Tensor forward(torch.Tensor input) =>
                F.conv2d(input, weight, bias, stride, padding, dilation, groups);
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Two-dimensional convolution with zero padding: B x in x H x W to B x out x H' x W'.</summary>
            /// <param name="in_channels">in.</param>
            /// <param name="out_channels">out.</param>
            /// <param name="kernel_size">Height and width of the kernel.</param>
            /// <param name="stride">Step of the kernel.</param>
            /// <param name="padding">Zeros added on every side.</param>
            /// <param name="dilation">Distance between kernel elements.</param>
            /// <param name="groups">Blocks of connections from inputs to outputs; divides both channel counts.</param>
            /// <param name="bias">False leaves out the bias.</param>
            /// <param name="device">Where the parameters live.</param>
            /// <param name="dtype">Their dtype.</param>
            public static Conv2d Conv2d(
                long in_channels,
                long out_channels,
                long kernel_size,
                long stride = 1,
                long padding = 0,
                long dilation = 1,
                long groups = 1,
                bool bias = true,
                Device? device = null,
                ScalarType? dtype = null
            ) =>
                new(
                    in_channels,
                    out_channels,
                    (kernel_size, kernel_size),
                    (stride, stride),
                    (padding, padding),
                    (dilation, dilation),
                    groups,
                    bias,
                    device,
                    dtype
                );

            /// <summary>Two-dimensional convolution with a kernel, stride and padding of (height, width).</summary>
            /// <inheritdoc cref="Conv2d(long, long, long, long, long, long, long, bool, Device?, ScalarType?)"/>
            public static Conv2d Conv2d(
                long in_channels,
                long out_channels,
                (long, long) kernel_size,
                (long, long)? stride = null,
                (long, long)? padding = null,
                (long, long)? dilation = null,
                long groups = 1,
                bool bias = true,
                Device? device = null,
                ScalarType? dtype = null
            ) =>
                new(
                    in_channels,
                    out_channels,
                    kernel_size,
                    stride ?? (1, 1),
                    padding ?? (0, 0),
                    dilation ?? (1, 1),
                    groups,
                    bias,
                    device,
                    dtype
                );
        }
    }
}
