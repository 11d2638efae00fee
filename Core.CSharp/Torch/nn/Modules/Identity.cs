using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>
        /// Returns its input: a new handle of the same value, so that the caller may dispose input and output independently.
        /// </summary>
        public sealed class Identity : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            internal Identity()
                : base(nameof(Identity)) { }

            /// <inheritdoc/>
            public override torch.Tensor forward(torch.Tensor input) => input.alias();
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>The layer that changes nothing.</summary>
            public static Identity Identity() => new();
        }
    }
}
