using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives.Tiled;

/// <summary>The exponentials that make up the losses.</summary>
enum ExponentialKind
{
    /// <summary>e^{s}: InfoNCE's denominator.</summary>
    Softmax,

    /// <summary>e^{(1 + beta) s}: the weighted negatives.</summary>
    Hard,

    /// <summary>e^{beta s}: the weights themselves.</summary>
    Tilt,

    /// <summary>e^{z}, z the teacher's logits.</summary>
    Teacher,
}

/// <summary>
/// One tile-wise exponential e^{factor * x - shift}, x the logits of the student or of a teacher, summed over rows, columns or both. With
/// one shift for the whole matrix rows and columns share the exponential; with one shift per line they need one each.
/// </summary>
/// <param name="Kind">Which exponential.</param>
/// <param name="Factor">Factor on the logits.</param>
/// <param name="Source">The teacher's logits; null for the student's.</param>
/// <param name="Buffer">The name of the buffer that holds its logits.</param>
/// <param name="Rows">Whether image rows sum it.</param>
/// <param name="Columns">Whether caption columns sum it.</param>
/// <param name="Pools">N flags: entries whose row and column flags differ are left out; null leaves none out.</param>
/// <param name="Shift">float64, but rounded to the type of the sums: a scalar, or N when the exponential is of rows only or columns only.</param>
sealed record Exponential(
    ExponentialKind Kind,
    double Factor,
    TeacherLogits? Source,
    string Buffer,
    bool Rows,
    bool Columns,
    Tensor? Pools,
    Tensor Shift
)
{
    Tensor? negative;

    /// <summary>Fills a buffer with the tile's exponentials; those on the matrix's diagonal and outside the pools are 0.</summary>
    public Tensor Fill(Tensor result, Tensor logits, Tile tile)
    {
        Into.Add(result, OfTile(tile), logits, Factor).exp_();
        tile.DiagonalOf(result)?.fill_(0);
        if (Pools is not null)
            result.masked_fill_(OutsidePools(tile)!, 0);
        return result;
    }

    /// <summary>True where the tile's row and column are in different pools; null without pools.</summary>
    public Tensor? OutsidePools(Tile tile) =>
        Pools?.narrow(0, tile.Row, tile.Rows).unsqueeze(1).ne(Pools.narrow(0, tile.Column, tile.Columns).unsqueeze(0));

    /// <summary>The tile's part of a per-line vector, shaped to broadcast over the tile.</summary>
    public static Tensor OfRows(Tensor vector, Tile tile) => vector.narrow(0, tile.Row, tile.Rows).unsqueeze(1);

    /// <inheritdoc cref="OfRows"/>
    public static Tensor OfColumns(Tensor vector, Tile tile) =>
        vector.narrow(0, tile.Column, tile.Columns).unsqueeze(0);

    /// <summary>Takes the type of the sums; call it in the scope that outlives the passes.</summary>
    public Exponential Prepare(ScalarType type)
    {
        negative = Shift.neg().to(type);
        return this;
    }

    Tensor OfTile(Tile tile) =>
        negative!.dim() == 0 ? negative
        : Rows ? OfRows(negative, tile)
        : OfColumns(negative, tile);

    /// <summary>The exponentials of a loss with one shift for the whole matrix: as high as the sums' type allows.</summary>
    public static List<Exponential> Shared(SoftmaxLoss loss, SharedBatch batch)
    {
        var exponentials = new List<Exponential>();
        var samePools = ReferenceEquals(loss.ImagePools, loss.TextPools);
        void Add(ExponentialKind kind, double factor, TeacherLogits? source, bool rows, bool columns)
        {
            if (rows && columns && !samePools)
            {
                Add(kind, factor, source, true, false);
                Add(kind, factor, source, false, true);
                return;
            }
            var shift = factor * (source?.Factor ?? batch.Scale) - Headroom(batch.Type);
            exponentials.Add(
                new Exponential(
                    kind,
                    factor,
                    source,
                    source is null ? SoftmaxSums.Logits
                        : ReferenceEquals(source, loss.Soft!.ForImages) ? SoftmaxSums.Teacher
                        : SoftmaxSums.OtherTeacher,
                    rows,
                    columns,
                    rows ? loss.ImagePools : loss.TextPools,
                    Rounded(torch.tensor(shift, ScalarType.Float64, batch.Device), batch.Type)
                ).Prepare(batch.Type)
            );
        }
        if (loss.Soft is { } soft)
        {
            var same = ReferenceEquals(soft.ForImages, soft.ForTexts);
            Add(ExponentialKind.Teacher, 1, soft.ForImages, true, same);
            if (!same)
                Add(ExponentialKind.Teacher, 1, soft.ForTexts, false, true);
        }
        if (loss.Hard is null || loss.Soft is not null)
            Add(ExponentialKind.Softmax, 1, null, true, true);
        if (loss.Hard is { } hard)
        {
            Add(ExponentialKind.Hard, 1 + hard.Beta, null, true, true);
            if (hard.Beta > 0)
                Add(ExponentialKind.Tilt, hard.Beta, null, true, true);
        }
        return exponentials;
    }

    /// <summary>The same exponentials, of rows or of columns, shifted by each line's largest exponent.</summary>
    public static List<Exponential> PerLine(
        IEnumerable<Exponential> shared,
        Func<Exponential, Tensor> largest,
        ScalarType type
    ) =>
        [
            .. shared
                .SelectMany(t =>
                    t.Rows && t.Columns ? new[] { t with { Columns = false }, t with { Rows = false } } : [t]
                )
                .Select(t => (t with { Shift = Rounded(largest(t) * t.Factor, type) }).Prepare(type)),
        ];

    /// <summary>Rounds a shift, so that tiles subtract exactly what is added to the logarithm of the sum, to the last bit.</summary>
    static Tensor Rounded(Tensor shift, ScalarType type) => shift.to(type).to(ScalarType.Float64);

    /// <summary>
    /// The bound on the exponent of the largest possible exponential, so that a sum of 2^17 of them, times logits of 200, stays finite (in
    /// float64 their squares too): headroom above saves values from underflow below.
    /// </summary>
    public static double Headroom(ScalarType type) => type == ScalarType.Float64 ? 300 : 60;

    /// <summary>
    /// A line's log sum must not lie further below its shift than this: then the underflow in it is less than its rounding.
    /// </summary>
    public static double Deepest(ScalarType type) => type == ScalarType.Float64 ? 330 : 57;
}
