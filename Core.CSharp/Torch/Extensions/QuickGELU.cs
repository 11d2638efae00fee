using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>x sigmoid(1.702 x): the approximation of GELU that OpenAI's CLIP weights were trained with.</summary>
        public sealed class QuickGELU : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            internal QuickGELU()
                : base(nameof(QuickGELU)) { }

            /// <inheritdoc/>
            public override torch.Tensor forward(torch.Tensor input)
            {
                using var scope = torch.NewDisposeScope();
                return input.mul((input * 1.702).sigmoid()).MoveToOuterDisposeScope();
            }
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>x sigmoid(1.702 x). Not in TorchSharp.</summary>
            public static QuickGELU QuickGELU() => new();
        }
    }
}
