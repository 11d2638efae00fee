using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives.Tiled;

/// <summary>
/// The tiled closed form of <see cref="SigLip"/>: entries are independent, so one pass does. With x = s + b the derivative by s_ij, and by
/// b, is sigmoid(x_ij) / N off the diagonal and -sigmoid(-x_ii) / N on it; the diagonal is added on its own, as N products.
/// </summary>
static class SigmoidGradients
{
    const string Logits = "logits",
        Gradient = "gradient";

    public static ObjectiveGradients Of(SharedBatch batch, Tensor bias, Tiling tiling)
    {
        using var scope = NewDisposeScope();
        var grid = new TileGrid(batch, tiling);
        grid.Reserve(Logits, Gradient);
        var b = bias.detach().to(batch.Type, batch.Device);
        var (n, wanted) = (batch.Count, batch.Local.WantDiagnostics);
        var (loss, byBias) = (batch.Statistics(1).sum(), batch.Statistics(1).sum());
        var own = batch.Statistics(n);
        var rowMaxima = batch.Statistics(n).fill_(double.NegativeInfinity);
        var columnMaxima = rowMaxima.clone();
        var image = batch.Zeros(batch.High - batch.Low, batch.Image.shape[1]);
        var text = batch.Zeros(n, batch.Text.shape[1]);
        foreach (var tile in grid.Tiles())
        {
            using var inner = NewDisposeScope();
            var logits = TileGrid.Products(grid.Buffer(Logits, tile), batch.Image, batch.Text, batch.Scale, tile);
            if (tile.DiagonalOf(logits) is { } diagonal)
                own.narrow(0, tile.Diagonal.Low, diagonal.shape[0]).copy_(diagonal);
            if (wanted)
            {
                RaiseTo(rowMaxima.narrow(0, tile.Row, tile.Rows), logits.amax(1));
                RaiseTo(columnMaxima.narrow(0, tile.Column, tile.Columns), logits.amax(0));
            }
            var answers = logits.add_(b);
            var gradient = grid.Buffer(Gradient, tile).copy_(answers).sigmoid_();
            tile.DiagonalOf(gradient)?.fill_(0);
            byBias.add_(gradient.sum(ScalarType.Float64));
            var losses = nn.functional.logsigmoid(answers.neg_());
            tile.DiagonalOf(losses)?.fill_(0);
            loss.sub_(losses.sum(ScalarType.Float64));
            var (images, texts) = (
                batch.Image.narrow(0, tile.Row, tile.Rows),
                batch.Text.narrow(0, tile.Column, tile.Columns)
            );
            Into.AddProduct(image.narrow(0, tile.Row - batch.Low, tile.Rows), gradient, texts, 1, batch.Scale / n);
            Into.AddProduct(text.narrow(0, tile.Column, tile.Columns), gradient.t(), images, 1, batch.Scale / n);
        }
        var pairs = batch.Mine(own) + b.to(ScalarType.Float64);
        var byPair = -(-pairs).sigmoid();
        loss = batch.Collective.AllReduceSum(loss - nn.functional.logsigmoid(pairs).sum()) / n;
        byBias = batch.Collective.AllReduceSum(byBias + byPair.sum()) / n;
        var weights = (byPair * (batch.Scale / n)).to(batch.Type).unsqueeze(1);
        image.addcmul_(batch.Mine(batch.Text), weights, 1);
        batch.Mine(text).addcmul_(batch.Mine(batch.Image), weights, 1);
        text = batch.Mine(batch.Collective.AllReduceSum(text));
        var scale = batch.Collective.AllReduceSum(Blocks.Inner(image, batch.Mine(batch.Image)));
        var result = new ObjectiveGradients(
            loss.to(batch.Type),
            image.to(batch.Local.Image.dtype),
            text.to(batch.Local.Text.dtype),
            scale.reshape(batch.Local.LogitScale.shape).to(batch.Local.LogitScale.dtype),
            [byBias.reshape(bias.shape).to(bias.dtype, bias.device)],
            wanted
                ? new Dictionary<string, double>
                {
                    [DiagnosticNames.Accuracy] = Accuracy(batch, own, rowMaxima, columnMaxima),
                }
                : []
        );
        return result.MoveToOuter();
    }

    /// <summary>The part of all lines whose own pair has the largest logit.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="own">s_ii where this process holds row i.</param>
    /// <param name="rowMaxima">Of this process's rows.</param>
    /// <param name="columnMaxima">Of all columns over this process's rows.</param>
    public static double Accuracy(SharedBatch batch, Tensor own, Tensor rowMaxima, Tensor columnMaxima)
    {
        var mine = batch.Collective.AllGather(batch.Mine(own).contiguous());
        var rows = batch.Collective.AllGather(batch.Mine(rowMaxima).contiguous());
        var columns = batch.Collective.AllGather(columnMaxima.unsqueeze(0)).amax(0);
        return (mine.ge(rows).to(ScalarType.Float64) + mine.ge(columns).to(ScalarType.Float64)).mean().item_double()
            / 2;
    }

    static void RaiseTo(Tensor lines, Tensor values) => lines.copy_(torch.maximum(lines, values.to(lines.dtype)));
}
