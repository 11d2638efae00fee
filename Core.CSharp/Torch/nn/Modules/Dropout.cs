using TorchSharp.Modules;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>In training, zeroes each element with probability p and divides the others by 1 - p.</summary>
        public sealed class Dropout : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            readonly double p;
            readonly bool inplace;

            internal Dropout(double p, bool inplace)
                : base(nameof(Dropout))
            {
                if (!(p >= 0 && p <= 1))
                    throw new ArgumentOutOfRangeException(nameof(p), p, "Dropout: the probability must be in [0, 1].");
                this.p = p;
                this.inplace = inplace;
            }

            /// <inheritdoc/>
            public override torch.Tensor forward(torch.Tensor input) => F.dropout(input, p, training, inplace);
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Dropout.</summary>
            /// <param name="p">The probability of zeroing an element, in [0, 1].</param>
            /// <param name="inplace">True overwrites the input.</param>
            /// <exception cref="ArgumentOutOfRangeException">p is outside [0, 1].</exception>
            public static Dropout Dropout(double p = 0.5, bool inplace = false) => new(p, inplace);
        }
    }
}
