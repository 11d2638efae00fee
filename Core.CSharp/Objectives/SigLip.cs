using Research.Objectives.Tiled;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Research.Objectives;

/// <summary>
/// SigLIP (Zhai et al., ICCV 2023): every pair of an image and a caption is a yes-or-no question of its own,
/// <code>L = -1/N sum_ij log sigmoid( z_ij (t s_ij + b) )    z_ii = 1, z_ij = -1 for j != i</code>
/// with s the cosines, t = e^{t'} the logit scale and a learnable bias b. Initially t' = ln 10 and b = -10, so that training starts near
/// the prior that few pairs match [R]. The weights of an optimizer's decay do not apply to the bias.
/// </summary>
public sealed class SigLip : ContrastiveObjective, IDisposable
{
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
                "The initial bias is a finite number."
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
        return new(loss.MoveToOuterDisposeScope(), new Diagnostics(batch.WantDiagnostics).Accuracy(logits).Values);
    }

    /// <inheritdoc/>
    public override ObjectiveGradients Gradients(EmbeddingBatch batch, Tiling tiling, ICollective? collective = null)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        return SigmoidGradients.Of(Share(batch, tiling, collective), bias, tiling).MoveToOuter();
    }

    /// <summary>Frees the bias.</summary>
    public void Dispose() => bias.Dispose();

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
