using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>
/// A tree of named modules, parameters and buffers that owns its parts: they belong to no dispose scope, wherever they were made, and are
/// freed with the module. Moving it keeps every Parameter object, so optimizers that hold one keep working and shared ones stay
/// shared. Not thread-safe.
/// </summary>
public abstract class OwningModule : nn.Module
{
    readonly HashSet<object> parts = new(ReferenceEqualityComparer.Instance);
    readonly HashSet<string> names = [];
    readonly HashSet<string> keys = []; // of the state dict, at registration
    readonly List<Tensor> ownBuffers = []; // TorchSharp does not list those that are not saved
    bool complete;

    /// <param name="name">What GetName returns, for messages.</param>
    protected OwningModule(string name)
        : base(name) { }

    /// <summary>
    /// Registers every field of the deriving classes that holds a module, a parameter or a tensor (as a persistent buffer), base class first,
    /// under its name, or its property's name for an automatic property. Skips whatever is already registered, under any name. Constructors
    /// call it last.
    /// </summary>
    protected override void RegisterComponents()
    {
        if (complete)
            return;
        complete = true;
        foreach (var (name, value) in Fields())
            if (!parts.Contains(value) && !names.Contains(name))
                if (value is nn.Module child)
                    register_module(name, child);
                else if (value is Parameter parameter)
                    register_parameter(name, parameter);
                else
                    register_buffer(name, (Tensor)value);
    }

    /// <inheritdoc/>
    public override void register_module(string name, nn.Module submodule)
    {
        base.register_module(name, submodule);
        Own(name, submodule, submodule.parameters().Concat(submodule.buffers()));
        var within = (submodule as OwningModule)?.keys ?? (IEnumerable<string>)submodule.state_dict().Keys;
        keys.UnionWith(within.Select(key => $"{name}.{key}"));
    }

    /// <inheritdoc/>
    public override void register_parameter(string name, Parameter param)
    {
        base.register_parameter(name, param);
        Own(name, param, [param]);
        keys.Add(name);
    }

    /// <inheritdoc/>
    public override void register_buffer(string name, Tensor tensor, bool persistent = true)
    {
        base.register_buffer(name, tensor, persistent);
        Own(name, tensor, [tensor]);
        ownBuffers.Add(tensor);
        if (persistent)
            keys.Add(name);
    }

    /// <summary>The state dict's keys when the parts were registered.</summary>
    internal IReadOnlySet<string> Keys => keys;

    /// <summary>Turns gradient recording on or off for every parameter, e.g. to freeze a teacher.</summary>
    public void requires_grad_(bool on)
    {
        foreach (var parameter in parameters())
            parameter.requires_grad_(on);
    }

    void Own(string name, object part, IEnumerable<Tensor> tensors)
    {
        names.Add(name);
        parts.Add(part);
        foreach (var tensor in tensors)
            tensor.DetachFromDisposeScope();
    }

    /// <summary>
    /// Moves and converts all parameters and buffers, submodules included. Gradients are dropped; integers keep their type.
    /// </summary>
    /// <exception cref="ArgumentException">The type is not floating point.</exception>
    protected override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) => Moved(device, dtype);

    /// <inheritdoc cref="_to(Device, ScalarType, bool)"/>
    protected override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
        Moved(new Device(deviceType, deviceIndex), null);

    /// <inheritdoc cref="_to(Device, ScalarType, bool)"/>
    protected override nn.Module _to(ScalarType dtype, bool non_blocking) => Moved(null, dtype);

    OwningModule Moved(Device? device, ScalarType? type)
    {
        if (type is { } wanted && !is_floating_point(wanted))
            throw new ArgumentException($"{GetName()}: a module's type must be floating point, not {wanted}.");
        using var scope = NewDisposeScope();
        using var none = no_grad();
        foreach (var tensor in parameters().Concat(AllBuffers()).ToList())
        {
            var kept = tensor.is_floating_point() ? type ?? tensor.dtype : tensor.dtype;
            var moved = tensor.to(kept, device ?? tensor.device);
            if (ReferenceEquals(moved, tensor))
                continue;
            if (tensor.requires_grad)
                tensor.grad = null;
            Operators.set_data(tensor, moved);
        }
        return this;
    }

    IEnumerable<Tensor> AllBuffers() =>
        modules()
            .Prepend(this)
            .SelectMany(m => m is OwningModule own ? own.ownBuffers : m.buffers(recurse: false))
            .Distinct();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            ownBuffers.ForEach(b => b.Dispose());
        base.Dispose(disposing);
    }

    IEnumerable<(string Name, object Value)> Fields()
    {
        var chain = new Stack<Type>();
        for (var type = GetType(); type != typeof(OwningModule) && type is not null; type = type.BaseType)
            chain.Push(type);
        const BindingFlags flags =
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        foreach (var field in chain.SelectMany(type => type.GetFields(flags)))
            if (field.GetValue(this) is { } value and (nn.Module or Tensor))
                yield return (NameOf(field), value);
    }

    static string NameOf(FieldInfo field)
    {
        if (field.GetCustomAttribute<ComponentNameAttribute>() is { } given)
            return given.Name;
        // The compiler calls the field behind an automatic property <Property>k__BackingField.
        var end = field.Name.StartsWith('<') ? field.Name.IndexOf('>') : -1;
        return end > 0 ? field.Name[1..end] : field.Name;
    }

    /// <summary>Runs a forward pass; libtorch's errors name the module and its inputs.</summary>
    private protected TResult Run<TResult>(Func<TResult> forward, params object?[] inputs)
    {
        try
        {
            return forward();
        }
        catch (ExternalException e) when (!EngineError.IsExplained(e))
        {
            throw EngineError.Explained(e, GetName(), inputs);
        }
    }
}

/// <summary>A module with one input and a result.</summary>
public abstract class OwningModule<T, TResult>(string name) : OwningModule(name)
{
    /// <summary>Computes the result. Override this; callers use <see cref="call"/>.</summary>
    public abstract TResult forward(T input);

    /// <summary>Computes the result.</summary>
    /// <exception cref="ExternalException">libtorch refuses an operator; the message names the innermost module and its input.</exception>
    public TResult call(T input) => Run(() => forward(input), input);
}

/// <summary>A module with two inputs and a result.</summary>
public abstract class OwningModule<T1, T2, TResult>(string name) : OwningModule(name)
{
    /// <inheritdoc cref="OwningModule{T, TResult}.forward"/>
    public abstract TResult forward(T1 input1, T2 input2);

    /// <inheritdoc cref="OwningModule{T, TResult}.call"/>
    public TResult call(T1 input1, T2 input2) => Run(() => forward(input1, input2), input1, input2);
}
