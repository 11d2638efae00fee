using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>Every objective's first step: check the batch, and compute all cosine similarities times the logit scale.</summary>
static class Similarity
{
    /// <summary>S = V T^t / tau (N x N): row i holds image i's logits over the captions.</summary>
    public static Tensor Logits(Tensor image, Tensor text, Tensor logitScale) => image.mm(text.t()) * logitScale.exp();

    /// <summary>Refuses a batch that no objective can use. Reads everything it needs from a device at once.</summary>
    /// <returns>The logit scale, ln(1/tau).</returns>
    public static double Check(EmbeddingBatch batch, string objective, int processes = 1)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var n = Rows(batch.Image, "image", objective);
        Require(batch.Text, "text", n, batch.Image.shape[1], objective);
        if (
            batch.Captions is { } captions
            && (captions.dtype != ScalarType.Int64 || captions.dim() != 1 || captions.shape[0] != n)
        )
            throw new ArgumentException(
                $"{objective}: the captions' numbers are {n} of int64, one for each pair, but are {captions.dtype} of shape "
                    + $"[{string.Join(", ", captions.shape)}]."
            );
        if (n * processes < 2)
            throw new ArgumentException(
                $"{objective}: a batch of {n} has no negatives; a contrastive loss needs at least 2 pairs."
            );
        var scale = CheckUnit(objective, batch.LogitScale, (batch.Image, "image"), (batch.Text, "text"));
        if (!double.IsFinite(scale))
            throw new NotFiniteNumberException($"{objective}: the logit scale is {scale}.", scale);
        return scale;
    }

    public static (Tensor Image, Tensor Text) Teacher(EmbeddingBatch batch, string objective)
    {
        if (batch.TeacherImage is null || batch.TeacherText is null)
            throw new ArgumentException($"{objective}: the teacher's embeddings are missing from the batch.");
        var n = batch.Image.shape[0];
        var width = Width(batch.TeacherImage, "teacher image", n, objective);
        Require(batch.TeacherText, "teacher text", n, width, objective);
        CheckUnit(objective, null, (batch.TeacherImage, "teacher image"), (batch.TeacherText, "teacher text"));
        return (batch.TeacherImage.detach(), batch.TeacherText.detach());
    }

    static long Rows(Tensor x, string name, string objective) =>
        x.dim() == 2
            ? x.shape[0]
            : throw new ArgumentException(
                $"{objective}: {name} embeddings are N x d, but have shape [{string.Join(", ", x.shape)}]."
            );

    static long Width(Tensor x, string name, long n, string objective) =>
        Rows(x, name, objective) == n
            ? x.shape[1]
            : throw new ArgumentException(
                $"{objective}: {n} image embeddings, but {x.shape[0]} {name} embeddings; row i of each is pair i."
            );

    static void Require(Tensor x, string name, long n, long width, string objective)
    {
        if (Width(x, name, n, objective) != width)
            throw new ArgumentException(
                $"{objective}: {name} embeddings have width {x.shape[1]}, not {width}; both sides must have the same width."
            );
    }

    /// <summary>Checks that rows are unit vectors, and reads a number in the same transfer.</summary>
    /// <returns>The number; 0 without one.</returns>
    static double CheckUnit(string objective, Tensor? along, params ReadOnlySpan<(Tensor Rows, string Name)> sides)
    {
        const double tolerance = 1e-2; // lets bfloat16 rows pass that were normalised before rounding
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var norms = new Tensor[sides.Length];
        var facts = new Tensor[sides.Length + 1];
        for (var i = 0; i < sides.Length; i++)
        {
            norms[i] = sides[i].Rows.detach().to(ScalarType.Float32).square().sum(1).sqrt();
            facts[i] = (norms[i] - 1).abs().max().to(ScalarType.Float64);
        }
        facts[^1] = (along?.detach() ?? zeros_like(facts[0])).to(ScalarType.Float64).reshape([]);
        var values = stack(facts).cpu().data<double>();
        for (var i = 0; i < sides.Length; i++)
            if (!(values[i] <= tolerance))
                throw NotUnit(objective, norms[i], sides[i].Name, tolerance);
        return values[sides.Length];
    }

    static Exception NotUnit(string objective, Tensor norms, string name, double tolerance)
    {
        var values = norms.to(ScalarType.Float64).cpu().data<double>().ToArray();
        var row = Array.FindIndex(values, v => !double.IsFinite(v));
        if (row >= 0)
            return new NotFiniteNumberException(
                $"{objective}: row {row} of the {name} embeddings is not finite.",
                values[row]
            );
        row = Array.FindIndex(values, v => Math.Abs(v - 1) > tolerance);
        return new ArgumentException(
            $"{objective}: row {row} of the {name} embeddings has norm {values[row]:g6}; rows must be normalised to length 1."
        );
    }

    public static double item_double(this Tensor x) => x.detach().to(ScalarType.Float64).item<double>();
}
