using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2) over named parameters, in libtorch's fused kernel. TorchSharp's
/// AdamW updates the parameters one by one, and its state has no names. The optimizer's tensors belong to no dispose scope and are freed
/// with it; the parameters still belong to their module.
/// </summary>
public sealed partial class FusedAdamW : IDisposable
{
    readonly ParameterGroup[] groups;
    readonly double beta1;
    readonly double beta2;
    readonly double eps;
    readonly Dictionary<Parameter, State> states = new(ReferenceEqualityComparer.Instance);

    /// <summary>Checks the groups and settings.</summary>
    /// <param name="groups">Groups, each with its own learning rate and weight decay, which may change between steps.</param>
    /// <param name="beta1">Decay of the mean of the gradients, in [0, 1).</param>
    /// <param name="beta2">Decay of the mean of the squared gradients, in [0, 1).</param>
    /// <param name="eps">Added to the denominator, at least 0.</param>
    /// <exception cref="ArgumentException">No group, or a parameter or a name occurs twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public FusedAdamW(IEnumerable<ParameterGroup> groups, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8)
    {
        this.groups = [.. groups];
        if (this.groups.Length == 0)
            throw new ArgumentException("An optimizer needs at least one parameter group.", nameof(groups));
        var names = new HashSet<string>();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (var (name, parameter) in this.groups.SelectMany(g => g.Parameters))
            if (!names.Add(name) || !seen.Add(parameter))
                throw new ArgumentException(
                    $"The parameter '{name}' is given to the optimizer twice; each belongs to one group.",
                    nameof(groups)
                );
        this.beta1 = CheckedBeta(beta1, nameof(beta1));
        this.beta2 = CheckedBeta(beta2, nameof(beta2));
        this.eps = ParameterGroup.Checked(eps, nameof(eps));
    }

    /// <summary>The groups.</summary>
    public IReadOnlyList<ParameterGroup> Groups => groups;

    /// <summary>How many updates the parameter has had; 0 before its first.</summary>
    public long StepOf(Parameter parameter) => states.TryGetValue(parameter, out var state) ? state.Step : 0;

    /// <summary>Frees the gradients.</summary>
    public void zero_grad()
    {
        foreach (var (_, parameter) in groups.SelectMany(g => g.Parameters))
            parameter.grad = null;
    }

    /// <summary>One update of every parameter that has a gradient.</summary>
    public void step()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        foreach (var group in groups)
            Update(group);
    }

    void Update(ParameterGroup group)
    {
        var work = new List<(Parameter Parameter, Tensor Gradient, State State)>();
        foreach (var (_, parameter) in group.Parameters)
            if (parameter.grad is { } gradient)
                work.Add((parameter, gradient, Advanced(parameter)));
        // The kernel takes tensors of one type and device.
        foreach (var same in work.GroupBy(w => (w.Parameter.dtype, w.Parameter.device_type, w.Parameter.device_index)))
            Operators._fused_adamw_(
                [.. same.Select(w => w.Parameter)],
                [.. same.Select(w => w.Gradient)],
                [.. same.Select(w => w.State.Average)],
                [.. same.Select(w => w.State.Square)],
                [.. same.Select(w => w.State.StepTensor)],
                group.LearningRate,
                beta1,
                beta2,
                group.WeightDecay,
                eps
            );
    }

    State Advanced(Parameter parameter)
    {
        if (!states.TryGetValue(parameter, out var state))
            states.Add(parameter, state = new State(parameter, 0));
        state.Advance();
        return state;
    }

    static double CheckedBeta(double value, string what) =>
        value >= 0 && value < 1
            ? value
            : throw new ArgumentOutOfRangeException(what, value, $"{what} must be in [0, 1).");

    /// <summary>Frees the optimizer's state.</summary>
    public void Dispose()
    {
        foreach (var state in states.Values)
            state.Dispose();
        states.Clear();
    }
}
