using Research.Objectives;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>Compares the tiled closed form of an objective with its plain form under autograd.</summary>
static class Agreement
{
    /// <summary>
    /// Fails unless the losses agree and every gradient's difference has at most tolerance times the norm of the gradient. Sums that
    /// cancel are held to the size of their terms instead: the gradients by scale and parameters, sums over all entries, to the norm of
    /// those by the embeddings, and any gradient to the given part of |t| / (tau sqrt N), the terms of which embeddings' gradients are sums.
    /// </summary>
    public static void Check(
        IObjective objective,
        EmbeddingBatch batch,
        Tiling tiling,
        double tolerance,
        double leastPart = 1e-3,
        ObjectiveGradients? expected = null
    )
    {
        using var scope = NewDisposeScope();
        expected ??= AutogradGradients.Of(objective, batch);
        var actual = objective.Gradients(batch, tiling);
        var (a, b) = (expected.Loss.item_double(), actual.Loss.item_double());
        Assert.True(
            Math.Abs(a - b) <= tolerance * Math.Max(1, Math.Abs(a)),
            $"{objective}, N = {batch.Image.shape[0]}, {tiling}: loss {b:r} is not {a:r}"
        );
        Compare("image", expected.Image, actual.Image);
        Compare("text", expected.Text, actual.Text);
        Compare("logit scale", expected.LogitScale, actual.LogitScale, Norm(expected.Image));
        if (expected.Features is not null)
            Compare("features", expected.Features, actual.Features!);
        Assert.Equal(expected.Parameters.Count, actual.Parameters.Count);
        for (var i = 0; i < expected.Parameters.Count; i++)
            Compare(objective.Parameters[i].Name, expected.Parameters[i], actual.Parameters[i], Norm(expected.Image));
        Assert.Equal(expected.Diagnostics.Keys.Order(), actual.Diagnostics.Keys.Order());
        foreach (var (name, value) in expected.Diagnostics)
            Assert.True(
                Math.Abs(value - actual.Diagnostics[name]) <= 10 * tolerance * Math.Max(1, Math.Abs(value)),
                $"{objective}, {name}: {actual.Diagnostics[name]:r} is not {value:r}"
            );

        void Compare(string what, Tensor x, Tensor y, double least = 0)
        {
            Assert.Equal(x.shape, y.shape);
            var error = Norm(y.to(ScalarType.Float64) - x.to(ScalarType.Float64));
            var floor = Math.Exp(batch.LogitScale.item_double()) / Math.Sqrt(batch.Image.shape[0]) * leastPart;
            var size = Math.Max(Norm(x), Math.Max(floor, least));
            var bound = y.dtype == ScalarType.Float32 ? Math.Max(tolerance, 1e-6) : tolerance;
            Assert.True(
                error <= bound * size,
                $"{objective}, N = {batch.Image.shape[0]}, {tiling}: the gradient by {what} is off by {error:g3} where its norm is {Norm(x):g3}"
            );
        }
    }

    static double Norm(Tensor x) => Math.Sqrt(x.to(ScalarType.Float64).square().sum().item<double>());

    static double item_double(this Tensor x) => x.detach().to(ScalarType.Float64).item<double>();
}
