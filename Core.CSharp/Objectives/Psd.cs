using Research.Randomness;
using Research.Schedules;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// Progressive self-distillation (Andonian, Chen, Hamid, CVPR 2022). In every batch a random subset of the rows is unaligned [P]; it grows
/// over training [P]. There the identity target is replaced by the teacher's distribution over the batch: replaced, not blended [R] (the
/// abstract says "rather than", a later text describes a blend).
/// L = 1/2 [ H(Y_v, S) + H(Y_t, S^t) ], the mean over all rows [R], with H as in <see cref="InfoNce"/> and Y_v, Y_t consisting of rows of
/// the identity and of the teacher's softmax(S' / tau_T), directions as in <see cref="TargetDirection"/>.
/// </summary>
public sealed partial class Psd : ContrastiveObjective
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
    public override ObjectiveNeeds Needs => new() { Teacher = options.Teacher };

    /// <summary>
    /// True where a row is unaligned: exactly round(<paramref name="softFraction"/> x <paramref name="rows"/>) of them, halves rounded away
    /// from zero. Rows that are unaligned at a smaller fraction are also unaligned at a larger one, so that arms differ in nothing else.
    /// </summary>
    /// <param name="rows">Rows of the whole batch, over all processes.</param>
    /// <param name="softFraction">The unaligned share, in [0, 1].</param>
    /// <param name="random">
    /// A generator at its start. The objective uses those of the purposes "partition" and, for captions drawn separately, "partition of texts"
    /// of <see cref="EmbeddingBatch.Random"/>: separate streams, so that arms with different fractions see the same batches.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside [0, 1] or there is no row.</exception>
    public static bool[] UnalignedRows(int rows, double softFraction, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        var unaligned = new bool[rows];
        var order = random.Permutation(rows);
        for (var i = 0; i < UnalignedCount(rows, softFraction); i++)
            unaligned[order[i]] = true;
        return unaligned;
    }

    /// <summary>How many of a batch's rows are unaligned, as in <see cref="UnalignedRows"/>.</summary>
    /// <param name="rows">Rows of the whole batch, over all processes.</param>
    /// <param name="softFraction">The unaligned share, in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside [0, 1].</exception>
    public static int UnalignedCount(int rows, double softFraction) =>
        softFraction >= 0 && softFraction <= 1
            ? (int)Math.Round(softFraction * rows, MidpointRounding.AwayFromZero)
            : throw new ArgumentOutOfRangeException(
                nameof(softFraction),
                softFraction,
                $"A soft fraction of {softFraction} is outside [0, 1]."
            );

    /// <summary>Which rows of a whole batch are unaligned; one array for both sides under joint sampling.</summary>
    readonly record struct Partition(double Fraction, bool[] Images, bool[] Texts)
    {
        public bool Any => Images.Contains(true) || Texts.Contains(true);

        public int Unaligned => Images.Count(u => u) + Texts.Count(u => u);

        public int Lone =>
            new[] { Images, Texts }.Sum(s => new[] { true, false }.Count(k => s.Count(u => u == k) == 1));
    }

    Partition Draw(EmbeddingBatch batch, long rows)
    {
        var random =
            batch.Random
            ?? throw new ArgumentException(
                $"{Name}: the batch has no randomness to draw the unaligned rows from; set {nameof(EmbeddingBatch.Random)}."
            );
        var fraction = options.SoftFraction.At(batch.Progress);
        bool[] Side(string purpose) => UnalignedRows((int)rows, fraction, random.For(purpose));
        var images = Side("partition");
        return new(fraction, images, options.Sampling == SubsetSampling.Joint ? images : Side("partition of texts"));
    }

    /// <summary>Refuses batches in which, even at the largest soft fraction, a row would be alone in its subset or train on rounding errors.</summary>
    /// <inheritdoc/>
    public override void CheckBatchSize(int pairs)
    {
        var most = options.SoftFraction.Range.Most;
        var unaligned = UnalignedCount(pairs, most);
        if (options.Negatives == NegativePool.OwnSubset && (pairs - unaligned < 2 || (most > 0 && unaligned < 2)))
            throw new ArgumentException(
                $"{Name}: at the soft fraction {most} a batch of {pairs} has {unaligned} unaligned and {pairs - unaligned} aligned rows, but a row "
                    + "alone in its own subset has no negative: its loss is 0. Take a larger batch, a fraction that leaves 2 rows in each subset, "
                    + "or negatives from the whole batch."
            );
        if (options.StartsAsItsTeacher && UnalignedCount(pairs, options.SoftFraction.At(0)) == pairs)
            throw options.TrainsOnRounding();
    }

    /// <inheritdoc/>
    public override ObjectiveResult Forward(EmbeddingBatch batch)
    {
        Similarity.Check(batch, Name);
        using var scope = NewDisposeScope();
        var rows = Draw(batch, batch.Image.shape[0]);
        var logits = Similarity.Logits(batch.Image, batch.Text, batch.LogitScale);
        var (imageTargets, textTargets) = rows.Any ? TeacherLogits(batch) : (null, null);
        var images = OneSide(logits, imageTargets, rows.Images);
        var texts = OneSide(logits.t(), textTargets, rows.Texts);
        var diagnostics = new Diagnostics(batch).Accuracy(logits);
        foreach (var (name, value) in Measured(rows, batch.WantDiagnostics))
            diagnostics.Add(name, () => value);
        if (images.Soft is { } soft && texts.Soft is { } other)
            diagnostics
                .Add(
                    DiagnosticNames.TargetEntropy,
                    () => (soft.Entropy() + other.Entropy()).item_double() / rows.Unaligned
                )
                .SoftGradient(leaves => SoftPart(leaves, rows, imageTargets!, textTargets!));
        if (options.HardNegatives is { } hard)
            diagnostics.HardNegatives(logits, hard.Beta);
        return new(((images.Loss + texts.Loss) / 2).MoveToOuterDisposeScope(), diagnostics.Values);
    }

    /// <summary>What the draw alone determines about a batch.</summary>
    Dictionary<string, double> Measured(Partition rows, bool wanted)
    {
        var values = new Dictionary<string, double>();
        if (!wanted)
            return values;
        values[PsdDiagnostics.SoftFraction] = rows.Fraction;
        values[PsdDiagnostics.UnalignedShare] = rows.Unaligned / (2.0 * rows.Images.Length);
        if (options.Negatives == NegativePool.OwnSubset)
            values[PsdDiagnostics.LoneRows] = rows.Lone;
        return values;
    }

    /// <summary>The logits, without gradient, whose row softmax gives the targets of the image rows and of the caption rows.</summary>
    (Tensor ForImages, Tensor ForTexts) TeacherLogits(EmbeddingBatch batch)
    {
        using var none = no_grad();
        var (image, text) =
            options.Teacher is SharedTeacher
                ? (batch.Image.detach(), batch.Text.detach())
                : Similarity.Teacher(batch, Name);
        var scale = TeacherScale(batch, Math.Exp(batch.LogitScale.item_double()));
        if (options.Direction == TargetDirection.IntraModal)
            return (text.mm(text.t()) * scale, image.mm(image.t()) * scale);
        var across = image.mm(text.t()) * scale;
        return options.Direction == TargetDirection.Plain ? (across, across.t()) : (across.t(), across);
    }

    double TeacherScale(EmbeddingBatch batch, double student) =>
        options.Teacher.Scale(batch, student, Name) / options.TeacherTemperatureRatio;

    /// <summary>The unaligned rows of one side: each one's cross entropy to its target, and the sum of their targets' entropies.</summary>
    readonly record struct SoftRows(Tensor Losses, Tensor Unaligned, Func<Tensor> Entropy);

    (Tensor Loss, SoftRows? Soft) OneSide(Tensor logits, Tensor? teacherLogits, bool[] unaligned)
    {
        var aligned = options.HardNegatives is { } hard
            ? RowLoss.HardNegative(logits, hard)
            : RowLoss.Identity(LogSoftmax(logits, OtherSubset(unaligned, logits.device)));
        if (teacherLogits is null)
            return (aligned.mean(), null);
        var soft = Soft(logits, teacherLogits, unaligned);
        return (torch.where(soft.Unaligned, soft.Losses, aligned).mean(), soft);
    }

    SoftRows Soft(Tensor logits, Tensor teacherLogits, bool[] unaligned)
    {
        var excluded = OtherSubset(unaligned, logits.device);
        var logTargets = LogSoftmax(teacherLogits, excluded);
        var targets = logTargets.exp();
        if (excluded is not null)
            targets = targets.masked_fill(excluded, 0);
        var mask = torch.tensor(unaligned, device: logits.device);
        return new(
            RowLoss.Soft(LogSoftmax(logits, excluded), targets),
            mask,
            () => RowLoss.Soft(logTargets, targets).masked_fill(mask.logical_not(), 0).sum()
        );
    }

    /// <summary>The unaligned rows' part of the loss.</summary>
    Tensor SoftPart(EmbeddingBatch batch, Partition rows, Tensor imageTargets, Tensor textTargets)
    {
        var logits = Similarity.Logits(batch.Image, batch.Text, batch.LogitScale);
        Tensor OneSide(Tensor z, Tensor teacherLogits, bool[] unaligned)
        {
            var soft = Soft(z, teacherLogits, unaligned);
            return soft.Losses.masked_fill(soft.Unaligned.logical_not(), 0).mean();
        }
        return (OneSide(logits, imageTargets, rows.Images) + OneSide(logits.t(), textTargets, rows.Texts)) / 2;
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

/// <summary>The keys of <see cref="Psd"/>'s own diagnostics.</summary>
public static class PsdDiagnostics
{
    /// <summary>The schedule's soft fraction.</summary>
    public const string SoftFraction = "soft_fraction";

    /// <summary>The fraction of rows, over both directions, with a soft target.</summary>
    public const string UnalignedShare = "unaligned_share";

    /// <summary>With negatives from a row's own subset: the number of rows, over both directions, that are alone in theirs.</summary>
    public const string LoneRows = "lone_rows";
}

/// <summary>Where an unaligned row's soft target comes from.</summary>
public enum TargetDirection
{
    /// <summary>Image rows learn from the captions' distribution over images, caption rows from the images' [R].</summary>
    Swapped,

    /// <summary>Each side learns from itself: image rows from the images' distribution over captions [O].</summary>
    Plain,

    /// <summary>Image rows learn from the similarity of the captions to one another, caption rows from that of the images [O].</summary>
    IntraModal,
}

/// <summary>How the unaligned rows of the two sides are drawn.</summary>
public enum SubsetSampling
{
    /// <summary>One draw of pairs: an image is unaligned exactly when its caption is.</summary>
    Joint,

    /// <summary>Two independent draws, one of images and one of captions.</summary>
    Separate,
}

/// <summary>The columns that a row is contrasted with.</summary>
public enum NegativePool
{
    /// <summary>Every column of the batch.</summary>
    WholeBatch,

    /// <summary>
    /// Only the columns of the row's own part, aligned or unaligned. A row alone in its part, as at the start of a fraction that
    /// grows from 0, has loss 0; <see cref="PsdDiagnostics.LoneRows"/> counts them.
    /// </summary>
    OwnSubset,
}

/// <summary>
/// Settings of <see cref="Psd"/>. The random subset and its growth are the paper's
/// [P]; that targets are replaced, and the other defaults, are recalled [R] or chosen [O].
/// </summary>
public sealed record PsdOptions
{
    /// <summary>
    /// The unaligned fraction of the batch, in [0, 1], over training. It grows [P]; default half a cosine from 0 to 0.8 [O].
    /// </summary>
    public Schedule SoftFraction { get; init; } = Schedule.Cosine(0, 0.8);

    /// <summary>The source of the targets. Default: the network's own embeddings, detached; see <see cref="TeacherSource.Shared"/> [R].</summary>
    public TeacherSource Teacher { get; init; } = TeacherSource.Shared;

    /// <summary>Which of the teacher's distributions goes to which side. Default swapped [R].</summary>
    public TargetDirection Direction { get; init; } = TargetDirection.Swapped;

    /// <summary>
    /// The teacher's temperature divided by the student's or, for a frozen teacher, by the one it was trained at; positive: below 1
    /// sharpens the targets, above 1 flattens them. Default 1 [O].
    /// </summary>
    public double TeacherTemperatureRatio { get; init; } = 1;

    /// <summary>Whether images and captions share one unaligned subset. Default: yes [O].</summary>
    public SubsetSampling Sampling { get; init; } = SubsetSampling.Joint;

    /// <summary>The columns that a row is contrasted with. Default: the whole batch [O].</summary>
    public NegativePool Negatives { get; init; } = NegativePool.WholeBatch;

    /// <summary>Hard-negative weights in the aligned rows [O]; none by default. Needs the whole batch as pool.</summary>
    public HnNceOptions? HardNegatives { get; init; }

    /// <summary>Throws when a setting is out of range, or when the settings together would train nothing.</summary>
    /// <exception cref="ArgumentException">The message names the setting, its value and what is allowed.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(SoftFraction);
        ArgumentNullException.ThrowIfNull(Teacher);
        Teacher.Validate();
        HardNegatives?.Validate();
        SoftFraction.RequireWithin(nameof(SoftFraction), 0, 1);
        if (!(TeacherTemperatureRatio > 0) || !double.IsFinite(TeacherTemperatureRatio))
            throw new ArgumentOutOfRangeException(
                nameof(TeacherTemperatureRatio),
                TeacherTemperatureRatio,
                "The teacher's temperature relative to the student's must be a positive number."
            );
        if (Teacher is SharedTeacher && Direction == TargetDirection.Plain && TeacherTemperatureRatio == 1)
            throw new ArgumentException(
                "A shared teacher with plain targets at temperature ratio 1 is the student itself: the gradient of every unaligned row is "
                    + "exactly zero and those rows train nothing. Choose swapped or intra-modal targets, a ratio other than 1, or an EMA teacher.",
                nameof(Direction)
            );
        if (StartsAsItsTeacher && SoftFraction.At(0) == 1)
            throw TrainsOnRounding();
        if (HardNegatives is not null && Negatives == NegativePool.OwnSubset)
            throw new ArgumentException(
                "Hard-negative weights are defined over the whole batch; a row's own subset can hold no negative at all.",
                nameof(Negatives)
            );
    }

    /// <summary>Whether the first step's soft targets are the student's own predictions, whose gradient is zero except for rounding.</summary>
    internal bool StartsAsItsTeacher =>
        Teacher is EmaTeacher && Direction == TargetDirection.Plain && TeacherTemperatureRatio == 1;

    internal ArgumentException TrainsOnRounding() =>
        new(
            $"At the first step a moving average is the student itself: with plain targets at temperature ratio 1 and every row unaligned there "
                + $"(SoftFraction {SoftFraction}) the gradient is zero except for rounding, which AdamW turns into full steps. Start the fraction "
                + "below 1, or choose swapped or intra-modal targets, or a ratio other than 1.",
            nameof(SoftFraction)
        );
}
