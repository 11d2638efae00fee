using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>Stochastic gradient descent with momentum, as PyTorch computes it.</summary>
        public sealed class SGD : torch.optim.Optimizer
        {
            readonly double momentum;
            readonly Dictionary<Parameter, torch.Tensor> buffers = new(ReferenceEqualityComparer.Instance);

            internal SGD(IEnumerable<torch.optim.ParamGroup> groups, double momentum)
                : base(groups) => this.momentum = torch.optim.ParamGroup.Checked(momentum, nameof(momentum));

            /// <inheritdoc/>
            protected override void Update(torch.optim.ParamGroup group)
            {
                foreach (var (_, parameter) in group.Parameters)
                {
                    if (parameter.grad is not { } gradient)
                        continue;
                    if (group.WeightDecay != 0)
                        gradient = gradient.add(parameter, group.WeightDecay);
                    if (momentum != 0)
                    {
                        if (buffers.TryGetValue(parameter, out var buffer))
                        {
                            buffer.mul_(momentum);
                            buffer.add_(gradient);
                        }
                        else
                            buffers.Add(parameter, buffer = gradient.clone().DetachFromDisposeScope());
                        gradient = buffer;
                    }
                    parameter.add_(gradient, -group.LearningRate);
                }
            }

            /// <summary>The momentum buffers, keyed "NAME.momentum_buffer"; the optimizer's own tensors, not copies.</summary>
            public override Dictionary<string, torch.Tensor> state_dict() =>
                ParamGroups
                    .SelectMany(g => g.Parameters)
                    .Where(p => buffers.ContainsKey(p.parameter))
                    .ToDictionary(p => p.name + ".momentum_buffer", p => buffers[p.parameter]);

            /// <summary>Copies the momentum buffers.</summary>
            /// <exception cref="ArgumentException">A key belongs to no parameter, or a shape differs.</exception>
            public override void load_state_dict(IReadOnlyDictionary<string, torch.Tensor> source)
            {
                ArgumentNullException.ThrowIfNull(source);
                var all = ParamGroups
                    .SelectMany(g => g.Parameters)
                    .ToDictionary(p => p.name + ".momentum_buffer", p => p.parameter);
                foreach (var (key, value) in source)
                    if (!all.TryGetValue(key, out var parameter) || !value.shape.SequenceEqual(parameter.shape))
                        throw new ArgumentException(
                            $"SGD: the state '{key}' of shape [{string.Join(", ", value.shape)}] fits no parameter of this optimizer."
                        );
                using var scope = torch.NewDisposeScope();
                using var guard = torch.no_grad();
                Dispose(true);
                foreach (var (key, value) in source)
                {
                    var buffer = torch.zeros_like(all[key]).DetachFromDisposeScope();
                    buffer.copy_(value);
                    buffers.Add(all[key], buffer);
                }
            }

            /// <inheritdoc/>
            protected override void Dispose(bool disposing)
            {
                foreach (var buffer in buffers.Values)
                    buffer.Dispose();
                buffers.Clear();
            }
        }
    }

    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Stochastic gradient descent over numbered parameters.</summary>
            /// <param name="parameters">What it trains.</param>
            /// <param name="learningRate">Learning rate.</param>
            /// <param name="momentum">Weight of the running sum of gradients; 0 keeps none.</param>
            /// <param name="weight_decay">L2 penalty, added to the gradient.</param>
            public static SGD SGD(
                IEnumerable<Parameter> parameters,
                double learningRate,
                double momentum = 0,
                double weight_decay = 0
            ) => SGD(parameters.Select((p, i) => (i.ToString(), p)), learningRate, momentum, weight_decay);

            /// <summary>Stochastic gradient descent over named parameters; the names are the keys of its state dict.</summary>
            /// <inheritdoc cref="SGD(IEnumerable{Parameter}, double, double, double)"/>
            public static SGD SGD(
                IEnumerable<(string name, Parameter parameter)> parameters,
                double learningRate,
                double momentum = 0,
                double weight_decay = 0
            ) => new([new ParamGroup(parameters, learningRate, weight_decay)], momentum);

            /// <summary>Stochastic gradient descent over groups.</summary>
            /// <inheritdoc cref="SGD(IEnumerable{Parameter}, double, double, double)"/>
            public static SGD SGD(IEnumerable<ParamGroup> parameters, double momentum = 0) => new(parameters, momentum);
        }
    }
}
