using Research.Objectives.Tiled;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <content>The tiled closed form.</content>
public sealed partial class Psd
{
    /// <inheritdoc/>
    public override ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var shared = Share(batch, tiling, collective);
        var rows = Draw(batch, shared.Count);
        var own = options.Negatives == NegativePool.OwnSubset;
        if (own && !(rows.Images.Contains(false) && rows.Texts.Contains(false)))
            throw AllUnaligned(shared.Count);
        var images = torch.tensor(rows.Images, device: shared.Device);
        // one object for both sides lets rows and columns share their exponentials
        var texts = rows.Images.AsSpan().SequenceEqual(rows.Texts)
            ? images
            : torch.tensor(rows.Texts, device: shared.Device);
        var loss = new SoftmaxLoss
        {
            Hard = options.HardNegatives is { } hard ? new(hard) : null,
            Soft = rows.Any ? Soft(shared, images, texts) : null,
            ImagePools = own ? images : null,
            TextPools = own ? texts : null,
        };
        var result = SoftmaxGradients.Of(shared, loss, tiling).MoveToOuter();
        return batch.WantDiagnostics
            ? result with
            {
                Diagnostics = result.Diagnostics.Concat(Measured(rows, wanted: true)).ToDictionary(),
            }
            : result;
    }

    SoftTargets Soft(SharedBatch shared, Tensor images, Tensor texts)
    {
        var (image, text) = (shared.Image, shared.Text);
        if (options.Teacher is not SharedTeacher)
        {
            var teacher = Similarity.Teacher(shared.Local, Name);
            (image, text) = (shared.Gather(teacher.Image), shared.Gather(teacher.Text));
        }
        var (forImages, forTexts) = TeacherOf(options.Direction, image, text, TeacherScale(shared.Local, shared.Scale));
        return new(images.to(ScalarType.Float64), texts.to(ScalarType.Float64), forImages, forTexts);
    }

    /// <summary>The teacher's logits in the layout of S. Across sides, z_ij or z_ji serves both; intra-modal, each side has its own.</summary>
    static (TeacherLogits ForImages, TeacherLogits ForTexts) TeacherOf(
        TargetDirection direction,
        Tensor image,
        Tensor text,
        double factor
    )
    {
        if (direction == TargetDirection.IntraModal)
            return (new(text, text, factor), new(image, image, factor));
        TeacherLogits across = direction == TargetDirection.Plain ? new(image, text, factor) : new(text, image, factor);
        return (across, across);
    }
}
