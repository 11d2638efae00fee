using Research.Engine;
using Research.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Encoders;

/// <summary>
/// Leaves a part of the patches out in training, B x N x width to B x M x width (Li et al. 2023; open_clip's PatchDropout): of n patches
/// max(1, floor((1 - p) n)) stay, drawn for each image, in their order, behind the class token. Inside a <see cref="DropoutRows"/> the draw is
/// a function of the row, elsewhere the engine's generator makes it.
/// </summary>
/// <param name="p">The part to leave out, in [0, 1).</param>
/// <param name="classToken">Whether the first token is a class token, which stays.</param>
sealed class PatchDropout(double p, bool classToken) : OwningModule<Tensor, Tensor>(nameof(PatchDropout))
{
    static readonly ulong place = Seed.Derive(0, "patch dropout columns");

    public override Tensor forward(Tensor x)
    {
        if (!training)
            return x.alias();
        using var scope = NewDisposeScope();
        var first = classToken ? 1 : 0;
        var (batch, patches) = (x.shape[0], x.shape[1] - first);
        var kept = Kept(batch, patches, Staying(patches, p), x.device); // B x M
        if (first > 0)
            kept = cat([zeros_like(kept.narrow(1, 0, 1)), kept + 1], 1);
        return x.gather(1, kept.unsqueeze(2).expand(-1, -1, x.shape[2])).MoveToOuterDisposeScope();
    }

    /// <summary>How many of n patches stay.</summary>
    public static long Staying(long patches, double p) => Math.Max(1, (long)(patches * (1 - p)));

    static Tensor Kept(long batch, long patches, long staying, Device device)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        Tensor order;
        if (DropoutRows.Current is { } rows)
        {
            var columns = DropoutRows.Bits(place, 0, patches).to(device);
            var bits = rows.Keys(batch, device).view(-1, 1).bitwise_xor(columns); // B x N
            bits.mul_(-1640531535);
            bits = bits.bitwise_xor(bits.bitwise_right_shift(15)).mul_(-2048144789);
            // The patch's number in the low bits makes all keys of a row different.
            order = bits.to(ScalarType.Int64).mul_(patches).add_(arange(patches, device: device));
        }
        else
            order = rand([batch, patches], device: device);
        var (_, indices) = order.topk((int)staying, 1);
        return indices.sort(1).Values.MoveToOuterDisposeScope();
    }
}
