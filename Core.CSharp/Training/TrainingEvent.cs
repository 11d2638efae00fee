using Research.Encoders;

namespace Research.Training;

/// <summary>What a trainer reports while it runs, in order, on the training thread.</summary>
public abstract record TrainingEvent
{
    private protected TrainingEvent() { }
}

/// <summary>
/// Training begins or continues. Records of steps after <paramref name="Step"/> from an interrupted earlier start are void: they are recorded again.
/// </summary>
/// <param name="Step">Steps already done: 0, or those of the checkpoint that is resumed.</param>
/// <param name="Steps">Steps in all.</param>
public sealed record TrainingStarted(long Step, long Steps) : TrainingEvent;

/// <summary>A step was measured.</summary>
/// <param name="Metrics">The measurements.</param>
public sealed record StepCompleted(StepMetrics Metrics) : TrainingEvent;

/// <summary>A checkpoint is complete on disk.</summary>
/// <param name="Step">Steps done in it.</param>
/// <param name="Folder">Its folder.</param>
public sealed record CheckpointWritten(long Step, string Folder) : TrainingEvent;

/// <summary>
/// A step of <see cref="TrainerOptions.EvaluateEvery"/> is done: the listener may measure the model before it returns. The model is in
/// evaluation mode for as long; random draws of the listener do not change the training. It comes after the step's
/// <see cref="StepCompleted"/> and before its <see cref="CheckpointWritten"/>, so that a resumed run has missed none.
/// </summary>
/// <param name="Step">Steps done.</param>
/// <param name="Model">The model as it is now, on its device; not the listener's to change, keep or dispose.</param>
public sealed record EvaluationDue(long Step, DualEncoder Model) : TrainingEvent;

/// <summary>Something that the user should read, one line: e.g. that a damaged checkpoint was passed over.</summary>
/// <param name="Text">The line.</param>
public sealed record TrainingNotice(string Text) : TrainingEvent;

/// <summary>A line for the log that nobody need act upon: e.g. what a stage took.</summary>
/// <param name="Text">The line.</param>
public sealed record TrainingRemark(string Text) : TrainingEvent;

/// <summary>The measurements of one step.</summary>
/// <param name="Step">Steps done, this one included.</param>
/// <param name="Loss">The loss of this step's batch, in nats.</param>
/// <param name="MeanLoss">The mean loss over the last 50 steps, or as many as there were.</param>
/// <param name="LearningRate">The learning rate of this step.</param>
/// <param name="LogitScale">1 / tau after this step.</param>
/// <param name="GradientNorm">The norm of the whole gradient before clipping.</param>
/// <param name="ImagesPerSecond">Throughput since the measurement before; the only figure here that differs between equal runs.</param>
/// <param name="Diagnostics">The objective's own measurements of this step's batch.</param>
public sealed record StepMetrics(
    long Step,
    double Loss,
    double MeanLoss,
    double LearningRate,
    double LogitScale,
    double GradientNorm,
    double ImagesPerSecond,
    IReadOnlyDictionary<string, double> Diagnostics
);

/// <summary>How a call of <see cref="Trainer.Run"/> ended.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Completed">True when all steps are done, false when it was cancelled.</param>
/// <param name="MeanLoss">The mean loss over the last 50 steps.</param>
/// <param name="Seconds">Wall time of this call, without that of earlier ones that it resumed.</param>
public sealed record TrainingResult(long Step, bool Completed, double MeanLoss, double Seconds);
