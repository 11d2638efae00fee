using Research.Engine;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives.Tiled;

/// <summary>
/// The tiled closed form of <see cref="SoftmaxLoss"/>. With G_ij = dL/ds_ij the gradients are G T / tau and G^t V / tau, and that of the
/// logit scale is sum_ij G_ij s_ij. A first pass over the tiles sums exponentials by rows and columns. The sums give the loss and,
/// for every line, the factors by which a tile's exponentials form its part of G. A second pass computes the tiles again and
/// multiplies out G tile by tile. Both leave out the diagonal, which is added separately as N products.
/// </summary>
static class SoftmaxGradients
{
    const string Weights = "weights",
        Gradient = "gradient";

    public static ObjectiveGradients Of(SharedBatch batch, SoftmaxLoss loss, Tiling tiling)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var grid = new TileGrid(batch, tiling);
        var sums = new SoftmaxSums(batch, loss, grid);
        var rows = Side(batch, loss, sums, images: true);
        var columns = Side(batch, loss, sums, images: false);
        var total = (rows.Loss.mean() + columns.Loss.mean()) / 2;
        var (image, text) = Multiply(batch, grid, sums, rows, columns);
        if (loss.Smoothing > 0)
            total += Smooth(batch, loss.Smoothing, sums.Own, image, text);
        var scale = batch.Collective.AllReduceSum(Float64Products.Inner(image, batch.Mine(batch.Image)));
        foreach (var side in new[] { rows, columns })
            if (side.ByScale is { } byScale)
                scale = scale + byScale.mean() / 2;
        var diagnostics = batch.Local.WantDiagnostics
            ? Measure(batch, loss, grid, sums)
            : new Dictionary<string, double>();
        return new(
            total.to(batch.LossType).MoveToOuterDisposeScope(),
            image.to(batch.Local.Image.dtype).MoveToOuterDisposeScope(),
            text.to(batch.Local.Text.dtype).MoveToOuterDisposeScope(),
            scale.reshape(batch.Local.LogitScale.shape).to(batch.Local.LogitScale.dtype).MoveToOuterDisposeScope(),
            [],
            diagnostics
        );
    }

    static RowLossGradients Side(SharedBatch batch, SoftmaxLoss loss, SoftmaxSums sums, bool images)
    {
        var lines = images ? sums.Rows : sums.Columns;
        var aligned = loss.Hard is { } hard
            ? RowLossFromSums.Hard(
                lines[ExponentialKind.Hard],
                lines.GetValueOrDefault(ExponentialKind.Tilt),
                sums.Own,
                hard,
                batch.Scale
            )
            : RowLossFromSums.Identity(lines[ExponentialKind.Softmax], sums.Own);
        return loss.Soft is { } soft
            ? RowLossFromSums.Sum(
                RowLossFromSums.Weighted(aligned, 1 - (images ? soft.ImageWeights : soft.TextWeights)),
                SoftSide(sums, soft, images)
            )
            : aligned;
    }

    static RowLossGradients SoftSide(SoftmaxSums sums, SoftTargets soft, bool images)
    {
        var lines = images ? sums.Rows : sums.Columns;
        var own = images ? sums.TeacherOwn.ForImages : sums.TeacherOwn.ForTexts;
        return RowLossFromSums.Weighted(
            RowLossFromSums.Soft(
                lines[ExponentialKind.Softmax],
                lines[ExponentialKind.Teacher],
                sums.Own,
                own!,
                soft.Divergence
            ),
            images ? soft.ImageWeights : soft.TextWeights
        );
    }

    /// <summary>The second pass: dL/dV and dL/dT of this process's rows, complete.</summary>
    static (Tensor Image, Tensor Text) Multiply(
        SharedBatch batch,
        TileGrid grid,
        SoftmaxSums sums,
        RowLossGradients rows,
        RowLossGradients columns
    )
    {
        var exponentials = sums
            .Exponentials.Select(t =>
                (
                    Exponential: t,
                    Rows: t.Rows ? Typed(batch, rows.Factors.GetValueOrDefault(t.Kind)) : null,
                    Columns: t.Columns ? Typed(batch, columns.Factors.GetValueOrDefault(t.Kind)) : null
                )
            )
            .Where(t => t.Rows is not null || t.Columns is not null)
            .ToArray();
        var teachers = exponentials.Any(t => t.Exponential.Source is not null);
        grid.Reserve(Weights, Gradient);
        var image = batch.Zeros(batch.High - batch.Low, batch.Image.shape[1]);
        var text = batch.Zeros(batch.Count, batch.Text.shape[1]);
        foreach (var tile in grid.Tiles())
        {
            using var scope = NewDisposeScope();
            if (!grid.Single)
                sums.FillLogits(tile, teachers);
            var gradient = grid.Buffer(Gradient, tile);
            var first = true;
            foreach (var (exponential, r, c) in exponentials)
            {
                var weights = Outer(grid, tile, r, c);
                var logits = grid.Buffer(exponential.Buffer, tile);
                if (first)
                    exponential.Fill(gradient, logits, tile).mul_(weights);
                else
                    gradient.addcmul_(
                        exponential.Fill(grid.Buffer(SoftmaxSums.Scratch, tile), logits, tile),
                        weights,
                        1
                    );
                first = false;
            }
            var (images, texts) = (
                batch.Image.narrow(0, tile.Row, tile.Rows),
                batch.Text.narrow(0, tile.Column, tile.Columns)
            );
            Into.AddProduct(image.narrow(0, tile.Row - batch.Low, tile.Rows), gradient, texts, 1, 1);
            Into.AddProduct(text.narrow(0, tile.Column, tile.Columns), gradient.t(), images, 1, 1);
        }
        var own = batch.Mine(Typed(batch, rows.Own + columns.Own)!).unsqueeze(1);
        image.addcmul_(batch.Mine(batch.Text), own, 1);
        batch.Mine(text).addcmul_(batch.Mine(batch.Image), own, 1);
        return (image, batch.Mine(batch.Collective.AllReduceSum(text)));
    }

    /// <summary>r_i + c_j, or whichever exists, to multiply a tile by.</summary>
    static Tensor Outer(TileGrid grid, Tile tile, Tensor? r, Tensor? c) =>
        (r, c) switch
        {
            ({ } rows, { } columns) => Into.Add(
                grid.Buffer(Weights, tile),
                Exponential.OfRows(rows, tile),
                Exponential.OfColumns(columns, tile)
            ),
            ({ } rows, _) => Exponential.OfRows(rows, tile),
            _ => Exponential.OfColumns(c!, tile),
        };

    /// <summary>Turns derivatives by s into derivatives by cosines: times 1/tau, halved over the sides and averaged over the lines.</summary>
    static Tensor? Typed(SharedBatch batch, Tensor? factor) =>
        factor is null ? null : (factor * (batch.Scale / (2 * batch.Count))).to(batch.Type);

    /// <summary>
    /// Label smoothing e adds e (s_ii - mean_j s_ij) to every line. It is linear in the logits, so its gradient needs only the sums of the
    /// embeddings.
    /// </summary>
    static Tensor Smooth(SharedBatch batch, double e, Tensor own, Tensor image, Tensor text)
    {
        var (n, factor) = (batch.Count, e * batch.Scale / batch.Count);
        var images = batch.Image.sum(0, type: ScalarType.Float64);
        var texts = batch.Text.sum(0, type: ScalarType.Float64);
        image.add_(batch.Mine(batch.Text), factor).sub_((texts * (factor / n)).to(batch.Type));
        text.add_(batch.Mine(batch.Image), factor).sub_((images * (factor / n)).to(batch.Type));
        return (own.mean() - (images * texts).sum() * (batch.Scale / n / n)) * e;
    }

    static Dictionary<string, double> Measure(SharedBatch batch, SoftmaxLoss loss, TileGrid grid, SoftmaxSums sums)
    {
        var values = new Dictionary<string, double> { [DiagnosticNames.Accuracy] = sums.Accuracy!.Value };
        if (loss.Soft is { } soft)
        {
            var (images, texts) = (soft.ImageWeights.gt(0), soft.TextWeights.gt(0));
            var entropy =
                RowLossFromSums
                    .Entropy(sums.Rows[ExponentialKind.Teacher], sums.TeacherOwn.ForImages!)
                    .masked_fill(images.logical_not(), 0)
                    .sum()
                + RowLossFromSums
                    .Entropy(sums.Columns[ExponentialKind.Teacher], sums.TeacherOwn.ForTexts!)
                    .masked_fill(texts.logical_not(), 0)
                    .sum();
            var count = images.to(ScalarType.Float64).sum() + texts.to(ScalarType.Float64).sum();
            values[DiagnosticNames.TargetEntropy] = (entropy / count).item_double();
            var (image, text) = Multiply(
                batch,
                grid,
                sums,
                SoftSide(sums, soft, images: true),
                SoftSide(sums, soft, images: false)
            );
            var squares = Float64Products.Inner(image, image) + Float64Products.Inner(text, text);
            values[DiagnosticNames.SoftGradientNorm] = Math.Sqrt(batch.Collective.AllReduceSum(squares).item_double());
        }
        if (loss.Hard is { } hard)
        {
            var others = batch.Count - 1.0;
            double Mean(Func<ExponentialSums, Tensor> of) =>
                (
                    of(sums.Rows[ExponentialKind.Tilt]).mean() + of(sums.Columns[ExponentialKind.Tilt]).mean()
                ).item_double() / 2;
            values[DiagnosticNames.NegativeWeight] = hard.Beta == 0 ? 1 : Mean(s => s.Sum * s.Relative(s.LogSum));
            values[DiagnosticNames.EffectiveNegatives] =
                hard.Beta == 0 ? others : Mean(s => s.Sum.square() / s.Squares!);
        }
        return values;
    }
}
