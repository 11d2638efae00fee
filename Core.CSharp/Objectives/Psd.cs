using Research.Objectives.Tiled;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// Progressive self-distillation (Andonian, Chen, Hamid, CVPR 2022). In every batch a random subset of the rows is unaligned: there the
/// identity target is replaced by the teacher's distribution over the batch [P]; the subset grows over training [P].
/// L = 1/2 [ H(Y_v, S) + H(Y_t, S^t) ], the mean over all rows [R], with H as in <see cref="InfoNce"/> and Y_v, Y_t made of rows of the
/// identity and of the teacher's softmax(S' / tau_T), directions as in <see cref="TargetDirection"/>.
/// </summary>
public sealed class Psd : ContrastiveObjective
{
    readonly PsdOptions options;

    /// <summary>The objective.</summary>
    /// <exception cref="ArgumentException">A setting is out of range, or the soft part could train nothing.</exception>
    public Psd(PsdOptions? options = null)
    {
        this.options = options ?? new();
        this.options.Validate();
    }

    /// <inheritdoc/>
    public override string Name => options.HardNegatives is null ? "PSD" : "PSD + HN-NCE";

    /// <inheritdoc/>
    public override double SoftFraction(double progress) => options.SoftFractionAt(progress);

    /// <inheritdoc/>
    public override SubsetSampling Sampling => options.Sampling;

    /// <inheritdoc/>
    public override TeacherSource? Teacher => options.Teacher;

    /// <inheritdoc/>
    public override ObjectiveResult Forward(EmbeddingBatch batch)
    {
        Similarity.Check(batch, Name);
        using var scope = NewDisposeScope();
        var logits = Similarity.Logits(batch.Image, batch.Text, batch.LogitScale);
        var (imageTargets, textTargets) = TeacherLogits(batch, logits);
        var images = OneSide(logits, imageTargets, batch.UnalignedImages, batch.WantDiagnostics);
        var texts = OneSide(logits.t(), textTargets, batch.UnalignedTexts, batch.WantDiagnostics);
        var diagnostics = new Diagnostics(batch.WantDiagnostics)
            .Accuracy(logits)
            .Partition(batch.UnalignedImages, batch.UnalignedTexts, images.Entropy, texts.Entropy)
            .SoftGradient(batch, imageTargets is null ? null : leaves => SoftPart(leaves, imageTargets, textTargets!));
        if (options.HardNegatives is { } hard)
            diagnostics.HardNegatives(logits, hard.Beta);
        return new(((images.Loss + texts.Loss) / 2).MoveToOuterDisposeScope(), diagnostics.Values);
    }

    /// <inheritdoc/>
    public override ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var shared = Share(batch, tiling, collective);
        var joint = batch.UnalignedImages.AsSpan().SequenceEqual(batch.UnalignedTexts);
        var images = shared.Gather(batch.UnalignedImages);
        // one object for both sides lets rows and columns share their exponentials; every process must decide alike
        joint = shared.Collective.World == 1 ? joint : options.Sampling == SubsetSampling.Joint;
        var texts = joint ? images : shared.Gather(batch.UnalignedTexts);
        var own = options.Negatives == NegativePool.OwnSubset;
        if (own && (All(batch.UnalignedImages, images) || All(batch.UnalignedTexts, texts)))
            throw AllUnaligned(shared.Count);
        var loss = new SoftmaxLoss
        {
            Hard = options.HardNegatives is { } hard ? new(hard) : null,
            Soft =
                Any(batch.UnalignedImages, images) || Any(batch.UnalignedTexts, texts)
                    ? Soft(shared, images, texts)
                    : null,
            Partitioned = true,
            ImagePools = own ? images : null,
            TextPools = own ? texts : null,
        };
        return SoftmaxGradients.Of(shared, loss, tiling).MoveToOuter();

        // one process knows its flags without asking the device
        bool Any(bool[] local, Tensor all) =>
            shared.Collective.World == 1 ? local.Contains(true) : all.any().item<bool>();
        bool All(bool[] local, Tensor all) =>
            shared.Collective.World == 1 ? !local.Contains(false) : all.all().item<bool>();
    }

    SoftTargets Soft(SharedBatch shared, Tensor images, Tensor texts)
    {
        var (image, text) = (shared.Image, shared.Text);
        if (options.Teacher is not SharedTeacher)
        {
            var teacher = Similarity.Teacher(shared.Local, Name);
            (image, text) = (shared.Gather(teacher.Image), shared.Gather(teacher.Text));
        }
        var (forImages, forTexts) = TeacherOf(
            options.Direction,
            image,
            text,
            shared.Scale / options.TeacherTemperatureRatio
        );
        return new(images.to(ScalarType.Float64), texts.to(ScalarType.Float64), forImages, forTexts);
    }

    /// <summary>The teacher's logits in the layout of S: across, z_ij or z_ji serve both sides; intra-modal, each side has its own.</summary>
    internal static (TeacherLogits ForImages, TeacherLogits ForTexts) TeacherOf(
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

    /// <summary>The logits, without gradient, whose row softmax is the target of the image rows and of the caption rows.</summary>
    (Tensor? ForImages, Tensor? ForTexts) TeacherLogits(EmbeddingBatch batch, Tensor logits)
    {
        if (!batch.UnalignedImages.Contains(true) && !batch.UnalignedTexts.Contains(true))
            return (null, null);
        using var none = no_grad();
        var (image, text) =
            options.Teacher is SharedTeacher
                ? (batch.Image.detach(), batch.Text.detach())
                : Similarity.Teacher(batch, Name);
        var scale = batch.LogitScale.detach().exp() / options.TeacherTemperatureRatio;
        if (options.Direction == TargetDirection.IntraModal)
            return (text.mm(text.t()) * scale, image.mm(image.t()) * scale);
        var across =
            options.Teacher is SharedTeacher
                ? logits.detach() / options.TeacherTemperatureRatio
                : image.mm(text.t()) * scale;
        return options.Direction == TargetDirection.Plain ? (across, across.t()) : (across.t(), across);
    }

    /// <summary>What the unaligned rows add to the loss.</summary>
    Tensor SoftPart(EmbeddingBatch batch, Tensor imageTargets, Tensor textTargets)
    {
        var logits = Similarity.Logits(batch.Image, batch.Text, batch.LogitScale);
        Tensor OneSide(Tensor z, Tensor teacherLogits, bool[] unaligned)
        {
            var excluded = OtherSubset(unaligned, z.device);
            var targets = LogSoftmax(teacherLogits, excluded).exp();
            if (excluded is not null)
                targets = targets.masked_fill(excluded, 0);
            var soft = RowLoss.Soft(LogSoftmax(z, excluded), targets);
            return soft.masked_fill(torch.tensor(unaligned, device: z.device).logical_not(), 0).mean();
        }
        return (
                OneSide(logits, imageTargets, batch.UnalignedImages)
                + OneSide(logits.t(), textTargets, batch.UnalignedTexts)
            ) / 2;
    }

    (Tensor Loss, Tensor? Entropy) OneSide(Tensor logits, Tensor? teacherLogits, bool[] unaligned, bool wantEntropy)
    {
        var excluded = OtherSubset(unaligned, logits.device);
        var logProbabilities = LogSoftmax(logits, excluded);
        var aligned = options.HardNegatives is { } hard
            ? RowLoss.HardNegative(logits, hard)
            : RowLoss.Identity(logProbabilities);
        if (teacherLogits is null)
            return (aligned.mean(), null);

        var logTargets = LogSoftmax(teacherLogits, excluded);
        var targets = logTargets.exp();
        if (excluded is not null)
            targets = targets.masked_fill(excluded, 0);
        var soft = RowLoss.Soft(logProbabilities, targets);
        var mask = torch.tensor(unaligned, device: logits.device);
        var entropy = wantEntropy ? RowLoss.Soft(logTargets, targets).masked_fill(mask.logical_not(), 0).sum() : null;
        return (torch.where(mask, soft, aligned).mean(), entropy);
    }

    /// <summary>True at [i, j] when column j is outside row i's pool; null when every column is inside.</summary>
    Tensor? OtherSubset(bool[] unaligned, Device device)
    {
        if (options.Negatives == NegativePool.WholeBatch)
            return null;
        if (!unaligned.Contains(false))
            throw AllUnaligned(unaligned.Length);
        var mask = torch.tensor(unaligned, device: device);
        return mask.unsqueeze(1).ne(mask.unsqueeze(0));
    }

    ArgumentException AllUnaligned(long rows) =>
        new(
            $"{Name}: all {rows} rows are unaligned, so with negatives from a row's own subset no aligned pair is left to learn "
                + "from. Keep the soft fraction below 1, or take negatives from the whole batch."
        );

    /// <summary>Row-wise log softmax over the pool; excluded entries are 0, so that a zero target times them is 0 and not NaN.</summary>
    static Tensor LogSoftmax(Tensor logits, Tensor? excluded) =>
        excluded is null
            ? nn.functional.log_softmax(logits, 1)
            : nn
                .functional.log_softmax(logits.masked_fill(excluded, double.NegativeInfinity), 1)
                .masked_fill(excluded, 0);

    /// <summary>The name and every setting.</summary>
    public override string ToString() => $"{Name} {options}";
}
