using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// A weighted sum of objectives over the same batch, such as InfoNCE with concept distillation: L = sum_k w_k L_k [O]. Parts that draw
/// rows draw them independently, as they would alone: two parts with the same purpose and fraction draw the same rows.
/// </summary>
public sealed class WeightedSum : ContrastiveObjective, IDisposable
{
    readonly (double Weight, IObjective Objective)[] parts;

    /// <summary>The sum.</summary>
    /// <param name="parts">At least one objective, each with a weight that is finite and not 0.</param>
    /// <exception cref="ArgumentException">
    /// There is no part, a weight is out of range, or parts cannot share a batch: they have different teachers or initial logit scales, or
    /// the same parameter.
    /// </exception>
    public WeightedSum(params IReadOnlyList<(double Weight, IObjective Objective)> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 0)
            throw new ArgumentException("A sum of objectives needs at least one part.", nameof(parts));
        foreach (var (weight, objective) in parts)
        {
            ArgumentNullException.ThrowIfNull(objective);
            if (!double.IsFinite(weight) || weight == 0)
                throw new ArgumentOutOfRangeException(
                    nameof(parts),
                    weight,
                    $"The weight of {objective.Name} must be a finite number other than 0."
                );
        }
        this.parts = [.. parts];
        Needs = new()
        {
            Teacher = Agreed(p => p.Needs.Teacher, "teachers"),
            ImageFeatures = parts.Any(p => p.Objective.Needs.ImageFeatures),
            Concepts = parts.Any(p => p.Objective.Needs.Concepts),
        };
        InitialLogitScale = Agreed(p => p.InitialLogitScale, "initial logit scales");
        if (
            this
                .parts.SelectMany(p => p.Objective.Parameters)
                .GroupBy(p => p.Name)
                .FirstOrDefault(g => g.Count() > 1) is
            { } twice
        )
            throw new ArgumentException($"Two parts have a parameter '{twice.Key}'.", nameof(parts));
    }

    /// <inheritdoc/>
    public override string Name =>
        string.Join(" + ", parts.Select(p => p.Weight == 1 ? p.Objective.Name : $"{p.Weight:g4} {p.Objective.Name}"));

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs { get; }

    /// <inheritdoc/>
    public override double? InitialLogitScale { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<ObjectiveParameter> Parameters => [.. parts.SelectMany(p => p.Objective.Parameters)];

    /// <inheritdoc/>
    public override void CheckBatchSize(int pairs)
    {
        foreach (var (_, objective) in parts)
            objective.CheckBatchSize(pairs);
    }

    T? Agreed<T>(Func<IObjective, T?> of, string what)
    {
        var different = parts.Select(p => of(p.Objective)).Where(v => v is not null).Distinct().ToArray();
        return different.Length <= 1
            ? different.FirstOrDefault()
            : throw new ArgumentException(
                $"The parts want different {what}, {string.Join(" and ", different)}, but a batch has one.",
                nameof(parts)
            );
    }

    /// <inheritdoc/>
    public override ObjectiveResult Forward(EmbeddingBatch batch)
    {
        using var scope = NewDisposeScope();
        var results = parts.Select(p => p.Objective.Forward(batch)).ToArray();
        var loss = results.Select((r, k) => r.Loss * parts[k].Weight).Aggregate((a, b) => a + b);
        return new(loss.MoveToOuterDisposeScope(), Merge(batch, [.. results.Select(r => (r.Loss, r.Diagnostics))]));
    }

    /// <inheritdoc/>
    public override ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var results = parts.Select(p => p.Objective.Gradients(batch, tiling, collective)).ToArray();
        Tensor? Sum(Func<ObjectiveGradients, Tensor?> of)
        {
            Tensor? sum = null;
            foreach (var (result, part) in results.Zip(parts))
                if (of(result) is { } gradient)
                    sum = sum is null ? gradient * part.Weight : sum.add_(gradient, part.Weight);
            return sum;
        }
        return new ObjectiveGradients(
            Sum(r => r.Loss)!,
            Sum(r => r.Image)!,
            Sum(r => r.Text)!,
            Sum(r => r.LogitScale)!,
            [.. results.SelectMany((r, k) => r.Parameters.Select(g => g * parts[k].Weight))],
            Merge(batch, [.. results.Select(r => (r.Loss, r.Diagnostics))]),
            Sum(r => r.Features)
        ).MoveToOuter();
    }

    /// <summary>Each part's loss and diagnostics; a name that an earlier part has used gets the part's own name as prefix.</summary>
    Dictionary<string, double> Merge(
        EmbeddingBatch batch,
        (Tensor Loss, IReadOnlyDictionary<string, double> Diagnostics)[] results
    )
    {
        var merged = new Dictionary<string, double>();
        if (!batch.WantDiagnostics)
            return merged;
        foreach (var ((_, objective), (loss, diagnostics)) in parts.Zip(results))
        {
            merged[$"loss.{objective.Name}"] = loss.item_double();
            foreach (var (name, value) in diagnostics)
                if (!merged.TryAdd(name, value))
                    merged[$"{objective.Name}.{name}"] = value;
        }
        return merged;
    }

    /// <summary>Frees the parameters of the parts that have any.</summary>
    public void Dispose()
    {
        foreach (var (_, objective) in parts)
            (objective as IDisposable)?.Dispose();
    }

    /// <summary>The parts with their settings.</summary>
    public override string ToString() => string.Join(" + ", parts.Select(p => $"{p.Weight:g4} {p.Objective}"));
}
