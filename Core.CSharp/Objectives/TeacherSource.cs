namespace Research.Objectives;

/// <summary>Whose embeddings give the soft targets of a distilling objective.</summary>
public abstract record TeacherSource
{
    private protected TeacherSource() { }

    /// <summary>The network's own embeddings of the same batch, without gradient: no extra cost. PSD's [P].</summary>
    public static TeacherSource Shared { get; } = new SharedTeacher();

    /// <summary>A copy of the network whose weights follow it as an exponential moving average: one more forward pass a step.</summary>
    /// <param name="decay">The part of the average that a step keeps, in (0, 1). Default 0.995 [R].</param>
    /// <exception cref="ArgumentOutOfRangeException">The decay is not in (0, 1).</exception>
    public static TeacherSource Ema(double decay = 0.995) => new EmaTeacher(decay);

    /// <summary>Another model, trained before and never changed, which the trainer holds: one more forward pass a step.</summary>
    public static TeacherSource Frozen { get; } = new FrozenTeacher();

    internal virtual void Validate() { }
}

/// <summary>See <see cref="TeacherSource.Shared"/>.</summary>
public sealed record SharedTeacher : TeacherSource
{
    internal SharedTeacher() { }
}

/// <summary>See <see cref="TeacherSource.Frozen"/>.</summary>
public sealed record FrozenTeacher : TeacherSource
{
    internal FrozenTeacher() { }
}

/// <summary>See <see cref="TeacherSource.Ema"/>.</summary>
public sealed record EmaTeacher : TeacherSource
{
    internal EmaTeacher(double decay)
    {
        Decay = decay;
        Validate();
    }

    /// <summary>
    /// The part of the average that a step keeps, in (0, 1). Early on less is kept, min(decay, (1 + t) / (10 + t)) at step t, or the
    /// initial weights would dominate the teacher for the first 1 / (1 - decay) steps [O].
    /// </summary>
    public double Decay { get; }

    internal override void Validate()
    {
        if (!(Decay > 0 && Decay < 1))
            throw new ArgumentOutOfRangeException("decay", Decay, "The decay of an EMA teacher lies in (0, 1).");
    }
}
