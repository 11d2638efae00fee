namespace Research.Corpora;

/// <summary>How far a corpus's build is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">Items done in this stage.</param>
/// <param name="Total">Items in this stage.</param>
public readonly record struct PrepareProgress(string Stage, int Done, int Total);
