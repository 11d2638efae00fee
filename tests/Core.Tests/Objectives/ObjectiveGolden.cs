using Research.Engine;
using Research.Objectives;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>
/// A golden file of objectives, "CASE/loss", "CASE/image", ..., beside the inputs that all its cases share; and the comparison of an
/// objective's plain and tiled form with a case. Belongs to the dispose scope that it was read in.
/// </summary>
sealed class ObjectiveGolden(string file)
{
    readonly Dictionary<string, Tensor> entries = Safetensors.Load(
        Path.Combine(AppContext.BaseDirectory, "golden", file + ".safetensors")
    );

    public Tensor this[string key] => entries[key];

    public bool[] Flags(string key) => entries[key].data<bool>().ToArray();

    /// <summary>The generator's cases.</summary>
    public IEnumerable<string> Cases => entries.Keys.Where(k => k.EndsWith("/loss")).Select(k => k[..^5]).Order();

    /// <summary>
    /// Fails unless loss and every gradient, in both forms, are within tolerance times the case's largest entry. What the case has no
    /// entry for must be zero.
    /// </summary>
    public void Check(string name, IObjective objective, EmbeddingBatch batch, Tiling tiling, double tolerance)
    {
        foreach (var (key, parameter) in objective.Parameters.Select(p => (p.Name, p.Parameter)))
        {
            using var none = no_grad();
            parameter.copy_(entries[key]);
        }
        Compare("plain", AutogradGradients.Of(objective, batch));
        Compare("tiled", objective.Gradients(batch, tiling));

        void Compare(string form, ObjectiveGradients actual)
        {
            Assert.Equal(batch.Image.dtype, actual.Loss.dtype);
            Entry("loss", actual.Loss, tolerance);
            Entry("image", actual.Image, tolerance);
            Entry("text", actual.Text, tolerance);
            Entry("log_scale", actual.LogitScale, tolerance);
            if (entries.ContainsKey($"{name}/features"))
                Entry("features", actual.Features!, tolerance);
            for (var i = 0; i < objective.Parameters.Count; i++)
                Entry(objective.Parameters[i].Name, actual.Parameters[i], Math.Max(tolerance, 2e-7)); // they are float32

            void Entry(string key, Tensor value, double bound)
            {
                if (!entries.TryGetValue($"{name}/{key}", out var expected))
                {
                    Assert.Equal(0, value.abs().max().to(ScalarType.Float64).item<double>());
                    return;
                }
                Assert.Equal(expected.shape, value.shape);
                var error = (value.detach().to(ScalarType.Float64) - expected).abs().max().item<double>();
                var size = expected.abs().max().item<double>();
                Assert.True(
                    error <= bound * size,
                    $"{name}, {form}, {key}: off by {error:g3} where the largest entry is {size:g3}"
                );
            }
        }
    }
}
