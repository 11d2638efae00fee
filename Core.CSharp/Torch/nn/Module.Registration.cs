using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            sealed record Buffer(string Name, Tensor Tensor, bool Persistent)
            {
                public Tensor Tensor { get; set; } = Tensor;
            }

            readonly List<(string name, Module module)> submodules = [];
            readonly List<(string name, Parameter parameter)> ownParameters = [];
            readonly List<Buffer> ownBuffers = [];

            /// <summary>
            /// Registers every field of the deriving classes that holds a module, a parameter or a tensor (as a persistent buffer), in
            /// order of declaration, base class first. A name that is registered already is left as it is. Call it last in a constructor.
            /// </summary>
            protected virtual void RegisterComponents()
            {
                var chain = new Stack<Type>();
                for (var type = GetType(); type != typeof(Module) && type is not null; type = type.BaseType)
                    chain.Push(type);
                const BindingFlags flags =
                    BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
                foreach (var field in chain.SelectMany(type => type.GetFields(flags)))
                    RegisterField(ComponentName(field), field.GetValue(this));
            }

            static string ComponentName(FieldInfo field)
            {
                if (field.GetCustomAttribute<ComponentNameAttribute>() is { } given)
                    return given.Name;
                // The field behind an automatic property is called <Property>k__BackingField.
                var end = field.Name.StartsWith('<') ? field.Name.IndexOf('>') : -1;
                return end > 0 ? field.Name[1..end] : field.Name;
            }

            void RegisterField(string name, object? value)
            {
                if (value is not (Module or Tensor) || IsRegistered(name))
                    return;
                if (value is Module module)
                    register_module(name, module);
                else if (value is Parameter parameter)
                    register_parameter(name, parameter);
                else
                    register_buffer(name, (Tensor)value);
            }

            bool IsRegistered(string name) =>
                submodules.Exists(m => m.name == name)
                || ownParameters.Exists(p => p.name == name)
                || ownBuffers.Exists(b => b.Name == name);

            void CheckName(string name)
            {
                ArgumentException.ThrowIfNullOrEmpty(name);
                if (name.Contains('.'))
                    throw new ArgumentException(
                        $"{GetName()}: the component name '{name}' contains a dot; dots join the names of nested modules."
                    );
                if (IsRegistered(name))
                    throw new ArgumentException($"{GetName()}: a component named '{name}' is registered already.");
            }

            /// <summary>Adds a submodule under a name; the module then owns it.</summary>
            /// <exception cref="ArgumentException">The name is empty, contains a dot, or is taken.</exception>
            public virtual void register_module(string name, Module submodule)
            {
                ArgumentNullException.ThrowIfNull(submodule);
                CheckName(name);
                submodules.Add((name, submodule));
            }

            /// <summary>Adds a parameter under a name; null adds nothing.</summary>
            /// <exception cref="ArgumentException">The name is empty, contains a dot, or is taken.</exception>
            public virtual void register_parameter(string name, Parameter? param)
            {
                CheckName(name);
                if (param is not null)
                    ownParameters.Add((name, param));
            }

            /// <summary>Adds a tensor that moves and is saved with the module but is not trained.</summary>
            /// <param name="name">Its name.</param>
            /// <param name="tensor">The tensor; it is taken out of its dispose scope.</param>
            /// <param name="persistent">False leaves it out of the state dict.</param>
            /// <exception cref="ArgumentException">The name is empty, contains a dot, or is taken.</exception>
            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                ArgumentNullException.ThrowIfNull(tensor);
                CheckName(name);
                ownBuffers.Add(new Buffer(name, tensor.DetachFromDisposeScope(), persistent));
            }

            /// <summary>The direct submodules with their names.</summary>
            public virtual IEnumerable<(string name, Module module)> named_children() => submodules;

            /// <summary>The direct submodules.</summary>
            public virtual IEnumerable<Module> children() => submodules.Select(m => m.module);

            /// <summary>This module (name "") and all below it, each once, parents first.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules() =>
                Walk("", new HashSet<object>(ReferenceEqualityComparer.Instance));

            /// <summary>This module and all below it.</summary>
            public virtual IEnumerable<Module> modules() => named_modules().Select(m => m.module);

            IEnumerable<(string name, Module module)> Walk(string prefix, HashSet<object> seen)
            {
                if (!seen.Add(this))
                    yield break;
                yield return (prefix, this);
                foreach (var (name, child) in submodules)
                foreach (var found in child.Walk(Join(prefix, name), seen))
                    yield return found;
            }

            static string Join(string prefix, string name) => prefix.Length == 0 ? name : $"{prefix}.{name}";

            /// <summary>The parameters with their full names, each once, in order of registration.</summary>
            /// <param name="recurse">False leaves out those of submodules.</param>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
                foreach (var (prefix, module) in recurse ? named_modules() : [("", this)])
                foreach (var (name, parameter) in module.ownParameters)
                    if (seen.Add(parameter))
                        yield return (Join(prefix, name), parameter);
            }

            /// <inheritdoc cref="named_parameters"/>
            public virtual IEnumerable<Parameter> parameters(bool recurse = true)
            {
                // Not by way of the names: joining them costs more than a training step may spend here.
                var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
                var result = new List<Parameter>();
                Collect(this);
                return result;

                void Collect(Module module)
                {
                    if (!seen.Add(module))
                        return;
                    foreach (var (_, parameter) in module.ownParameters)
                        if (seen.Add(parameter))
                            result.Add(parameter);
                    if (recurse)
                        foreach (var (_, child) in module.submodules)
                            Collect(child);
                }
            }

            /// <summary>The buffers with their full names, persistent or not.</summary>
            /// <param name="recurse">False leaves out those of submodules.</param>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true) =>
                AllBuffers(recurse).Select(b => (b.name, b.buffer.Tensor));

            /// <inheritdoc cref="named_buffers"/>
            public virtual IEnumerable<Tensor> buffers(bool recurse = true) =>
                named_buffers(recurse).Select(b => b.buffer);

            IEnumerable<(string name, Buffer buffer)> AllBuffers(bool recurse)
            {
                foreach (var (prefix, module) in recurse ? named_modules() : [("", this)])
                foreach (var buffer in module.ownBuffers)
                    yield return (Join(prefix, buffer.Name), buffer);
            }

            /// <summary>The parameter of that full name, e.g. "visual.ln_pre.weight", or null.</summary>
            public virtual Parameter? get_parameter(string target) =>
                named_parameters().Where(p => p.name == target).Select(p => p.parameter).FirstOrDefault();

            /// <summary>The buffer of that full name, or null.</summary>
            public virtual Tensor? get_buffer(string target) =>
                named_buffers().Where(b => b.name == target).Select(b => b.buffer).FirstOrDefault();
        }
    }
}
