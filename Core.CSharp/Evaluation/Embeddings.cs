using TorchSharp;
using static TorchSharp.torch;

namespace Research.Evaluation;

/// <summary>Checks of embedding matrices before they are scored.</summary>
static class Embeddings
{
    public static void Check(Tensor x, string name)
    {
        if (x.dim() != 2 || x.shape[0] == 0)
            throw new ArgumentException(
                $"The {name} embeddings are a non-empty matrix of rows, but have shape [{string.Join(", ", x.shape)}]."
            );
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var finite = x.isfinite().all(1).cpu().data<bool>().ToArray();
        var row = Array.IndexOf(finite, false);
        if (row >= 0)
            throw new NotFiniteNumberException(
                $"The {name} embedding in row {row} is not finite: the model has diverged, or its input was not finite."
            );
    }

    public static void CheckSameWidth(Tensor a, string nameOfA, Tensor b, string nameOfB)
    {
        if (a.shape[1] != b.shape[1])
            throw new ArgumentException(
                $"The {nameOfA} embeddings have width {a.shape[1]}, the {nameOfB} embeddings {b.shape[1]}: both must share one space."
            );
    }
}
