using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives.Tiled;

/// <summary>
/// The first pass over the tiles: each computes its logits once, and from them the sums of exponentials of its rows and columns and the
/// matrix's diagonal. All results are float64 and cover all N lines, other processes' included. Made and used inside one scope.
/// </summary>
sealed class SoftmaxSums
{
    /// <summary>Names of the grid's buffers.</summary>
    public const string Logits = "logits",
        Teacher = "teacher",
        OtherTeacher = "other teacher",
        Scratch = "scratch";

    readonly SharedBatch batch;
    readonly SoftmaxLoss loss;
    readonly TileGrid grid;
    readonly bool diagnostics;
    readonly Dictionary<ExponentialKind, ExponentialSums> rows = [];
    readonly Dictionary<ExponentialKind, ExponentialSums> columns = [];

    /// <summary>Sums with one shift for all where that is accurate, otherwise again with one shift per line.</summary>
    public SoftmaxSums(SharedBatch batch, SoftmaxLoss loss, TileGrid grid)
    {
        (this.batch, this.loss, this.grid) = (batch, loss, grid);
        diagnostics = batch.Local.WantDiagnostics;
        grid.Reserve(Logits, Scratch);
        if (loss.Soft is { } soft)
            grid.Reserve(ReferenceEquals(soft.ForImages, soft.ForTexts) ? [Teacher] : [Teacher, OtherTeacher]);
        Own = batch.Statistics(batch.Count);
        Exponentials = Exponential.Shared(loss, batch);
        Run();
        if (Accurate())
            return;
        var largest = Largest();
        Exponentials = Exponential.PerLine(Exponentials, t => Peak(t, largest[(t.Source, t.Rows)]), batch.Type);
        Run();
    }

    /// <summary>The exponentials that were summed, which the second pass must compute again.</summary>
    public List<Exponential> Exponentials { get; }

    /// <summary>s_ii.</summary>
    public Tensor Own { get; }

    /// <summary>z_ii of the image rows' and the caption rows' teacher logits.</summary>
    public (Tensor? ForImages, Tensor? ForTexts) TeacherOwn { get; private set; }

    /// <summary>By kind, the sums of the image rows.</summary>
    public IReadOnlyDictionary<ExponentialKind, ExponentialSums> Rows => rows;

    /// <summary>By kind, the sums of the caption columns.</summary>
    public IReadOnlyDictionary<ExponentialKind, ExponentialSums> Columns => columns;

    /// <summary>As <see cref="DiagnosticNames.Accuracy"/>; null unless diagnostics are wanted.</summary>
    public double? Accuracy { get; private set; }

    /// <summary>Fills the tile's buffers of logits: the student's, and the teachers' that the exponentials need.</summary>
    public void FillLogits(Tile tile, bool teachers)
    {
        TileGrid.Products(grid.Buffer(Logits, tile), batch.Image, batch.Text, batch.Scale, tile);
        if (!teachers || loss.Soft is not { } soft)
            return;
        FillTeacher(Teacher, soft.ForImages, tile);
        if (!ReferenceEquals(soft.ForImages, soft.ForTexts))
            FillTeacher(OtherTeacher, soft.ForTexts, tile);
    }

    void FillTeacher(string buffer, TeacherLogits teacher, Tile tile) =>
        TileGrid.Products(grid.Buffer(buffer, tile), teacher.Left, teacher.Right, teacher.Factor, tile);

    void Run()
    {
        var parts = Exponentials
            .SelectMany(t => Sides(t).Select(r => (Exponential: t, OfRows: r, Sums: Empty(t))))
            .ToArray();
        var largest = new LargestLogits(batch, diagnostics);
        var soft = loss.Soft;
        var (forImages, forTexts) = (Fill(0), Fill(0));
        foreach (var tile in grid.Tiles())
        {
            using var scope = NewDisposeScope();
            FillLogits(tile, true);
            var logits = grid.Buffer(Logits, tile);
            largest.Take(logits, tile);
            if (soft is not null)
            {
                tile.CopyDiagonal(forImages, grid.Buffer(Teacher, tile));
                if (!ReferenceEquals(soft.ForImages, soft.ForTexts))
                    tile.CopyDiagonal(forTexts, grid.Buffer(OtherTeacher, tile));
            }
            foreach (var exponential in Exponentials)
                Add(exponential, tile, logits, parts);
        }
        foreach (var (exponential, ofRows, sums) in parts)
            (ofRows ? rows : columns)[exponential.Kind] = Share(sums, ofRows);
        Own.copy_(batch.GatherRows(largest.Own));
        if (soft is not null)
        {
            var images = batch.GatherRows(forImages);
            TeacherOwn = (images, ReferenceEquals(soft.ForImages, soft.ForTexts) ? images : batch.GatherRows(forTexts));
        }
        if (diagnostics)
            Accuracy = largest.Accuracy();
    }

    void Add(
        Exponential exponential,
        Tile tile,
        Tensor logits,
        (Exponential Exponential, bool OfRows, ExponentialSums Sums)[] parts
    )
    {
        using var scope = NewDisposeScope();
        var source = grid.Buffer(exponential.Buffer, tile);
        var e = exponential.Fill(grid.Buffer(Scratch, tile), source, tile);
        void Into(Func<ExponentialSums, Tensor?> which, Tensor values)
        {
            foreach (var (t, ofRows, sums) in parts)
                if (ReferenceEquals(t, exponential))
                    Slice(which(sums)!, tile, ofRows).add_(values.sum(ofRows ? 1 : 0));
        }
        Into(s => s.Sum, e);
        if (exponential.Kind == ExponentialKind.Tilt && diagnostics)
            Into(s => s.Squares, e.to(ScalarType.Float64).square());
        if (exponential.Kind != ExponentialKind.Teacher)
            return;
        if (WantEntropy)
            Into(s => s.TimesOwn, e * source);
        Into(s => s.TimesLogits, e.mul_(logits));
    }

    bool WantEntropy => diagnostics || loss.Soft is { Divergence: true };

    ExponentialSums Empty(Exponential exponential) =>
        new(exponential.Shift, Fill(0))
        {
            TimesLogits = exponential.Kind == ExponentialKind.Teacher ? Fill(0) : null,
            TimesOwn = exponential.Kind == ExponentialKind.Teacher && WantEntropy ? Fill(0) : null,
            Squares = exponential.Kind == ExponentialKind.Tilt && diagnostics ? Fill(0) : null,
        };

    /// <summary>Completes sums: a process has its rows whole, but columns are the sum over all processes.</summary>
    ExponentialSums Share(ExponentialSums sums, bool ofRows)
    {
        Tensor? All(Tensor? x) =>
            x is null ? null
            : ofRows ? batch.GatherRows(x)
            : batch.Collective.AllReduceSum(x);
        return new(sums.Shift, All(sums.Sum)!)
        {
            TimesLogits = All(sums.TimesLogits),
            TimesOwn = All(sums.TimesOwn),
            Squares = All(sums.Squares),
        };
    }

    /// <summary>Whether no line with a shared shift lost anything relevant to underflow.</summary>
    bool Accurate()
    {
        var range = 2 * 1.05 * Exponentials.Max(t => t.Factor * (t.Source?.Factor ?? batch.Scale));
        if (range < Exponential.Headroom(batch.Type) + Exponential.Deepest(batch.Type))
            return true;
        var lowest = new List<Tensor>(); // read together: each read from a device waits for it
        foreach (var (side, teacherOwn) in new[] { (rows, TeacherOwn.ForImages), (columns, TeacherOwn.ForTexts) })
        foreach (var (kind, sums) in side)
        {
            var sum = kind switch
            {
                ExponentialKind.Softmax => RowLossFromSums.LogAdd(sums.LogSum, Own),
                ExponentialKind.Teacher => RowLossFromSums.LogAdd(sums.LogSum, teacherOwn!),
                _ => sums.LogSum,
            };
            lowest.Add((sum - sums.Shift).min());
        }
        return stack([.. lowest]).min().item_double() >= -Exponential.Deepest(batch.Type);
    }

    /// <summary>The largest term of a line's denominator, including its own pair unless the denominator has only negatives.</summary>
    Tensor Peak(Exponential exponential, Tensor others) =>
        exponential.Kind switch
        {
            ExponentialKind.Softmax => torch.maximum(others, Own),
            ExponentialKind.Teacher => torch.maximum(
                others,
                (exponential.Rows ? TeacherOwn.ForImages : TeacherOwn.ForTexts)!
            ),
            _ => others,
        };

    /// <summary>The largest logit of every line off the diagonal and inside its pool; minus infinity if there is none.</summary>
    Dictionary<(TeacherLogits?, bool OfRows), Tensor> Largest()
    {
        var wanted = Exponentials
            .SelectMany(t => Sides(t).Select(r => (Exponential: t, OfRows: r)))
            .DistinctBy(p => (p.Exponential.Source, p.OfRows));
        var found = wanted.ToDictionary(
            p => (p.Exponential.Source, p.OfRows),
            p => (p.Exponential, Values: Fill(double.NegativeInfinity))
        );
        foreach (var tile in grid.Tiles())
        {
            using var scope = NewDisposeScope();
            FillLogits(tile, true);
            foreach (var ((_, ofRows), (exponential, values)) in found)
            {
                using var inner = NewDisposeScope();
                var logits = grid.Buffer(Scratch, tile).copy_(grid.Buffer(exponential.Buffer, tile));
                tile.DiagonalOf(logits)?.fill_(double.NegativeInfinity);
                if (exponential.OutsidePools(tile) is { } outside)
                    logits.masked_fill_(outside, double.NegativeInfinity);
                LargestLogits.RaiseTo(Slice(values, tile, ofRows), logits.amax(ofRows ? 1 : 0));
            }
        }
        return found.ToDictionary(
            f => f.Key,
            f =>
                f.Key.OfRows
                    ? batch.GatherRows(f.Value.Values)
                    : batch.Collective.AllGather(f.Value.Values.unsqueeze(0)).amax(0)
        );
    }

    static IEnumerable<bool> Sides(Exponential exponential)
    {
        if (exponential.Rows)
            yield return true;
        if (exponential.Columns)
            yield return false;
    }

    static Tensor Slice(Tensor lines, Tile tile, bool ofRows) =>
        ofRows ? lines.narrow(0, tile.Row, tile.Rows) : lines.narrow(0, tile.Column, tile.Columns);

    Tensor Fill(double value) => batch.Statistics(batch.Count).fill_(value);
}
