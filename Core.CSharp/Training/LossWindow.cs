namespace Research.Training;

/// <summary>The last 50 losses: their mean is what curves and final figures show, since one batch's loss is noisy.</summary>
sealed class LossWindow
{
    const int Length = 50;
    readonly Queue<double> losses = new();

    public IReadOnlyList<double> Values => [.. losses];

    /// <summary>NaN before the first step.</summary>
    public double Mean => losses.Count == 0 ? double.NaN : losses.Average();

    public void Add(double loss)
    {
        losses.Enqueue(loss);
        if (losses.Count > Length)
            losses.Dequeue();
    }

    public void Restore(IEnumerable<double> values)
    {
        losses.Clear();
        foreach (var value in values)
            Add(value);
    }
}
