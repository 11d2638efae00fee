using Research.Objectives;
using Research.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace Core.Tests.Objectives;

/// <summary>Random batches of embeddings for tests, without the engine's generator, so that tests can run side by side.</summary>
static class Batches
{
    public const double Temperature = 0.2;

    public static Tensor Units(int n, int d, ulong seed, ScalarType type = ScalarType.Float64)
    {
        var random = new SeededRandom(seed);
        var values = Enumerable.Range(0, n * d).Select(_ => random.NextDouble() * 2 - 1).ToArray();
        var x = torch.tensor(values, new long[] { n, d });
        return (x / x.square().sum([1L], true).sqrt()).to(type);
    }

    public static EmbeddingBatch Random(
        int n = 9,
        int d = 6,
        ulong seed = 1,
        double temperature = Temperature,
        params int[] unaligned
    ) => Of(Units(n, d, seed), Units(n, d, seed + 1000), temperature, unaligned);

    /// <summary>
    /// A batch of these embeddings. An objective that draws as many rows as <paramref name="unaligned"/> names draws just those, jointly for
    /// both sides.
    /// </summary>
    public static EmbeddingBatch Of(
        Tensor image,
        Tensor text,
        double temperature = Temperature,
        params int[] unaligned
    ) =>
        new(
            image.detach().clone().requires_grad_(),
            text.detach().clone().requires_grad_(),
            torch.tensor(Math.Log(1 / temperature)).to(image.dtype).detach().requires_grad_(),
            0.5
        )
        {
            Random = Drawing(Flags((int)image.shape[0], unaligned)),
        };

    static bool[] Flags(int n, int[] rows) => [.. Enumerable.Range(0, n).Select(rows.Contains)];

    /// <summary>The randomness from which PSD draws these rows, and these captions where it draws them apart: the first step that does.</summary>
    public static StepRandomness Drawing(bool[] images, bool[]? texts = null)
    {
        bool Draws(StepRandomness random, bool[] wanted, string purpose) =>
            Psd.UnalignedRows(wanted.Length, wanted.Count(u => u) / (double)wanted.Length, random.For(purpose))
                .AsSpan()
                .SequenceEqual(wanted);
        return Enumerable
            .Range(0, 1_000_000)
            .Select(step => new StepRandomness(1, step))
            .First(r => Draws(r, images, "partition") && (texts is null || Draws(r, texts, "partition of texts")));
    }

    /// <summary>S of a batch as plain numbers.</summary>
    public static double[,] Logits(EmbeddingBatch batch)
    {
        using var none = no_grad();
        var s = (batch.Image.mm(batch.Text.t()) * batch.LogitScale.exp()).to(ScalarType.Float64).contiguous();
        var n = (int)s.shape[0];
        var flat = s.data<double>().ToArray();
        var result = new double[n, n];
        Buffer.BlockCopy(flat, 0, result, 0, flat.Length * sizeof(double));
        return result;
    }

    public static (double Loss, double[] Gradients) Run(IObjective objective, EmbeddingBatch batch)
    {
        using var scope = NewDisposeScope();
        foreach (var leaf in new[] { batch.Image, batch.Text, batch.LogitScale })
            leaf.grad?.zero_();
        var loss = objective.Forward(batch).Loss;
        loss.backward();
        double[] gradients =
        [
            .. new[] { batch.Image, batch.Text, batch.LogitScale }.SelectMany(leaf =>
                leaf.grad!.to(ScalarType.Float64).reshape(-1).data<double>().ToArray()
            ),
        ];
        return (loss.to(ScalarType.Float64).item<double>(), gradients);
    }

    public static void AssertSame(
        (double Loss, double[] Gradients) a,
        (double Loss, double[] Gradients) b,
        double tolerance = 1e-12
    )
    {
        Xunit.Assert.Equal(a.Loss, b.Loss, tolerance);
        Xunit.Assert.Equal(a.Gradients.Length, b.Gradients.Length);
        for (var i = 0; i < a.Gradients.Length; i++)
            Xunit.Assert.Equal(a.Gradients[i], b.Gradients[i], tolerance);
    }
}
