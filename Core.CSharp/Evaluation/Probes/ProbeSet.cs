using TorchSharp;
using static TorchSharp.torch;

namespace Research.Evaluation.Probes;

/// <summary>Labelled features, which a probe is fitted to or measured on.</summary>
/// <param name="Features">N x d, floating point, finite.</param>
/// <param name="Labels">N class numbers in [0, <paramref name="Classes"/>).</param>
/// <param name="Classes">C, at least 2.</param>
public sealed record ProbeSet(Tensor Features, IReadOnlyList<int> Labels, int Classes)
{
    /// <summary>Number of rows N.</summary>
    public int Count => Labels.Count;

    /// <summary>The rows of these numbers, in this order; the features belong to the current dispose scope.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A row is not in the set.</exception>
    public ProbeSet At(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        foreach (var row in rows)
            if (row < 0 || row >= Count)
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"The set has rows 0 to {Count - 1}.");
        using var scope = NewDisposeScope();
        var index = torch.tensor(rows.Select(row => (long)row).ToArray(), device: Features.device);
        return new(
            Features.index_select(0, index).MoveToOuterDisposeScope(),
            [.. rows.Select(r => Labels[r])],
            Classes
        );
    }

    /// <summary>Checks the set.</summary>
    /// <param name="name">What the set is called in messages, such as "training".</param>
    /// <exception cref="ArgumentException">It is empty, has fewer than two classes, a row without label, or a label outside the classes.</exception>
    /// <exception cref="NotFiniteNumberException">A feature is NaN or infinite; the message names the row.</exception>
    internal void Check(string name)
    {
        Embeddings.Check(Features, name);
        if (Classes < 2)
            throw new ArgumentException($"A probe tells at least two classes apart; the {name} set has {Classes}.");
        if (Features.shape[0] != Count)
            throw new ArgumentException($"The {name} set has {Features.shape[0]} rows but {Count} labels.");
        for (var row = 0; row < Count; row++)
            if (Labels[row] < 0 || Labels[row] >= Classes)
                throw new ArgumentException(
                    $"Row {row} of the {name} set has label {Labels[row]}; the classes are 0 to {Classes - 1}."
                );
    }
}
