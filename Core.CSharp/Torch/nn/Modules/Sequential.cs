using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>Modules run one after the other, each on the result of the one before.</summary>
        public sealed class Sequential : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            readonly List<torch.nn.Module<torch.Tensor, torch.Tensor>> layers = [];

            internal Sequential(
                IEnumerable<(string name, torch.nn.Module<torch.Tensor, torch.Tensor> submodule)> modules
            )
                : base(nameof(Sequential))
            {
                foreach (var (name, submodule) in modules)
                {
                    register_module(name, submodule);
                    layers.Add(submodule);
                }
            }

            /// <summary>The number of modules.</summary>
            public int Count => layers.Count;

            /// <summary>The module at a place, from 0.</summary>
            public torch.nn.Module<torch.Tensor, torch.Tensor> this[int index] => layers[index];

            /// <summary>Runs the modules, freeing each intermediate result as soon as the next one is there.</summary>
            public override torch.Tensor forward(torch.Tensor input)
            {
                if (layers.Count == 0)
                    return input.alias();
                using var scope = torch.NewDisposeScope();
                var x = layers[0].call(input);
                foreach (var layer in layers.Skip(1))
                {
                    var next = layer.call(x);
                    if (!ReferenceEquals(next, x) && !ReferenceEquals(x, input))
                        x.Dispose();
                    x = next;
                }
                return ReferenceEquals(x, input) ? x : x.MoveToOuterDisposeScope();
            }
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Modules run one after the other, named "0", "1", ... in the state dict.</summary>
            public static Sequential Sequential(params Module<Tensor, Tensor>[] modules) =>
                new(modules.Select((module, i) => (i.ToString(), module)));

            /// <summary>Modules run one after the other, with names.</summary>
            public static Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) =>
                new(modules);
        }
    }
}
