namespace TorchSharp;

public static partial class torch
{
    /// <summary>Automatic differentiation.</summary>
    public static unsafe partial class autograd
    {
        /// <summary>Adds the gradients of tensors to the leaves that they were computed from.</summary>
        /// <param name="tensors">What is differentiated.</param>
        /// <param name="grad_tensors">The gradients with respect to them; null when each has a single element (1).</param>
        /// <param name="retain_graph">Whether the graph can be used again; by default, when create_graph is set.</param>
        /// <param name="create_graph">Whether the gradients are themselves differentiable.</param>
        /// <param name="inputs">The leaves that get gradients; all by default.</param>
        /// <exception cref="System.Runtime.InteropServices.ExternalException">Torch's error: no graph, a freed graph, an element changed in place.</exception>
        public static void backward(
            IList<Tensor> tensors,
            IList<Tensor>? grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        )
        {
            ArgumentNullException.ThrowIfNull(tensors);
            RequireMatch(tensors, grad_tensors);
            var roots = Handles(tensors, nameof(backward));
            var grads = grad_tensors is null ? null : Handles(grad_tensors, nameof(backward));
            var leaves = inputs is null ? [] : Handles(inputs, nameof(backward));
            int code;
            fixed (nint* r = roots)
            fixed (nint* g = grads)
            fixed (nint* i = leaves)
                code = Native.tsh_backward(
                    r,
                    g,
                    roots.Length,
                    (retain_graph ?? create_graph) ? 1 : 0,
                    create_graph ? 1 : 0,
                    inputs is null ? null : i,
                    leaves.Length
                );
            GC.KeepAlive(tensors);
            GC.KeepAlive(grad_tensors);
            GC.KeepAlive(inputs);
            if (code < 0)
                throw Engine.Error(code, nameof(backward), string.Join(", ", tensors));
        }

        /// <summary>The gradients of outputs with respect to inputs; no leaf's <c>grad</c> changes.</summary>
        /// <param name="outputs">What is differentiated.</param>
        /// <param name="inputs">With respect to what.</param>
        /// <param name="grad_outputs">The gradients with respect to the outputs; null when each has a single element (1).</param>
        /// <param name="retain_graph">Whether the graph can be used again; by default, when create_graph is set.</param>
        /// <param name="create_graph">Whether the gradients are themselves differentiable.</param>
        /// <param name="allow_unused">Whether an input may be without influence; its gradient is then null, else it is an error.</param>
        /// <returns>One gradient for each input.</returns>
        public static IList<Tensor> grad(
            IList<Tensor> outputs,
            IList<Tensor> inputs,
            IList<Tensor>? grad_outputs = null,
            bool? retain_graph = null,
            bool create_graph = false,
            bool allow_unused = false
        )
        {
            ArgumentNullException.ThrowIfNull(outputs);
            ArgumentNullException.ThrowIfNull(inputs);
            RequireMatch(outputs, grad_outputs);
            var outs = Handles(outputs, nameof(grad));
            var ins = Handles(inputs, nameof(grad));
            var gouts = grad_outputs is null ? null : Handles(grad_outputs, nameof(grad));
            var results = new nint[ins.Length];
            int code;
            fixed (nint* o = outs)
            fixed (nint* i = ins)
            fixed (nint* g = gouts)
            fixed (nint* r = results)
                code = Native.tsh_grad_of(
                    o,
                    outs.Length,
                    i,
                    ins.Length,
                    g,
                    (retain_graph ?? create_graph) ? 1 : 0,
                    create_graph ? 1 : 0,
                    allow_unused ? 1 : 0,
                    r
                );
            GC.KeepAlive(outputs);
            GC.KeepAlive(inputs);
            GC.KeepAlive(grad_outputs);
            if (code < 0)
                throw Engine.Error(
                    code,
                    nameof(grad),
                    $"outputs {string.Join(", ", outputs)}; inputs {string.Join(", ", inputs)}"
                );
            var grads = new Tensor[results.Length];
            for (var k = 0; k < grads.Length; k++)
                grads[k] = results[k] == 0 ? null! : new Tensor(results[k]);
            return grads;
        }

        private static void RequireMatch(IList<Tensor> tensors, IList<Tensor>? grads)
        {
            if (grads is not null && grads.Count != tensors.Count)
                throw new ArgumentException($"{grads.Count} gradient(s) for {tensors.Count} tensor(s)", nameof(grads));
        }

        private static nint[] Handles(IList<Tensor> tensors, string caller)
        {
            var handles = new nint[tensors.Count];
            for (var i = 0; i < handles.Length; i++)
                handles[i] = tensors[i]?.Alive(caller) ?? 0;
            return handles;
        }
    }
}
