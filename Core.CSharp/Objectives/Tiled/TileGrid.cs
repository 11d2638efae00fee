using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives.Tiled;

/// <summary>A part of the N x N logit matrix: image rows [Row, Row + Rows) against caption columns [Column, Column + Columns).</summary>
readonly record struct Tile(long Row, long Column, long Rows, long Columns)
{
    /// <summary>Where the matrix's diagonal crosses the tile: indices [Low, High), empty when it does not.</summary>
    public (long Low, long High) Diagonal =>
        (Math.Max(Row, Column), Math.Max(Math.Max(Row, Column), Math.Min(Row + Rows, Column + Columns)));

    /// <summary>The view of the matrix's diagonal inside a tensor of the tile's shape; null if the tile does not cross it.</summary>
    public Tensor? DiagonalOf(Tensor tile)
    {
        var (low, high) = Diagonal;
        return low == high
            ? null
            : tile.narrow(0, low - Row, high - low).narrow(1, low - Column, high - low).diagonal();
    }

    /// <summary>Copies the matrix's diagonal inside a tensor of the tile's shape, if any, to its place in a vector of N.</summary>
    public void CopyDiagonal(Tensor lines, Tensor tile)
    {
        if (DiagonalOf(tile) is { } diagonal)
            lines.narrow(0, Diagonal.Low, Diagonal.High - Diagonal.Low).copy_(diagonal);
    }
}

/// <summary>The tiles of this process's rows against all columns, and scratch buffers that are reused from tile to tile.</summary>
sealed class TileGrid(SharedBatch batch, Tiling tiling)
{
    readonly Dictionary<string, Tensor> buffers = [];

    long RowsOfTile => Math.Min(tiling.Rows, batch.High - batch.Low);
    long ColumnsOfTile => Math.Min(tiling.Columns, batch.Count);

    /// <summary>Whether one tile holds everything, so that a pass finds the previous pass's buffers intact.</summary>
    public bool Single => RowsOfTile == batch.High - batch.Low && ColumnsOfTile == batch.Count;

    public IEnumerable<Tile> Tiles()
    {
        for (var row = batch.Low; row < batch.High; row += RowsOfTile)
        for (long column = 0; column < batch.Count; column += ColumnsOfTile)
            yield return new(
                row,
                column,
                Math.Min(RowsOfTile, batch.High - row),
                Math.Min(ColumnsOfTile, batch.Count - column)
            );
    }

    /// <summary>Allocates the named buffers in the current scope, ahead of the loop's shorter scopes.</summary>
    public void Reserve(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (!buffers.ContainsKey(name))
                buffers[name] = torch.empty([RowsOfTile * ColumnsOfTile], batch.Type, batch.Device);
    }

    /// <summary>A reserved buffer in the tile's shape, contiguous.</summary>
    public Tensor Buffer(string name, Tile tile) =>
        buffers[name].narrow(0, 0, tile.Rows * tile.Columns).view(tile.Rows, tile.Columns);

    /// <summary>factor * left_i . right_j for the tile's rows i and columns j, into a buffer.</summary>
    public static Tensor Products(Tensor result, Tensor left, Tensor right, double factor, Tile tile) =>
        Into.AddProduct(
            result,
            left.narrow(0, tile.Row, tile.Rows),
            right.narrow(0, tile.Column, tile.Columns).t(),
            0,
            factor
        );
}

/// <summary>Every line's own logit and, where wanted, its largest right and wrong ones, collected tile by tile: which lines are right.</summary>
sealed class LargestLogits(SharedBatch batch, bool wanted)
{
    readonly Lines right = new(batch);
    readonly Lines wrong = new(batch);

    readonly Tensor? captions = wanted ? batch.Captions() : null;

    /// <summary>s_ii, N, where this process holds row i.</summary>
    public Tensor Own { get; } = batch.Statistics(batch.Count);

    public void Take(Tensor logits, Tile tile)
    {
        tile.CopyDiagonal(Own, logits);
        if (captions is null)
            return;
        var own = SameCaption.Split(
            logits,
            captions.narrow(0, tile.Row, tile.Rows),
            captions.narrow(0, tile.Column, tile.Columns)
        );
        right.Take(own.Right, tile);
        wrong.Take(own.Wrong, tile);
    }

    /// <summary>As <see cref="DiagnosticNames.Accuracy"/>.</summary>
    public double Accuracy() =>
        (SameCaption.Ahead(right.Rows(), wrong.Rows()) + SameCaption.Ahead(right.Columns(), wrong.Columns())) / 2;

    /// <summary>The largest logits of image rows and caption columns.</summary>
    sealed class Lines(SharedBatch batch)
    {
        readonly Tensor rows = batch.Statistics(batch.Count).fill_(double.NegativeInfinity);
        readonly Tensor columns = batch.Statistics(batch.Count).fill_(double.NegativeInfinity);

        public void Take(Tensor logits, Tile tile)
        {
            RaiseTo(rows.narrow(0, tile.Row, tile.Rows), logits.amax(1));
            RaiseTo(columns.narrow(0, tile.Column, tile.Columns), logits.amax(0));
        }

        public Tensor Rows() => batch.GatherRows(rows);

        public Tensor Columns() => batch.Collective.AllGather(columns.unsqueeze(0)).amax(0);
    }

    public static void RaiseTo(Tensor lines, Tensor values) =>
        lines.copy_(torch.maximum(lines, values.to(lines.dtype)));
}
