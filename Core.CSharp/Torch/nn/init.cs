namespace TorchSharp;

[Operators]
internal static class InitOps
{
    internal static readonly Op erfinv_ = Op.Of("erfinv_");
}

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Initialisers: each overwrites a tensor in place, without recording gradients, and returns it.</summary>
        public static partial class init
        {
            /// <summary>Whether a variance is kept in the forward (fan in) or the backward (fan out) pass.</summary>
            public enum FanInOut
            {
                /// <summary>Inputs per output unit.</summary>
                FanIn,

                /// <summary>Outputs per input unit.</summary>
                FanOut,
            }

            /// <summary>The nonlinearity that follows the layer; sets the gain.</summary>
            public enum NonlinearityType
            {
                /// <summary>Gain 1.</summary>
                Linear,

                /// <summary>Gain 1.</summary>
                Sigmoid,

                /// <summary>Gain 5/3.</summary>
                Tanh,

                /// <summary>Gain sqrt 2.</summary>
                ReLU,

                /// <summary>Gain sqrt(2 / (1 + slope^2)).</summary>
                LeakyReLU,
            }

            /// <summary>PyTorch's recommended gain.</summary>
            /// <param name="nonlinearity">The nonlinearity.</param>
            /// <param name="param">The negative slope of a leaky ReLU (PyTorch's default 0.01); no other one uses it.</param>
            public static double calculate_gain(NonlinearityType nonlinearity, double param = 0.01) =>
                nonlinearity switch
                {
                    NonlinearityType.Linear or NonlinearityType.Sigmoid => 1,
                    NonlinearityType.Tanh => 5.0 / 3,
                    NonlinearityType.ReLU => Math.Sqrt(2),
                    NonlinearityType.LeakyReLU => Math.Sqrt(2 / (1 + param * param)),
                    _ => throw new ArgumentOutOfRangeException(nameof(nonlinearity), nonlinearity, "no gain is known"),
                };

            /// <summary>Fills with zeros.</summary>
            public static Tensor zeros_(Tensor tensor) => constant_(tensor, 0);

            /// <summary>Fills with ones.</summary>
            public static Tensor ones_(Tensor tensor) => constant_(tensor, 1);

            /// <summary>Fills with a value.</summary>
            public static Tensor constant_(Tensor tensor, double val) => InPlace(tensor, t => t.fill_(val));

            /// <summary>Fills from U(low, high).</summary>
            public static Tensor uniform_(
                Tensor tensor,
                double low = 0,
                double high = 1,
                Generator? generator = null
            ) => InPlace(tensor, t => t.uniform_(low, high, generator));

            /// <summary>Fills from N(mean, std^2).</summary>
            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null) =>
                InPlace(tensor, t => t.normal_(mean, std, generator));

            /// <summary>Fills from N(mean, std^2) truncated to [a, b], by the inverse of the distribution function, as PyTorch does.</summary>
            /// <exception cref="ArgumentException">a is not below b.</exception>
            public static Tensor trunc_normal_(
                Tensor tensor,
                double mean = 0,
                double std = 1,
                double a = -2,
                double b = 2,
                Generator? generator = null
            )
            {
                if (!(a < b))
                    throw new ArgumentException(
                        $"trunc_normal_: the lower bound {a} must be below the upper bound {b}."
                    );
                var lower = NormalCdf((a - mean) / std);
                var upper = NormalCdf((b - mean) / std);
                return InPlace(
                    tensor,
                    t =>
                    {
                        t.uniform_(2 * lower - 1, 2 * upper - 1, generator);
                        InitOps.erfinv_.Do(t);
                        t.mul_(std * Math.Sqrt(2));
                        t.add_(mean);
                        t.clamp_(a, b);
                    }
                );
            }

            /// <summary>He's uniform initialisation: U(-bound, bound), bound = gain sqrt(3 / fan).</summary>
            /// <param name="tensor">At least two-dimensional: outputs x inputs x kernel.</param>
            /// <param name="a">The negative slope of the leaky ReLU that follows.</param>
            /// <param name="mode">Which fan.</param>
            /// <param name="nonlinearity">What follows the layer.</param>
            /// <param name="generator">The random stream; null is the default one.</param>
            public static Tensor kaiming_uniform_(
                Tensor tensor,
                double a = 0,
                FanInOut mode = FanInOut.FanIn,
                NonlinearityType nonlinearity = NonlinearityType.LeakyReLU,
                Generator? generator = null
            )
            {
                var bound = Math.Sqrt(3) * (calculate_gain(nonlinearity, a) / Math.Sqrt(Fan(tensor, mode)));
                return uniform_(tensor, -bound, bound, generator);
            }

            /// <summary>He's normal initialisation: N(0, gain^2 / fan).</summary>
            /// <inheritdoc cref="kaiming_uniform_"/>
            public static Tensor kaiming_normal_(
                Tensor tensor,
                double a = 0,
                FanInOut mode = FanInOut.FanIn,
                NonlinearityType nonlinearity = NonlinearityType.LeakyReLU,
                Generator? generator = null
            ) => normal_(tensor, 0, calculate_gain(nonlinearity, a) / Math.Sqrt(Fan(tensor, mode)), generator);

            /// <summary>Glorot's uniform initialisation: U(-bound, bound), bound = gain sqrt(6 / (fan in + fan out)).</summary>
            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1, Generator? generator = null)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                var bound = Math.Sqrt(3) * (gain * Math.Sqrt(2.0 / (fanIn + fanOut)));
                return uniform_(tensor, -bound, bound, generator);
            }

            /// <summary>Glorot's normal initialisation: N(0, 2 gain^2 / (fan in + fan out)).</summary>
            public static Tensor xavier_normal_(Tensor tensor, double gain = 1, Generator? generator = null)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return normal_(tensor, 0, gain * Math.Sqrt(2.0 / (fanIn + fanOut)), generator);
            }

            /// <summary>The fans of a weight of shape outputs x inputs x kernel.</summary>
            /// <exception cref="ArgumentException">The tensor has fewer than two dimensions.</exception>
            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                var shape = tensor.shape;
                if (shape.Length < 2)
                    throw new ArgumentException(
                        $"Fan in and fan out need a tensor of at least 2 dimensions, not of shape [{string.Join(", ", shape)}]."
                    );
                var field = shape.Skip(2).Aggregate(1L, (product, size) => product * size);
                return (shape[1] * field, shape[0] * field);
            }

            static long Fan(Tensor tensor, FanInOut mode)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return mode == FanInOut.FanIn ? fanIn : fanOut;
            }

            static Tensor InPlace(Tensor tensor, Action<Tensor> fill)
            {
                using var scope = NewDisposeScope();
                using var guard = no_grad();
                fill(tensor);
                return tensor;
            }
        }
    }
}
