namespace Research.Objectives;

/// <summary>The source of the embeddings behind a distilling objective's soft targets.</summary>
public abstract record TeacherSource
{
    private protected TeacherSource() { }

    /// <summary>
    /// The network's own embeddings of the same batch, without gradient, at no extra cost. The abstract says that PSD's network is its own
    /// teacher at no extra cost [P]; reading this as shared weights without gradient is unsettled [R]: two later texts call
    /// PSD's teacher a moving average.
    /// </summary>
    public static TeacherSource Shared { get; } = new SharedTeacher();

    /// <summary>A copy of the network whose weights follow it as an exponential moving average: one extra forward pass per step.</summary>
    /// <param name="decay">The fraction of the average that each step keeps, in (0, 1). Default 0.995 [R].</param>
    /// <param name="warmUp">Whether early steps keep less, see <see cref="EmaTeacher.WarmUp"/>. Default: no.</param>
    /// <exception cref="ArgumentOutOfRangeException">The decay is not in (0, 1).</exception>
    public static TeacherSource Ema(double decay = 0.995, bool warmUp = false) => new EmaTeacher(decay, warmUp);

    /// <summary>Another model, trained earlier, held by the trainer and never changed: one extra forward pass per step.</summary>
    public static TeacherSource Frozen { get; } = new FrozenTeacher();

    internal virtual void Validate() { }

    /// <summary>The 1/tau that the teacher's temperature is relative to: the student's, or a frozen teacher's own.</summary>
    internal virtual double Scale(EmbeddingBatch batch, double student, string objective) => student;
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

    internal override double Scale(EmbeddingBatch batch, double student, string objective)
    {
        if (batch.TeacherLogitScale is not { } own || own.numel() != 1)
            throw new ArgumentException(
                $"{objective}: the frozen teacher's logit scale, a scalar, is missing from the batch; its temperature is relative to it."
            );
        var scale = Math.Exp(own.item_double());
        return double.IsFinite(scale)
            ? scale
            : throw new NotFiniteNumberException($"{objective}: 1/tau of the frozen teacher is {scale}.", scale);
    }
}

/// <summary>See <see cref="TeacherSource.Ema"/>.</summary>
public sealed record EmaTeacher : TeacherSource
{
    internal EmaTeacher(double decay, bool warmUp)
    {
        (Decay, WarmUp) = (decay, warmUp);
        Validate();
    }

    /// <summary>The fraction of the average that each step keeps, in (0, 1).</summary>
    public double Decay { get; }

    /// <summary>
    /// Whether early steps keep less, min(decay, (1 + t) / (10 + t)) after step t = 1, 2, ...: otherwise the initial weights dominate the
    /// teacher for the first 1 / (1 - decay) steps. With it a decay of 0.995 is reached at step 1,790, so a short run never has the
    /// requested decay. Off by default [O].
    /// </summary>
    public bool WarmUp { get; }

    /// <summary>The fraction kept after a step, 1 for the first.</summary>
    internal double KeptAfter(long step) => WarmUp ? Math.Min(Decay, (1.0 + step) / (10.0 + step)) : Decay;

    internal override void Validate()
    {
        if (!(Decay > 0 && Decay < 1))
            throw new ArgumentOutOfRangeException("decay", Decay, "The decay of an EMA teacher must be in (0, 1).");
    }
}
