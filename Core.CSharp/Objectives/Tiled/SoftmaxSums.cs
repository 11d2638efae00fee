using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives.Tiled;

/// <summary>
/// The first pass over the tiles: each computes its logits once, and from them the sums of exponentials of its rows and columns, and the
/// matrix's diagonal. All results are float64 and cover all N lines, whichever process holds them. Made and used inside one scope.
/// </summary>
sealed class SoftmaxSums
{
    /// <summary>Names of the grid's buffers.</summary>
    public const string Logits = "logits",
        Teacher = "teacher",
        OtherTeacher = "other teacher",
        Exponentials = "exponentials";

    readonly SharedBatch batch;
    readonly SoftmaxLoss loss;
    readonly TileGrid grid;
    readonly bool diagnostics;
    readonly Dictionary<Kind, LineSums> rows = [];
    readonly Dictionary<Kind, LineSums> columns = [];

    /// <summary>Sums with one shift for all where that is accurate, and otherwise again with a shift for every line.</summary>
    public SoftmaxSums(SharedBatch batch, SoftmaxLoss loss, TileGrid grid)
    {
        (this.batch, this.loss, this.grid) = (batch, loss, grid);
        diagnostics = batch.Local.WantDiagnostics;
        grid.Reserve(Logits, Exponentials);
        if (loss.Soft is { } soft)
            grid.Reserve(ReferenceEquals(soft.ForImages, soft.ForTexts) ? [Teacher] : [Teacher, OtherTeacher]);
        Own = batch.Statistics(batch.Count);
        Terms = Term.Shared(loss, batch);
        Run();
        if (Accurate())
            return;
        var largest = Largest();
        Terms = Term.PerLine(Terms, t => Peak(t, largest[(t.Source, t.Rows)]), batch.Type);
        Run();
    }

    /// <summary>What was summed, and what the second pass must compute again.</summary>
    public List<Term> Terms { get; }

    /// <summary>s_ii.</summary>
    public Tensor Own { get; }

    /// <summary>z_ii of the image rows' and the caption rows' teacher logits.</summary>
    public (Tensor? ForImages, Tensor? ForTexts) TeacherOwn { get; private set; }

    /// <summary>By kind, the sums of the image rows.</summary>
    public IReadOnlyDictionary<Kind, LineSums> Rows => rows;

    /// <summary>By kind, the sums of the caption columns.</summary>
    public IReadOnlyDictionary<Kind, LineSums> Columns => columns;

    /// <summary>The part of all lines whose own pair has the largest logit; null unless diagnostics are wanted.</summary>
    public double? Accuracy { get; private set; }

    /// <summary>Fills the tile's buffers of logits, the student's and the teachers' that the terms need.</summary>
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
        var parts = Terms.SelectMany(t => Sides(t).Select(r => (Term: t, OfRows: r, Sums: Empty(t)))).ToArray();
        var (rowMaxima, columnMaxima) = (Fill(double.NegativeInfinity), Fill(double.NegativeInfinity));
        var soft = loss.Soft;
        var (own, forImages, forTexts) = (Fill(0), Fill(0), Fill(0));
        foreach (var tile in grid.Tiles())
        {
            using var scope = NewDisposeScope();
            FillLogits(tile, true);
            var logits = grid.Buffer(Logits, tile);
            CopyDiagonal(own, logits, tile);
            if (diagnostics)
            {
                RaiseTo(rowMaxima.narrow(0, tile.Row, tile.Rows), logits.amax(1));
                RaiseTo(columnMaxima.narrow(0, tile.Column, tile.Columns), logits.amax(0));
            }
            if (soft is not null)
            {
                CopyDiagonal(forImages, grid.Buffer(Teacher, tile), tile);
                if (!ReferenceEquals(soft.ForImages, soft.ForTexts))
                    CopyDiagonal(forTexts, grid.Buffer(OtherTeacher, tile), tile);
            }
            foreach (var term in Terms)
                Add(term, tile, logits, parts);
        }
        var collective = batch.Collective;
        foreach (var (term, ofRows, sums) in parts)
            (ofRows ? rows : columns)[term.Kind] = Share(sums, ofRows);
        Own.copy_(GatherRows(own));
        if (soft is not null)
        {
            var images = GatherRows(forImages);
            TeacherOwn = (images, ReferenceEquals(soft.ForImages, soft.ForTexts) ? images : GatherRows(forTexts));
        }
        if (diagnostics)
        {
            rowMaxima = GatherRows(rowMaxima);
            columnMaxima = collective.AllGather(columnMaxima.unsqueeze(0)).amax(0);
            Accuracy =
                (Own.ge(rowMaxima).to(ScalarType.Float64) + Own.ge(columnMaxima).to(ScalarType.Float64))
                    .mean()
                    .item_double() / 2;
        }
    }

    void Add(Term term, Tile tile, Tensor logits, (Term Term, bool OfRows, LineSums Sums)[] parts)
    {
        using var scope = NewDisposeScope();
        var source = grid.Buffer(term.Buffer, tile);
        var exponentials = term.Exponentials(grid.Buffer(Exponentials, tile), source, tile);
        void Into(Func<LineSums, Tensor?> which, Tensor values)
        {
            foreach (var (t, ofRows, sums) in parts)
                if (ReferenceEquals(t, term))
                    Slice(which(sums)!, tile, ofRows).add_(values.sum(ofRows ? 1 : 0));
        }
        Into(s => s.Sum, exponentials);
        if (term.Kind == Kind.Tilt && diagnostics)
            Into(s => s.Squares, exponentials.to(ScalarType.Float64).square());
        if (term.Kind != Kind.Teacher)
            return;
        if (WantEntropy)
            Into(s => s.TimesOwn, exponentials * source);
        Into(s => s.TimesLogits, exponentials.mul_(logits));
    }

    bool WantEntropy => diagnostics || loss.Soft is { Divergence: true };

    LineSums Empty(Term term) =>
        new(term.Shift, Fill(0))
        {
            TimesLogits = term.Kind == Kind.Teacher ? Fill(0) : null,
            TimesOwn = term.Kind == Kind.Teacher && WantEntropy ? Fill(0) : null,
            Squares = term.Kind == Kind.Tilt && diagnostics ? Fill(0) : null,
        };

    /// <summary>Rows are complete where they are; columns are the sum of what every process has of them.</summary>
    LineSums Share(LineSums sums, bool ofRows)
    {
        Tensor? All(Tensor? x) =>
            x is null ? null
            : ofRows ? GatherRows(x)
            : batch.Collective.AllReduceSum(x);
        return new(sums.Shift, All(sums.Sum)!)
        {
            TimesLogits = All(sums.TimesLogits),
            TimesOwn = All(sums.TimesOwn),
            Squares = All(sums.Squares),
        };
    }

    /// <summary>Whether no line of a shared shift lost what counts to underflow.</summary>
    bool Accurate()
    {
        var range = 2 * 1.05 * Terms.Max(t => t.Factor * (t.Source?.Factor ?? batch.Scale));
        if (range < Term.Headroom(batch.Type) + Term.Deepest(batch.Type))
            return true;
        var lowest = new List<Tensor>(); // read at once: each look at a device waits for it
        foreach (var (side, teacherOwn) in new[] { (rows, TeacherOwn.ForImages), (columns, TeacherOwn.ForTexts) })
        foreach (var (kind, sums) in side)
        {
            var sum = kind switch
            {
                Kind.Softmax => Lines.LogAdd(sums.LogSum, Own),
                Kind.Teacher => Lines.LogAdd(sums.LogSum, teacherOwn!),
                _ => sums.LogSum,
            };
            lowest.Add((sum - sums.Shift).min());
        }
        return stack([.. lowest]).min().item_double() >= -Term.Deepest(batch.Type);
    }

    /// <summary>The largest of what a line's denominator sums, which has the line's own pair unless it is of negatives only.</summary>
    Tensor Peak(Term term, Tensor others) =>
        term.Kind switch
        {
            Kind.Softmax => torch.maximum(others, Own),
            Kind.Teacher => torch.maximum(others, (term.Rows ? TeacherOwn.ForImages : TeacherOwn.ForTexts)!),
            _ => others,
        };

    /// <summary>The largest logit of every line off the diagonal and inside its pool; minus infinity where there is none.</summary>
    Dictionary<(TeacherLogits?, bool OfRows), Tensor> Largest()
    {
        var wanted = Terms
            .SelectMany(t => Sides(t).Select(r => (Term: t, OfRows: r)))
            .DistinctBy(p => (p.Term.Source, p.OfRows));
        var found = wanted.ToDictionary(
            p => (p.Term.Source, p.OfRows),
            p => (p.Term, Values: Fill(double.NegativeInfinity))
        );
        foreach (var tile in grid.Tiles())
        {
            using var scope = NewDisposeScope();
            FillLogits(tile, true);
            foreach (var ((_, ofRows), (term, values)) in found)
            {
                using var inner = NewDisposeScope();
                var logits = grid.Buffer(Exponentials, tile).copy_(grid.Buffer(term.Buffer, tile));
                tile.DiagonalOf(logits)?.fill_(double.NegativeInfinity);
                if (term.OutsidePools(tile) is { } outside)
                    logits.masked_fill_(outside, double.NegativeInfinity);
                RaiseTo(Slice(values, tile, ofRows), logits.amax(ofRows ? 1 : 0));
            }
        }
        return found.ToDictionary(
            f => f.Key,
            f =>
                f.Key.OfRows
                    ? GatherRows(f.Value.Values)
                    : batch.Collective.AllGather(f.Value.Values.unsqueeze(0)).amax(0)
        );
    }

    static IEnumerable<bool> Sides(Term term)
    {
        if (term.Rows)
            yield return true;
        if (term.Columns)
            yield return false;
    }

    static Tensor Slice(Tensor lines, Tile tile, bool ofRows) =>
        ofRows ? lines.narrow(0, tile.Row, tile.Rows) : lines.narrow(0, tile.Column, tile.Columns);

    static void CopyDiagonal(Tensor lines, Tensor tensor, Tile tile)
    {
        if (tile.DiagonalOf(tensor) is { } diagonal)
            lines.narrow(0, tile.Diagonal.Low, tile.Diagonal.High - tile.Diagonal.Low).copy_(diagonal);
    }

    static void RaiseTo(Tensor lines, Tensor values) => lines.copy_(torch.maximum(lines, values.to(lines.dtype)));

    Tensor Fill(double value) => batch.Statistics(batch.Count).fill_(value);

    Tensor GatherRows(Tensor lines) => batch.Collective.AllGather(batch.Mine(lines).contiguous());
}
