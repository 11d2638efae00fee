using TorchSharp;
using static TorchSharp.torch;

namespace Research.Objectives.Tiled;

/// <summary>
/// The global batch as one process works on it: all processes' embeddings, detached and in the type of the sums, and the range of image rows
/// for which this process is responsible. A single process has all rows.
/// </summary>
sealed class SharedBatch
{
    public SharedBatch(EmbeddingBatch batch, double logitScale, ICollective? collective, ScalarType? sums = null)
    {
        Local = batch;
        Collective = collective ?? SingleProcess.Instance;
        LossType = batch.Image.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        Type = sums ?? LossType;
        var rows = batch.Image.shape[0];
        (Count, Low, High) = (rows * Collective.World, rows * Collective.Rank, rows * (Collective.Rank + 1));
        Image = Gather(batch.Image);
        Text = Gather(batch.Text);
        Scale = Type == ScalarType.Float64 ? Math.Exp(logitScale) : (float)Math.Exp(logitScale);
    }

    public EmbeddingBatch Local { get; }
    public ICollective Collective { get; }

    /// <summary>float32, or float64 when the embeddings are.</summary>
    public ScalarType LossType { get; }

    /// <summary>The type of the logits and of all sums over them: the loss's type, or float64 where an objective asks for it.</summary>
    public ScalarType Type { get; }
    public Device Device => Image.device;

    /// <summary>N x d, of all processes.</summary>
    public Tensor Image { get; }

    /// <summary>N x d, of all processes.</summary>
    public Tensor Text { get; }

    /// <summary>N, the rows of all processes.</summary>
    public long Count { get; }

    /// <summary>The first of this process's rows.</summary>
    public long Low { get; }

    /// <summary>One past the last of this process's rows.</summary>
    public long High { get; }

    /// <summary>1/tau, rounded to the type of the sums like the products it multiplies.</summary>
    public double Scale { get; }

    public Tensor Gather(Tensor local) => Collective.AllGather(local.detach().to(Type).contiguous());

    /// <summary>N numbers, everybody's: equal where captions are.</summary>
    public Tensor Captions() =>
        Local.Captions is { } own
            ? Collective.AllGather(own.detach().to(ScalarType.Int64, Device).contiguous())
            : torch.arange(Count, device: Device);

    /// <summary>N values of lines of which each process has computed its own rows', complete.</summary>
    public Tensor GatherRows(Tensor lines) => Collective.AllGather(Mine(lines).contiguous());

    public Tensor Mine(Tensor global) => global.narrow(0, Low, High - Low);

    /// <summary>Zeros in the type of the sums.</summary>
    public Tensor Zeros(params long[] shape) => torch.zeros(shape, Type, Device);

    /// <summary>Zeros for sums over tiles and for statistics of lines, always float64.</summary>
    public Tensor Statistics(long count) => torch.zeros([count], ScalarType.Float64, Device);
}
