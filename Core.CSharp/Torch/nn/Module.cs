using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>
        /// The base of every layer and model: a tree of named submodules, parameters and buffers. Names joined with dots are the
        /// keys of the state dict, as in PyTorch. A module owns its parameters and buffers: they belong to no dispose scope and are
        /// freed by <see cref="Dispose()"/>. Not thread-safe.
        /// </summary>
        public partial class Module : IDisposable
        {
            readonly string name;
            bool disposed;

            /// <summary>Creates a module.</summary>
            /// <param name="name">What <see cref="GetName"/> returns, used in messages; not a key of the state dict.</param>
            protected Module(string name)
            {
                ArgumentNullException.ThrowIfNull(name);
                this.name = name;
            }

            /// <summary>The name given at construction, usually that of the class.</summary>
            public virtual string GetName() => name;

            /// <summary>True (the default) in training mode: dropout drops, batch norm uses and updates batch statistics.</summary>
            public virtual bool training { get; private set; } = true;

            /// <summary>Sets training mode (or, with false, evaluation mode) here and in every submodule.</summary>
            public virtual void train(bool on = true)
            {
                training = on;
                foreach (var (_, child) in submodules)
                    child.train(on);
            }

            /// <summary>Sets evaluation mode here and in every submodule.</summary>
            public void eval() => train(false);

            /// <summary>Calls <paramref name="fn"/> on every submodule, children first, then on this module.</summary>
            /// <returns>This module.</returns>
            public virtual Module apply(Action<Module> fn)
            {
                ArgumentNullException.ThrowIfNull(fn);
                foreach (var (_, child) in submodules)
                    child.apply(fn);
                fn(this);
                return this;
            }

            /// <summary>Clears the gradient of every parameter.</summary>
            /// <param name="set_to_none">True (the default) frees the gradients; false fills them with zeros.</param>
            public virtual void zero_grad(bool set_to_none = true)
            {
                using var guard = no_grad();
                foreach (var p in parameters())
                    p.ClearGradient(set_to_none);
            }

            /// <summary>Turns the recording of gradients on or off for every parameter, e.g. to freeze a teacher.</summary>
            /// <returns>This module.</returns>
            public Module requires_grad_(bool requires_grad = true)
            {
                foreach (var p in parameters())
                    p.requires_grad = requires_grad;
                return this;
            }

            /// <summary>Frees the parameters and buffers of this module and of its submodules.</summary>
            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Frees what the module owns; an override calls the base.</summary>
            protected virtual void Dispose(bool disposing)
            {
                if (disposed || !disposing)
                    return;
                disposed = true;
                foreach (var (_, child) in submodules)
                    child.Dispose();
                foreach (var (_, parameter) in ownParameters)
                    parameter.Dispose();
                foreach (var buffer in ownBuffers)
                    buffer.Tensor.Dispose();
            }
        }

        /// <summary>A module from one input to a result.</summary>
        public abstract class Module<T, TResult> : Module
        {
            /// <inheritdoc cref="Module(string)"/>
            protected Module(string name)
                : base(name) { }

            /// <summary>Computes the result. Override this; callers use <see cref="call"/>.</summary>
            public abstract TResult forward(T input);

            /// <summary>Runs <see cref="forward"/>.</summary>
            public TResult call(T input) => forward(input);
        }

        /// <summary>A module from two inputs to a result.</summary>
        public abstract class Module<T1, T2, TResult> : Module
        {
            /// <inheritdoc cref="Module(string)"/>
            protected Module(string name)
                : base(name) { }

            /// <summary>Computes the result. Override this; callers use <see cref="call"/>.</summary>
            public abstract TResult forward(T1 input1, T2 input2);

            /// <summary>Runs <see cref="forward"/>.</summary>
            public TResult call(T1 input1, T2 input2) => forward(input1, input2);
        }
    }
}
