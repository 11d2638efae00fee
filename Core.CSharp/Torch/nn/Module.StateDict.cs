namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>
            /// The parameters and persistent buffers by full name, in order of registration. The tensors are the module's own, not
            /// copies: training changes them, and the caller does not dispose them.
            /// </summary>
            public virtual Dictionary<string, Tensor> state_dict()
            {
                var state = new Dictionary<string, Tensor>();
                foreach (var (prefix, module) in named_modules())
                {
                    foreach (var (name, parameter) in module.ownParameters)
                        state.Add(Join(prefix, name), parameter);
                    foreach (var buffer in module.ownBuffers)
                        if (buffer.Persistent)
                            state.Add(Join(prefix, buffer.Name), buffer.Tensor);
                }
                return state;
            }

            /// <summary>
            /// Copies values into the parameters and persistent buffers, converting dtype and device. Nothing is changed unless
            /// everything fits.
            /// </summary>
            /// <param name="source">Values by full name.</param>
            /// <param name="strict">True (the default) rejects missing and unexpected names; false returns them.</param>
            /// <param name="skip">Names that may be missing and are not copied.</param>
            /// <returns>The names that the source lacks and those that this module has no place for.</returns>
            /// <exception cref="ArgumentException">
            /// A shape differs, or <paramref name="strict"/> and names are missing or unexpected; the message lists them all.
            /// </exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keys) load_state_dict(
                IReadOnlyDictionary<string, Tensor> source,
                bool strict = true,
                IList<string>? skip = null
            )
            {
                ArgumentNullException.ThrowIfNull(source);
                var own = state_dict();
                foreach (var name in skip ?? [])
                    own.Remove(name);
                var missing = own.Keys.Where(k => !source.ContainsKey(k)).ToList();
                var unexpected = source.Keys.Where(k => !own.ContainsKey(k) && skip?.Contains(k) != true).ToList();
                var problems = new List<string>();
                if (strict && missing.Count > 0)
                    problems.Add($"missing: {Listed(missing)}");
                if (strict && unexpected.Count > 0)
                    problems.Add($"unexpected: {Listed(unexpected)}");
                var mismatched = own.Where(p =>
                        source.TryGetValue(p.Key, out var s) && !s.shape.SequenceEqual(p.Value.shape)
                    )
                    .Select(p => $"{p.Key} is {Shape(source[p.Key])} but the module needs {Shape(p.Value)}")
                    .ToList();
                if (mismatched.Count > 0)
                    problems.Add($"wrong shape: {Listed(mismatched)}");
                if (problems.Count > 0)
                    throw new ArgumentException(
                        $"{GetName()}: the state dict does not fit. {string.Join(". ", problems)}. "
                            + "Was it saved from a model of another configuration?"
                    );
                using var scope = NewDisposeScope();
                using var guard = no_grad();
                foreach (var (name, tensor) in own)
                    if (source.TryGetValue(name, out var value))
                        tensor.copy_(value);
                return (missing, unexpected);
            }

            static string Listed(List<string> items) =>
                string.Join(", ", items.Take(20)) + (items.Count > 20 ? $" and {items.Count - 20} more" : "");

            static string Shape(Tensor t) => $"[{string.Join(", ", t.shape)}]";
        }
    }
}
