using Research.Encoders;
using Research.Engine;
using Research.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>
/// A teacher whose weights are the exponential moving average of a student's. It runs in training mode like the student (batch
/// statistics, dropout), so that the two see a batch alike; its buffers are the student's.
/// </summary>
sealed class EmaModel : IDisposable
{
    readonly DualEncoder student;
    readonly EmaTeacher settings;
    readonly Tensor[] own;
    readonly Tensor[] followed;

    public EmaModel(DualEncoder student, EmaTeacher settings)
    {
        (this.student, this.settings) = (student, settings);
        Model = new DualEncoder(student.Config);
        Model.to(student.logit_scale.device);
        Model.LoadWeights(student.Weights());
        Model.requires_grad_(false);
        Model.train();
        (own, followed) = ([.. Model.parameters()], [.. student.parameters()]);
    }

    public DualEncoder Model { get; }

    /// <summary>Follows the student after its step number <paramref name="step"/> (1 for the first).</summary>
    public void Update(long step)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var kept = settings.KeptAfter(step);
        // What is locked does not move, and its average would only by rounding.
        foreach (var (average, value) in own.Zip(followed).Where(p => p.Second.requires_grad))
            average.mul_(kept).add_(value, 1 - kept);
        foreach (var (copy, value) in Model.buffers().Zip(student.buffers()))
            copy.copy_(value);
    }

    public void Dispose() => Model.Dispose();
}
