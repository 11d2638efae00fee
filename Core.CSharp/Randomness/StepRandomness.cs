namespace Research.Randomness;

/// <summary>
/// The randomness of one training step: each purpose has its own stream, so that a draw is a pure function of
/// (run seed, purpose, step), independent of other draws and equal in every process that shares the batch.
/// </summary>
/// <param name="RunSeed">The run's seed.</param>
/// <param name="Step">The training step, 0-based.</param>
public readonly record struct StepRandomness(ulong RunSeed, long Step)
{
    /// <summary>The generator of one purpose, at its start and independent of every other purpose's.</summary>
    /// <param name="purpose">What the draw is for, in a few words that must not change.</param>
    public SeededRandom For(string purpose) => new(Seed.Derive(RunSeed, purpose, Step));
}
