using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>Derivatives as values; the leaves' own gradients stay as they are.</summary>
public static class Derivatives
{
    /// <summary>The derivatives of a scalar with respect to leaves; null for a leaf that it does not depend on.</summary>
    /// <param name="output">A scalar with a graph, which is freed.</param>
    /// <param name="leaves">Distinct tensors that record gradients and are not results of operators.</param>
    /// <returns>In the leaves' order and shapes, in the current dispose scope.</returns>
    /// <exception cref="ArgumentException">The output is not a scalar or records no gradients, or an input is not such a leaf.</exception>
    /// <remarks>TorchSharp's autograd.grad lets libtorch's exceptions end the process; its backward does not.</remarks>
    public static Tensor?[] Of(Tensor output, IReadOnlyList<Tensor> leaves)
    {
        if (output.numel() != 1 || !output.requires_grad)
            throw new ArgumentException($"{Described.Of(output)} is not a scalar with a graph.", nameof(output));
        if (leaves.FirstOrDefault(x => !x.is_leaf || !x.requires_grad) is { } other)
            throw new ArgumentException($"{Described.Of(other)} is not a leaf that records gradients.", nameof(leaves));
        var before = leaves.Select(x => x.grad).ToArray();
        foreach (var leaf in leaves)
            leaf.grad = null;
        try
        {
            output.backward(inputs: [.. leaves]);
            return [.. leaves.Select(x => x.grad)];
        }
        finally
        {
            foreach (var (leaf, gradient) in leaves.Zip(before))
                leaf.grad = gradient;
        }
    }
}
