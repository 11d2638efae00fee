using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Engine;

public sealed partial class FusedAdamW
{
    /// <summary>The state of one parameter. The step is a float32 scalar on the parameter's device, as PyTorch saves it.</summary>
    sealed class State : IDisposable
    {
        public readonly Tensor Average;
        public readonly Tensor Square;
        public readonly Tensor StepTensor;

        public State(Parameter parameter, long step)
        {
            Average = zeros_like(parameter).DetachFromDisposeScope();
            Square = zeros_like(parameter).DetachFromDisposeScope();
            StepTensor = tensor((float)step, device: parameter.device).DetachFromDisposeScope();
            Step = step;
        }

        public long Step { get; private set; }

        public void Advance() => StepTensor.fill_((float)++Step);

        public void Dispose()
        {
            Average.Dispose();
            Square.Dispose();
            StepTensor.Dispose();
        }
    }

    /// <summary>
    /// The moments and the step count of every parameter that has been updated, keyed "NAME.exp_avg", "NAME.exp_avg_sq" and "NAME.step"
    /// (float32 scalar). The moments are the optimizer's own tensors, not copies. Settings (rates, betas) are not part of it.
    /// </summary>
    public Dictionary<string, Tensor> state_dict()
    {
        var result = new Dictionary<string, Tensor>();
        foreach (var (name, parameter) in groups.SelectMany(g => g.Parameters))
            if (states.TryGetValue(parameter, out var state))
            {
                result.Add(name + ".exp_avg", state.Average);
                result.Add(name + ".exp_avg_sq", state.Square);
                result.Add(name + ".step", tensor((float)state.Step));
            }
        return result;
    }

    /// <summary>Copies moments and step counts, so that the next step continues the run that saved them.</summary>
    /// <exception cref="ArgumentException">
    /// A key belongs to no parameter, a parameter's entry is incomplete, or a shape differs; nothing is changed in that case.
    /// </exception>
    public void load_state_dict(IReadOnlyDictionary<string, Tensor> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var all = groups.SelectMany(g => g.Parameters).ToList();
        var known = all.SelectMany(p => Slots.Select(slot => $"{p.name}.{slot}")).ToHashSet();
        if (source.Keys.FirstOrDefault(k => !known.Contains(k)) is { } stranger)
            throw new ArgumentException(
                $"AdamW: the state has '{stranger}', which belongs to no parameter of this optimizer."
            );
        foreach (var (name, parameter) in all)
            CheckEntry(source, name, parameter);
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        foreach (var (name, parameter) in all)
        {
            if (states.Remove(parameter, out var old))
                old.Dispose();
            if (!source.TryGetValue(name + ".step", out var step))
                continue;
            var state = new State(parameter, (long)step.to(ScalarType.Float64).item<double>());
            state.Average.copy_(source[name + ".exp_avg"]);
            state.Square.copy_(source[name + ".exp_avg_sq"]);
            states.Add(parameter, state);
        }
    }

    static readonly string[] Slots = ["exp_avg", "exp_avg_sq", "step"];

    static void CheckEntry(IReadOnlyDictionary<string, Tensor> source, string name, Parameter parameter)
    {
        var present = Slots.Where(slot => source.ContainsKey($"{name}.{slot}")).ToList();
        if (present.Count == 0)
            return;
        if (present.Count < Slots.Length)
            throw new ArgumentException(
                $"AdamW: the state of '{name}' lacks {string.Join(", ", Slots.Except(present).Select(s => $"'{name}.{s}'"))}."
            );
        if (source[name + ".step"].numel() != 1)
            throw new ArgumentException($"AdamW: '{name}.step' must be one number.");
        foreach (var slot in Slots.Take(2))
            if (!source[$"{name}.{slot}"].shape.SequenceEqual(parameter.shape))
                throw new ArgumentException(
                    $"AdamW: '{name}.{slot}' has shape [{string.Join(", ", source[$"{name}.{slot}"].shape)}], "
                        + $"the parameter [{string.Join(", ", parameter.shape)}]."
                );
    }
}
