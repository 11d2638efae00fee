using Research.Encoders;
using Research.Engine;
using Research.Objectives;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>
/// Gradient caching (Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup"): all rows are embedded in
/// micro-batches without graph, the objective gives the gradients of the embeddings, and a second pass encodes each micro-batch again, with
/// graph, and feeds its rows of the gradient back. Activations are held for one micro-batch of one encoder at a time, however large the batch; the
/// price is the second forward pass. A batch of a single micro-batch is encoded once, and its graph kept.
/// <para>
/// Both passes see the same: rows are made again as a pure function of the step, and dropout masks depend on the row, so that without batch
/// norm the gradient is that of the whole batch in one pass, up to rounding. Batch norm takes its statistics over a micro-batch, in both
/// passes alike, and its running statistics move in the second pass only, once for each micro-batch.
/// </para>
/// </summary>
sealed class GradientCache(DualEncoder model, RowEncoder encoder, RunningStatistics statistics, int microBatch)
{
    const string Stream = "student";
    (Encoded Image, Encoded Text)? whole;

    /// <summary>Embeds all rows. The results have no graph and belong to the current dispose scope.</summary>
    /// <param name="batch">The step.</param>
    /// <param name="features">Whether the image features are wanted as well.</param>
    public (Encoded Image, Encoded Text) Embed(StepBatch batch, bool features)
    {
        whole = null;
        if (batch.Count <= microBatch)
        {
            var image = encoder.Rows(model, Tower.Image, batch, 0, batch.Count, Stream, features);
            var text = encoder.Rows(model, Tower.Text, batch, 0, batch.Count, Stream);
            whole = (image, text);
            return (image.Detach(), text.Detach());
        }
        using var kept = statistics.Keep();
        return (
            encoder.All(model, Tower.Image, batch, microBatch, Stream, features),
            encoder.All(model, Tower.Text, batch, microBatch, Stream)
        );
    }

    /// <summary>Adds to the encoders' gradients what the embeddings' gradients of <see cref="Embed"/>'s rows amount to.</summary>
    public void Backward(StepBatch batch, ObjectiveGradients gradients)
    {
        if (whole is var (image, text))
        {
            Feed(image, gradients.Image, gradients.Features);
            Feed(text, gradients.Text, null);
            whole = null;
            return;
        }
        foreach (var tower in new[] { Tower.Image, Tower.Text }.Where(Moves))
        foreach (var (start, count) in RowEncoder.MicroBatches(batch.Count, microBatch))
        {
            using var scope = NewDisposeScope();
            var features = tower == Tower.Image ? gradients.Features : null;
            var rows = encoder.Rows(model, tower, batch, start, count, Stream, features is not null);
            Feed(
                rows,
                (tower == Tower.Image ? gradients.Image : gradients.Text).narrow(0, start, count),
                features?.narrow(0, start, count)
            );
        }
    }

    /// <summary>Whether a pass in training changes anything of an encoder: none does where all is locked.</summary>
    bool Moves(Tower tower)
    {
        OwningModule encoder = tower == Tower.Image ? model.visual : model.text;
        return encoder.parameters().Any(p => p.requires_grad)
            || encoder.modules().OfType<BatchNorm2d>().Any(n => n.training);
    }

    // A locked part has no graph.
    static void Feed(Encoded rows, Tensor embedding, Tensor? features)
    {
        (Tensor? Own, Tensor? Gradient)[] all = [(rows.Embedding, embedding), (rows.Features, features)];
        var fed = all.Where(p => p.Own is { requires_grad: true } && p.Gradient is not null).ToList();
        if (fed.Count > 0)
            Recomputed.Backward(() =>
                autograd.backward([.. fed.Select(p => p.Own!)], [.. fed.Select(p => p.Gradient!)])
            );
    }
}
