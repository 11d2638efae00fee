using System.Text;

namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        /// <summary>Whether autograd records what is done with this tensor.</summary>
        /// <exception cref="System.Runtime.InteropServices.ExternalException">
        /// It was set for whole numbers, or cleared for a tensor that is not a leaf.
        /// </exception>
        public bool requires_grad
        {
            get
            {
                var on = Engine.Check(Native.tsh_requires_grad(Alive())) != 0;
                GC.KeepAlive(this);
                return on;
            }
            set
            {
                Engine.Check(Native.tsh_set_requires_grad(Alive(), value ? 1 : 0));
                GC.KeepAlive(this);
            }
        }

        /// <summary>Sets <see cref="requires_grad"/>.</summary>
        /// <returns>This tensor.</returns>
        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        /// <summary>Sets <see cref="requires_grad"/>.</summary>
        /// <returns>This tensor.</returns>
        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        /// <summary>Whether the tensor is a leaf of the graph: made by the user, or without gradients.</summary>
        public bool is_leaf
        {
            get
            {
                var leaf = Engine.Check(Native.tsh_is_leaf(Alive())) != 0;
                GC.KeepAlive(this);
                return leaf;
            }
        }

        /// <summary>The name of the function that made the tensor, e.g. "AddBackward0"; null for a leaf.</summary>
        public string? grad_fn
        {
            get
            {
                const int capacity = 256;
                var name = stackalloc byte[capacity];
                var length = Engine.Check(Native.tsh_grad_fn(Alive(), name, capacity));
                GC.KeepAlive(this);
                return length == 0 ? null : Encoding.UTF8.GetString(name, Math.Min(length, capacity - 1));
            }
        }

        /// <summary>Whether the tensor was made in inference mode, so that autograd cannot use it.</summary>
        public bool is_inference()
        {
            var yes = Engine.Check(Native.tsh_is_inference(Alive())) != 0;
            GC.KeepAlive(this);
            return yes;
        }

        /// <summary>Keeps the gradient of a tensor that is not a leaf, so that <see cref="grad"/> has it after backward.</summary>
        public void retain_grad()
        {
            Engine.Check(Native.tsh_retain_grad(Alive()));
            GC.KeepAlive(this);
        }

        /// <summary>The accumulated gradient, or null; each reading makes a new handle, owned by the current scope.</summary>
        public Tensor? grad
        {
            get
            {
                nint result;
                Engine.Check(Native.tsh_grad(Alive(), &result));
                GC.KeepAlive(this);
                return result == 0 ? null : new Tensor(result);
            }
            set
            {
                Engine.Check(Native.tsh_set_grad(Alive(), value?.Alive("grad") ?? 0));
                GC.KeepAlive(value);
                GC.KeepAlive(this);
            }
        }

        /// <summary>Adds the gradients of this tensor to the leaves that it was computed from.</summary>
        /// <param name="grad_tensors">The gradient with respect to this tensor; none for a single element (1).</param>
        /// <param name="retain_graph">Whether the graph can be used again; by default, when create_graph is set.</param>
        /// <param name="create_graph">Whether the gradients are themselves differentiable.</param>
        /// <param name="inputs">The leaves that get gradients; all by default.</param>
        public void backward(
            IList<Tensor>? grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        ) => autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);
    }
}
