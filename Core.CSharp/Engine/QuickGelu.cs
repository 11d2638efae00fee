using static TorchSharp.torch;

namespace Research.Engine;

/// <summary>x sigmoid(1.702 x): the approximation of GELU in OpenAI's CLIP weights. Not in TorchSharp.</summary>
public sealed class QuickGelu() : nn.Module<Tensor, Tensor>(nameof(QuickGelu))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return input.mul((input * 1.702).sigmoid()).MoveToOuterDisposeScope();
    }
}
