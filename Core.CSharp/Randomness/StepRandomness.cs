namespace Research.Randomness;

/// <summary>
/// The randomness of one training step: whoever draws takes a stream of its own by purpose, so that a draw is a pure function of
/// (run seed, purpose, step), whatever else draws, and the same in every process that shares the batch.
/// </summary>
/// <param name="RunSeed">The run's seed.</param>
/// <param name="Step">The training step, 0-based.</param>
public readonly record struct StepRandomness(ulong RunSeed, long Step)
{
    /// <summary>The generator of one purpose, at its start; another purpose's is independent of it.</summary>
    /// <param name="purpose">What the draw is for, in a few words that stay as they are.</param>
    public SeededRandom For(string purpose) => new(Seed.Derive(RunSeed, purpose, Step));
}
