using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>
/// The operators that the product calls by name. The first use of any of them tries them all on one number, so that a libtorch that
/// lacks one, or has changed its arguments, is noticed before a run starts.
/// </summary>
public static class Operators
{
    static readonly Operator multiply = new("aten::_foreach_mul_", "Tensor", 2, 0);
    static readonly Operator adamw = new("aten::_fused_adamw_", "", 15, 0);
    static readonly Operator setData = new("aten::set_data", "", 2, 0);
    static readonly Lazy<string?> failure = new(Try);

    /// <summary>Tries the operators unless that is already done.</summary>
    /// <exception cref="NotSupportedException">Some are missing or compute something else; the message names them and the library.</exception>
    public static void Require()
    {
        if (failure.Value is { } text)
            throw new NotSupportedException(text);
    }

    /// <summary>self[i] *= factor, one call for all.</summary>
    /// <param name="self">Tensors of any shapes; the list may be empty.</param>
    /// <param name="factor">A number.</param>
    public static void _foreach_mul_(Tensor[] self, double factor)
    {
        Require();
        if (self.Length == 0)
            return;
        using var scalar = tensor(factor, dtype: ScalarType.Float64);
        multiply.Do(self, scalar);
    }

    /// <summary>
    /// One AdamW update (Loshchilov and Hutter 2019, algorithm 2) of all parameters in one kernel, CPU and CUDA. The lists have equal
    /// length; all tensors of a list share type and device.
    /// </summary>
    /// <param name="parameters">Changed in place.</param>
    /// <param name="gradients">In the parameters' shapes.</param>
    /// <param name="averages">Means of the gradients, changed in place.</param>
    /// <param name="squares">Means of the squared gradients, changed in place.</param>
    /// <param name="steps">float32 scalars on the parameters' device that already count this update.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="beta1">Decay of the averages.</param>
    /// <param name="beta2">Decay of the squares.</param>
    /// <param name="weight_decay">Decoupled decay.</param>
    /// <param name="eps">Added to the denominator.</param>
    public static void _fused_adamw_(
        Tensor[] parameters,
        Tensor[] gradients,
        Tensor[] averages,
        Tensor[] squares,
        Tensor[] steps,
        double lr,
        double beta1,
        double beta2,
        double weight_decay,
        double eps
    )
    {
        Require();
        if (parameters.Length > 0)
            Update(parameters, gradients, averages, squares, steps, lr, beta1, beta2, weight_decay, eps);
    }

    /// <summary>Gives a tensor another's data, type and device; it stays the same leaf, and every holder sees the new value.</summary>
    /// <param name="self">A leaf.</param>
    /// <param name="data">A tensor of the same shape.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void set_data(Tensor self, Tensor data)
    {
        Require();
        if (!self.shape.SequenceEqual(data.shape))
            throw new ArgumentException($"set_data: {Described.Of(self)} cannot become {Described.Of(data)}.");
        setData.Do(self, data);
    }

    static void Update(
        Tensor[] parameters,
        Tensor[] gradients,
        Tensor[] averages,
        Tensor[] squares,
        Tensor[] steps,
        double lr,
        double beta1,
        double beta2,
        double weightDecay,
        double eps
    ) =>
        adamw.Do(
            parameters,
            gradients,
            averages,
            squares,
            Array.Empty<Tensor>(), // AMSGrad's largest squares
            steps,
            lr,
            beta1,
            beta2,
            weightDecay,
            eps,
            false, // AMSGrad
            false, // maximize
            Argument.None,
            Argument.None
        );

    static string? Try()
    {
        NativeEngine.Require();
        using var scope = NewDisposeScope();
        using var none = no_grad();
        Tensor One(double value) => tensor(value, dtype: ScalarType.Float32);
        var (product, data) = (One(3), One(1));
        Tensor[] state = [One(1), One(0.5), One(0), One(0), One(1)];
        var wrong = new List<string>();
        void Holds(Operator op, Action call, Tensor result, double expected)
        {
            try
            {
                call();
                if (!(Math.Abs(result.to(ScalarType.Float64).item<double>() - expected) < 1e-6))
                    wrong.Add($"{op.Name} (computes something else)");
            }
            catch (ExternalException)
            {
                wrong.Add($"{op.Name} (missing, or with other arguments)");
            }
        }
        using var two = tensor(2.0, dtype: ScalarType.Float64);
        Holds(multiply, () => multiply.Do(new[] { product }, two), product, 6);
        Holds(
            adamw,
            () => Update([state[0]], [state[1]], [state[2]], [state[3]], [state[4]], 0.125, 0.5, 0.5, 0.5, 0.5),
            state[0],
            // After a first step the corrected averages are the gradient and its square.
            1 - 0.125 * 0.5 - 0.125 * 0.5 / (0.5 + 0.5)
        );
        Holds(setData, () => setData.Do(data, two), data, 2);
        return wrong.Count == 0
            ? null
            : $"libtorch {NativeEngine.Version} in {NativeEngine.Folder} lacks operators that the product needs: {string.Join("; ", wrong)}. "
                + $"Use libtorch {NativeEngine.BuiltFor}.";
    }
}
