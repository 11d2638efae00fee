using TorchSharp.Modules;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>max(x, 0).</summary>
        public sealed class ReLU : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            readonly bool inplace;

            internal ReLU(bool inplace)
                : base(nameof(ReLU)) => this.inplace = inplace;

            /// <inheritdoc/>
            public override torch.Tensor forward(torch.Tensor input) => F.relu(input, inplace);
        }

        /// <summary>x Phi(x), with the exact normal distribution function.</summary>
        public sealed class GELU : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            internal GELU()
                : base(nameof(GELU)) { }

            /// <inheritdoc/>
            public override torch.Tensor forward(torch.Tensor input) => F.gelu(input);
        }

        /// <summary>x sigmoid(x).</summary>
        public sealed class SiLU : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            readonly bool inplace;

            internal SiLU(bool inplace)
                : base(nameof(SiLU)) => this.inplace = inplace;

            /// <inheritdoc/>
            public override torch.Tensor forward(torch.Tensor input) => F.silu(input, inplace);
        }

        /// <summary>The hyperbolic tangent.</summary>
        public sealed class Tanh : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            internal Tanh()
                : base(nameof(Tanh)) { }

            /// <inheritdoc/>
            public override torch.Tensor forward(torch.Tensor input) => input.tanh();
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>max(x, 0).</summary>
            /// <param name="inplace">True overwrites the input.</param>
            public static ReLU ReLU(bool inplace = false) => new(inplace);

            /// <summary>x Phi(x), exact.</summary>
            public static GELU GELU() => new();

            /// <summary>x sigmoid(x).</summary>
            /// <param name="inplace">True overwrites the input.</param>
            public static SiLU SiLU(bool inplace = false) => new(inplace);

            /// <summary>The hyperbolic tangent.</summary>
            public static Tanh Tanh() => new();
        }
    }
}
