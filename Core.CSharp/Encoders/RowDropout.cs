using Research.Engine;
using Research.Randomness;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Research.Encoders;

/// <summary>
/// Dropout of B x N x width, element by element: in training each is zeroed with probability p and the others are divided by 1 - p. Inside
/// a <see cref="DropoutRows"/> the masks are those of its rows, elsewhere the engine's generator draws them.
/// </summary>
sealed class RowDropout : OwningModule<Tensor, Tensor>
{
    readonly double p;
    readonly ulong place;
    readonly ColumnKeys columns = new();

    /// <param name="p">The probability of zeroing an element, in [0, 1).</param>
    /// <param name="place">Which of a tower's dropouts this is: each has masks of its own.</param>
    public RowDropout(double p, int place)
        : base(nameof(RowDropout)) => (this.p, this.place) = (p, Seed.Derive(0, "dropout columns", place));

    public override Tensor forward(Tensor x)
    {
        if (!training || DropoutRows.Current is not { } rows)
            return F.dropout(x, p, training);
        using var scope = NewDisposeScope();
        return x.masked_fill(Dropped(x, rows), 0).mul(1 / (1 - p)).MoveToOuterDisposeScope();
    }

    Tensor Dropped(Tensor x, DropoutRows rows)
    {
        if (x.shape is not [var batch, var length, var width])
            throw new ArgumentException($"Dropout by rows takes B x N x width, not [{string.Join(", ", x.shape)}].");
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var bits = rows.Keys(batch, x.device).bitwise_xor(columns.Of(place, length, width, x.device)); // B x N x width
        bits.mul_(-1640531535);
        bits = bits.bitwise_xor(bits.bitwise_right_shift(15)).mul_(-2048144789);
        var threshold = (int)Math.Round(p * uint.MaxValue + int.MinValue);
        return bits.lt(threshold).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        columns.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>One random int32 for each element of a row, N x width, kept from step to step.</summary>
    sealed class ColumnKeys : IDisposable
    {
        Tensor? keys;

        public Tensor Of(ulong place, long length, long width, Device device)
        {
            if (keys is not null && keys.shape[0] == length && keys.shape[1] == width && keys.device == device)
                return keys;
            keys?.Dispose();
            return keys = DropoutRows
                .Bits(place, 0, length * width)
                .view(length, width)
                .to(device)
                .DetachFromDisposeScope();
        }

        public void Dispose() => keys?.Dispose();
    }
}
