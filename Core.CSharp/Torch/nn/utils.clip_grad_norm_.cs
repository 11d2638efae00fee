using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Helpers for training.</summary>
        public static partial class utils
        {
            /// <summary>
            /// Scales all gradients by max_norm / norm when their joint norm, as of one long vector, is above max_norm. The arithmetic is
            /// PyTorch's: min(1, max_norm / (norm + 1e-6)).
            /// </summary>
            /// <param name="parameters">Those without a gradient are passed over.</param>
            /// <param name="max_norm">The largest norm that is left alone.</param>
            /// <param name="norm_type">The order of the norm; infinity is allowed.</param>
            /// <param name="error_if_nonfinite">True throws, and changes nothing, when the norm is NaN or infinite.</param>
            /// <returns>The norm before clipping; 0 when there is no gradient.</returns>
            /// <exception cref="ArithmeticException">The norm is not finite and <paramref name="error_if_nonfinite"/>.</exception>
            public static double clip_grad_norm_(
                IEnumerable<Parameter> parameters,
                double max_norm,
                double norm_type = 2,
                bool error_if_nonfinite = false
            )
            {
                ArgumentNullException.ThrowIfNull(parameters);
                if (!(max_norm > 0))
                    throw new ArgumentOutOfRangeException(
                        nameof(max_norm),
                        max_norm,
                        "The largest norm must be positive."
                    );
                using var scope = NewDisposeScope();
                using var guard = no_grad();
                var named = parameters.ToList();
                Tensor[] gradients = [.. named.Select(p => p.grad).OfType<Tensor>()];
                if (gradients.Length == 0)
                    return 0;
                var device = gradients[0].device;
                var norms = _foreach_norm(gradients, norm_type);
                var total = _foreach_norm([stack([.. norms.Select(n => n.to(device))])], norm_type)[0];
                double value = total.to(ScalarType.Float64).item<double>();
                if (!double.IsFinite(value) && error_if_nonfinite)
                    throw new ArithmeticException(
                        $"The norm of the gradients is {value}: {norms.Count(n => !n.isfinite().item<bool>())} of {norms.Length} gradients "
                            + "are not finite. Lower the learning rate, or look for a division by zero in the loss."
                    );
                var coefficient = total.add(1e-6).reciprocal().mul(max_norm).to(ScalarType.Float64).item<double>();
                if (!(coefficient >= 1))
                    _foreach_mul_(gradients, coefficient);
                return value;
            }
        }
    }
}
