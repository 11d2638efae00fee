using Research.Engine;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Training;

/// <summary>
/// The norm of a model's whole gradient, and clipping by it, with one wait for the device a step: the loss comes along. The arithmetic is
/// PyTorch's clip_grad_norm_: float32, factor min(1, largest / (norm + 1e-6)).
/// </summary>
static class GradientNorm
{
    /// <summary>The loss and the norm of all gradients together, read from the device at once.</summary>
    public static (double Loss, double Norm) Read(Tensor loss, IReadOnlyList<Parameter> parameters)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        Tensor[] gradients = [.. parameters.Select(p => p.grad).OfType<Tensor>()];
        var norm =
            gradients.Length == 0
                ? zeros([], ScalarType.Float64, loss.device)
                : linalg.vector_norm(stack(gradients.Select(g => linalg.vector_norm(g))).to(ScalarType.Float64));
        var both = stack([loss.detach().to(ScalarType.Float64), norm]).to(CPU);
        var values = both.data<double>();
        return (values[0], values[1]);
    }

    /// <summary>Scales all gradients by largest / (norm + 1e-6) where the norm is above the largest.</summary>
    public static void Clip(IReadOnlyList<Parameter> parameters, double norm, double largest)
    {
        var factor = 1 / ((float)norm + 1e-6f) * (float)largest;
        if (factor >= 1)
            return;
        using var none = no_grad();
        using var scope = NewDisposeScope();
        Operators._foreach_mul_([.. parameters.Select(p => p.grad).OfType<Tensor>()], factor);
    }
}
