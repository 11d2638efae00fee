using System.Collections;
using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>A list of modules, named "0", "1", ... in the state dict; what runs them is up to its owner.</summary>
        public sealed class ModuleList<T> : torch.nn.Module, IReadOnlyList<T>
            where T : torch.nn.Module
        {
            readonly List<T> items = [];

            internal ModuleList(IEnumerable<T> modules)
                : base(nameof(ModuleList<T>))
            {
                foreach (var module in modules)
                    Add(module);
            }

            /// <summary>Appends a module.</summary>
            public void Add(T module)
            {
                register_module(items.Count.ToString(), module);
                items.Add(module);
            }

            /// <inheritdoc/>
            public T this[int index] => items[index];

            /// <inheritdoc/>
            public int Count => items.Count;

            /// <inheritdoc/>
            public IEnumerator<T> GetEnumerator() => items.GetEnumerator();

            IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>A list of modules.</summary>
            public static ModuleList<T> ModuleList<T>(params T[] modules)
                where T : Module => new(modules);
        }
    }
}
