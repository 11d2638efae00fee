using static TorchSharp.torch;

namespace TorchSharp.Extensions;

/// <summary>Operators that write into a tensor of the caller's, for loops that must not allocate. Not for tensors that need gradients.</summary>
public static class Into
{
    /// <summary>left + alpha * right, with broadcasting, into a tensor of the result's shape.</summary>
    /// <param name="result">Where it goes; it may be one of the operands.</param>
    /// <param name="left">The first term.</param>
    /// <param name="right">The second term.</param>
    /// <param name="alpha">What multiplies the second term; 1 by default.</param>
    /// <returns><paramref name="result"/>.</returns>
    public static Tensor Add(Tensor result, Tensor left, Tensor right, Scalar? alpha = null)
    {
        Ops.add__out.Do(left, right, alpha ?? 1, result);
        return result;
    }
}
