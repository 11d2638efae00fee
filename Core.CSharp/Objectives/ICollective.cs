using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// Operations across the processes that share a batch. Rank r of W holds the rows [r n/W, (r + 1) n/W) of the global batch of n pairs,
/// equally many on every rank. Every process calls the same methods in the same order with tensors of the same shape and type.
/// </summary>
public interface ICollective
{
    /// <summary>This process, in [0, <see cref="World"/>).</summary>
    int Rank { get; }

    /// <summary>The number of processes.</summary>
    int World { get; }

    /// <summary>The tensors of all ranks, concatenated along the first dimension, without gradient.</summary>
    /// <param name="local">A tensor of at least one dimension, of the same shape and type on every rank.</param>
    Tensor AllGather(Tensor local);

    /// <summary>The sum over ranks, the same on every rank, without gradient.</summary>
    /// <param name="local">A tensor of the same shape and type on every rank.</param>
    Tensor AllReduceSum(Tensor local);
}

/// <summary>A single process that holds the whole batch.</summary>
public sealed class SingleProcess : ICollective
{
    SingleProcess() { }

    /// <summary>The only instance.</summary>
    public static SingleProcess Instance { get; } = new();

    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int World => 1;

    /// <inheritdoc/>
    public Tensor AllGather(Tensor local) => local;

    /// <inheritdoc/>
    public Tensor AllReduceSum(Tensor local) => local;
}
