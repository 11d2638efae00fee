using Research.Engine;
using Research.Objectives.Tiled;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// SigLIP (Zhai et al., ICCV 2023): every pair of an image and a caption is its own yes-or-no question,
/// <code>L = -1/N sum_ij log sigmoid( z_ij (t s_ij + b) )    z_ii = 1, z_ij = -1 for j != i</code>
/// with s the cosines, t = e^{t'} the logit scale and a learnable bias b. Initially t' = ln 10 and b = -10, so that training starts near
/// the prior that few pairs match [R]. Weight decay does not apply to the bias.
/// </summary>
public sealed class SigLip : ContrastiveObjective, IDisposable
{
    const string Logits = "logits",
        Gradient = "gradient";

    readonly Parameter bias;

    /// <summary>The objective with its own bias, a scalar in float32 on the CPU.</summary>
    /// <param name="initialBias">b at the start. Default -10 [R].</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="initialBias"/> is not finite.</exception>
    public SigLip(double initialBias = -10)
    {
        if (!double.IsFinite(initialBias))
            throw new ArgumentOutOfRangeException(
                nameof(initialBias),
                initialBias,
                "The initial bias must be a finite number."
            );
        bias = new Parameter(torch.tensor((float)initialBias));
        bias.DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override string Name => "SigLIP";

    /// <summary>b, a scalar.</summary>
    public Parameter Bias => bias;

    /// <inheritdoc/>
    public override IReadOnlyList<ObjectiveParameter> Parameters => [new("bias", bias, WeightDecayFactor: 0)];

    /// <summary>ln 10 [R].</summary>
    public override double? InitialLogitScale => Math.Log(10);

    /// <inheritdoc/>
    public override ObjectiveResult Forward(EmbeddingBatch batch)
    {
        Similarity.Check(batch, Name);
        using var scope = NewDisposeScope();
        var logits = Similarity.Logits(batch.Image, batch.Text, batch.LogitScale);
        var n = logits.shape[0];
        var signs = torch.eye(n, dtype: logits.dtype, device: logits.device) * 2 - 1;
        var answers = signs * (logits + bias.to(logits.dtype, logits.device));
        var loss = -nn.functional.logsigmoid(answers).sum() / n;
        return new(loss.MoveToOuterDisposeScope(), new Diagnostics(batch).Accuracy(logits).Values);
    }

    /// <inheritdoc/>
    public override ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        return Tiled(Share(batch, tiling, collective), tiling).MoveToOuter();
    }

    /// <summary>
    /// Entries are independent, so one pass over the tiles suffices. With x = s + b the derivative by s_ij, and by b, is sigmoid(x_ij) / N off
    /// the diagonal and -sigmoid(-x_ii) / N on it; the diagonal is added separately, as N products.
    /// </summary>
    ObjectiveGradients Tiled(SharedBatch batch, Tiling tiling)
    {
        using var scope = NewDisposeScope();
        var grid = new TileGrid(batch, tiling);
        grid.Reserve(Logits, Gradient);
        var b = bias.detach().to(batch.Type, batch.Device);
        var (n, wanted) = (batch.Count, batch.Local.WantDiagnostics);
        var (loss, byBias) = (batch.Statistics(1).sum(), batch.Statistics(1).sum());
        var largest = new LargestLogits(batch, wanted);
        var image = batch.Zeros(batch.High - batch.Low, batch.Image.shape[1]);
        var text = batch.Zeros(n, batch.Text.shape[1]);
        foreach (var tile in grid.Tiles())
        {
            using var inner = NewDisposeScope();
            var logits = TileGrid.Products(grid.Buffer(Logits, tile), batch.Image, batch.Text, batch.Scale, tile);
            largest.Take(logits, tile);
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
        var pairs = batch.Mine(largest.Own) + b.to(ScalarType.Float64);
        var byPair = -(-pairs).sigmoid();
        loss = batch.Collective.AllReduceSum(loss - nn.functional.logsigmoid(pairs).sum()) / n;
        byBias = batch.Collective.AllReduceSum(byBias + byPair.sum()) / n;
        var weights = (byPair * (batch.Scale / n)).to(batch.Type).unsqueeze(1);
        image.addcmul_(batch.Mine(batch.Text), weights, 1);
        batch.Mine(text).addcmul_(batch.Mine(batch.Image), weights, 1);
        text = batch.Mine(batch.Collective.AllReduceSum(text));
        var scale = batch.Collective.AllReduceSum(Float64Products.Inner(image, batch.Mine(batch.Image)));
        var result = new ObjectiveGradients(
            loss.to(batch.Type),
            image.to(batch.Local.Image.dtype),
            text.to(batch.Local.Text.dtype),
            scale.reshape(batch.Local.LogitScale.shape).to(batch.Local.LogitScale.dtype),
            [byBias.reshape(bias.shape).to(bias.dtype, bias.device)],
            wanted ? new Dictionary<string, double> { [DiagnosticNames.Accuracy] = largest.Accuracy() } : []
        );
        return result.MoveToOuter();
    }

    /// <summary>Frees the bias.</summary>
    public void Dispose() => bias.Dispose();

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
