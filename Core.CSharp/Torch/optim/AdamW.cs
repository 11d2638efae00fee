using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        /// <summary>
        /// Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), step by step as PyTorch computes it: one call a
        /// list of tensors on the CPU, one fused kernel on CUDA where the engine has it.
        /// </summary>
        public sealed partial class AdamW : torch.optim.Optimizer
        {
            readonly double beta1;
            readonly double beta2;
            readonly double eps;
            readonly Dictionary<Parameter, State> states = new(ReferenceEqualityComparer.Instance);

            internal AdamW(IEnumerable<torch.optim.ParamGroup> groups, double beta1, double beta2, double eps)
                : base(groups)
            {
                this.beta1 = torch.optim.ParamGroup.CheckedBeta(beta1, nameof(beta1));
                this.beta2 = torch.optim.ParamGroup.CheckedBeta(beta2, nameof(beta2));
                this.eps = torch.optim.ParamGroup.Checked(eps, nameof(eps));
            }

            /// <summary>The number of updates that the parameter has had; 0 before its first.</summary>
            public long StepOf(Parameter parameter) => states.TryGetValue(parameter, out var state) ? state.Step : 0;

            /// <inheritdoc/>
            protected override void Update(torch.optim.ParamGroup group)
            {
                var work = new List<(Parameter parameter, torch.Tensor gradient, State state)>();
                foreach (var (_, parameter) in group.Parameters)
                    if (parameter.grad is { } gradient)
                    {
                        if (!states.TryGetValue(parameter, out var state))
                            states.Add(parameter, state = NewState(parameter, 0));
                        state.Step++;
                        work.Add((parameter, gradient, state));
                    }
                // Parameters that skipped updates are at another step, hence at another bias correction.
                foreach (
                    var same in work.GroupBy(w =>
                        (w.state.Step, w.parameter.dtype, device: w.parameter.device.ToString())
                    )
                )
                {
                    torch.Tensor[] parameters = [.. same.Select(w => w.parameter)];
                    torch.Tensor[] gradients = [.. same.Select(w => w.gradient)];
                    State[] own = [.. same.Select(w => w.state)];
                    if (torch.FusedAdamW.Supports(parameters[0]))
                        Fused(group, parameters, gradients, own);
                    else
                        Foreach(group, parameters, gradients, own);
                }
            }

            void Foreach(torch.optim.ParamGroup group, torch.Tensor[] parameters, torch.Tensor[] gradients, State[] own)
            {
                torch.Tensor[] averages = [.. own.Select(s => s.Average)];
                torch.Tensor[] squares = [.. own.Select(s => s.Square)];
                var step = own[0].Step;
                var correction1 = 1 - Math.Pow(beta1, step);
                var correction2 = Math.Sqrt(1 - Math.Pow(beta2, step));
                torch._foreach_mul_(parameters, 1 - group.LearningRate * group.WeightDecay);
                torch._foreach_mul_(averages, beta1);
                torch._foreach_add_(averages, gradients, 1 - beta1);
                torch._foreach_mul_(squares, beta2);
                torch._foreach_addcmul_(squares, gradients, gradients, 1 - beta2);
                var denominators = torch._foreach_sqrt(squares);
                torch._foreach_div_(denominators, correction2);
                torch._foreach_add_(denominators, eps);
                torch._foreach_addcdiv_(parameters, averages, denominators, -(group.LearningRate / correction1));
            }

            void Fused(torch.optim.ParamGroup group, torch.Tensor[] parameters, torch.Tensor[] gradients, State[] own)
            {
                var device = parameters[0].device;
                torch.Tensor[] steps = [.. own.Select(s => s.StepOn(device))];
                foreach (var (tensor, state) in steps.Zip(own))
                    tensor.fill_((float)state.Step);
                torch.FusedAdamW.Step(
                    parameters,
                    gradients,
                    [.. own.Select(s => s.Average)],
                    [.. own.Select(s => s.Square)],
                    steps,
                    group.LearningRate,
                    beta1,
                    beta2,
                    group.WeightDecay,
                    eps
                );
            }

            static State NewState(Parameter parameter, long step) =>
                new(
                    torch.zeros_like(parameter).DetachFromDisposeScope(),
                    torch.zeros_like(parameter).DetachFromDisposeScope(),
                    step
                );

            /// <inheritdoc/>
            protected override void Dispose(bool disposing)
            {
                foreach (var state in states.Values)
                    state.Dispose();
                states.Clear();
            }
        }
    }

    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>AdamW over one group of numbered parameters.</summary>
            /// <param name="parameters">What it trains.</param>
            /// <param name="lr">Learning rate.</param>
            /// <param name="beta1">Decay of the mean of the gradients.</param>
            /// <param name="beta2">Decay of the mean of their squares.</param>
            /// <param name="eps">Added to the denominator.</param>
            /// <param name="weight_decay">Decoupled decay; the default is PyTorch's.</param>
            /// <exception cref="ArgumentOutOfRangeException">A beta outside [0, 1), or another setting below 0.</exception>
            public static AdamW AdamW(
                IEnumerable<Parameter> parameters,
                double lr = 1e-3,
                double beta1 = 0.9,
                double beta2 = 0.999,
                double eps = 1e-8,
                double weight_decay = 1e-2
            ) => AdamW(parameters.Select((p, i) => (i.ToString(), p)), lr, beta1, beta2, eps, weight_decay);

            /// <summary>AdamW over one group of named parameters; the names are the keys of its state dict.</summary>
            /// <inheritdoc cref="AdamW(IEnumerable{Parameter}, double, double, double, double, double)"/>
            public static AdamW AdamW(
                IEnumerable<(string name, Parameter parameter)> parameters,
                double lr = 1e-3,
                double beta1 = 0.9,
                double beta2 = 0.999,
                double eps = 1e-8,
                double weight_decay = 1e-2
            ) => new([new ParamGroup(parameters, lr, weight_decay)], beta1, beta2, eps);

            /// <summary>AdamW over groups that have learning rates and weight decays of their own.</summary>
            /// <inheritdoc cref="AdamW(IEnumerable{Parameter}, double, double, double, double, double)"/>
            public static AdamW AdamW(
                IEnumerable<ParamGroup> parameters,
                double beta1 = 0.9,
                double beta2 = 0.999,
                double eps = 1e-8
            ) => new(parameters, beta1, beta2, eps);
        }
    }
}
