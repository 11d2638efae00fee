using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Optimizers.</summary>
    public static partial class optim
    {
        /// <summary>Something whose learning rate a schedule sets.</summary>
        public interface ILearningRateController
        {
            /// <summary>The rate that the next step uses.</summary>
            double LearningRate { get; set; }

            /// <summary>The rate at construction, which a schedule multiplies.</summary>
            double InitialLearningRate { get; set; }
        }

        /// <summary>Parameters that share their settings.</summary>
        public class ParamGroup : ILearningRateController
        {
            /// <summary>Groups parameters under their names.</summary>
            /// <param name="parameters">Names (the keys of the optimizer's state dict) and parameters.</param>
            /// <param name="lr">Learning rate, at least 0.</param>
            /// <param name="weight_decay">Weight decay, at least 0.</param>
            /// <exception cref="ArgumentException">No parameters.</exception>
            /// <exception cref="ArgumentOutOfRangeException">A negative or non-finite setting.</exception>
            public ParamGroup(
                IEnumerable<(string name, Parameter parameter)> parameters,
                double lr,
                double weight_decay
            )
            {
                ArgumentNullException.ThrowIfNull(parameters);
                Parameters = [.. parameters];
                if (Parameters.Count == 0)
                    throw new ArgumentException("An optimizer's parameter group is empty.", nameof(parameters));
                LearningRate = InitialLearningRate = lr;
                WeightDecay = weight_decay;
            }

            /// <summary>The parameters with their names.</summary>
            public IReadOnlyList<(string name, Parameter parameter)> Parameters { get; }

            /// <inheritdoc/>
            public double LearningRate
            {
                get;
                set => field = Checked(value, "learning rate");
            }

            /// <inheritdoc/>
            public double InitialLearningRate
            {
                get;
                set => field = Checked(value, "learning rate");
            }

            /// <summary>The weight decay that the next step uses.</summary>
            public double WeightDecay
            {
                get;
                set => field = Checked(value, "weight decay");
            }

            internal static double Checked(double value, string what) =>
                value >= 0 && double.IsFinite(value)
                    ? value
                    : throw new ArgumentOutOfRangeException(what, value, $"The {what} must be finite and at least 0.");

            internal static double CheckedBeta(double value, string what) =>
                value >= 0 && value < 1
                    ? value
                    : throw new ArgumentOutOfRangeException(what, value, $"{what} must be in [0, 1).");
        }

        /// <summary>
        /// Updates parameters from their gradients. Its own tensors belong to no dispose scope and are freed by
        /// <see cref="Dispose()"/>; the parameters stay their module's.
        /// </summary>
        public abstract partial class Optimizer : IDisposable
        {
            readonly ParamGroup[] groups;

            /// <summary>Checks the groups.</summary>
            /// <exception cref="ArgumentException">No group, or a parameter or a name occurs twice.</exception>
            protected Optimizer(IEnumerable<ParamGroup> groups)
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
            }

            /// <summary>The groups, whose learning rate and weight decay may be set between steps.</summary>
            public virtual IReadOnlyList<ParamGroup> ParamGroups => groups;

            /// <summary>Every parameter.</summary>
            public virtual IEnumerable<Parameter> parameters() =>
                groups.SelectMany(g => g.Parameters).Select(p => p.parameter);

            /// <summary>Sets the learning rate of every group; gets that of the first.</summary>
            public double LearningRate
            {
                get => groups[0].LearningRate;
                set
                {
                    foreach (var group in groups)
                        group.LearningRate = value;
                }
            }

            /// <summary>Clears the gradients.</summary>
            /// <param name="set_to_none">True (the default) frees them; false fills them with zeros.</param>
            public virtual void zero_grad(bool set_to_none = true)
            {
                using var guard = no_grad();
                foreach (var parameter in parameters())
                    parameter.ClearGradient(set_to_none);
            }

            /// <summary>One update of every parameter that has a gradient.</summary>
            /// <param name="closure">Recomputes the loss and its gradients first; optional.</param>
            /// <returns>The closure's loss, or null.</returns>
            public virtual Tensor? step(Func<Tensor>? closure = null)
            {
                Tensor? loss = null;
                if (closure is not null)
                    using (enable_grad())
                        loss = closure();
                using var scope = NewDisposeScope();
                using var guard = no_grad();
                foreach (var group in groups)
                    Update(group);
                return loss;
            }

            /// <summary>Updates the parameters of one group that have gradients, without recording.</summary>
            protected abstract void Update(ParamGroup group);

            /// <summary>What an exact resume needs, by parameter name and slot. See the optimizer for its keys.</summary>
            public abstract Dictionary<string, Tensor> state_dict();

            /// <summary>Takes over a state that <see cref="state_dict"/> gave.</summary>
            /// <exception cref="ArgumentException">It does not fit the parameters.</exception>
            public abstract void load_state_dict(IReadOnlyDictionary<string, Tensor> source);

            /// <summary>Frees the optimizer's state.</summary>
            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Frees the optimizer's state; an override calls the base.</summary>
            protected abstract void Dispose(bool disposing);
        }
    }
}
