using Research.Engine;
using Research.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace Research.Encoders;

/// <summary>
/// While it lasts, the encoders' dropout on this thread is a pure function of (seed, row of the batch, place in the network) instead of a
/// draw from the engine's generator. A row is then dropped alike whether it is encoded in the whole batch or in any micro-batch of it, now
/// or again, on a CPU or a GPU. Scopes nest; the innermost counts. Evaluation mode drops nothing, as ever.
/// </summary>
/// <remarks>
/// A mask is 32 bits of hash per element, compared with p x 2^32: row key xor column key, then a finalizer of two multiplications and a
/// shift. On a CPU that is faster than the engine's serial generator.
/// </remarks>
public sealed class DropoutRows : IDisposable
{
    [ThreadStatic]
    static DropoutRows? current;

    readonly DropoutRows? outer = current;
    readonly ulong seed;
    readonly int first;
    readonly int count;
    Tensor? keys;

    DropoutRows(ulong seed, int first, int count) => (this.seed, this.first, this.count) = (seed, first, count);

    /// <summary>Begins a scope for encoding some rows of a batch.</summary>
    /// <param name="seed">Of the step and the encoder: the two sides of a pair must not share their masks.</param>
    /// <param name="first">The place in the whole batch of the first row that is encoded, 0-based.</param>
    /// <param name="count">Rows that are encoded.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="first"/> is negative or <paramref name="count"/> not positive.</exception>
    public static DropoutRows Begin(ulong seed, int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return current = new(seed, first, count);
    }

    internal static DropoutRows? Current => current;

    /// <summary>What makes dropout, at any later time and on any thread, drop what it would drop from now on.</summary>
    /// <exception cref="InvalidOperationException">There is no scope on a device whose generator cannot be wound back.</exception>
    internal static Func<IDisposable> Again(Device device)
    {
        if (current is { } rows)
            return () => Begin(rows.seed, rows.first, rows.count);
        if (device.type != DeviceType.CPU)
            throw new InvalidOperationException(
                $"Dropout in checkpointed blocks on {device} must be drawn by rows: encode within DropoutRows.Begin."
            );
        using var now = torch.random.get_rng_state();
        var state = now.data<byte>().ToArray();
        return () => new WoundBack(state);
    }

    /// <summary>The engine's CPU generator at an earlier position, until it ends.</summary>
    sealed class WoundBack : IDisposable
    {
        readonly Tensor before = torch.random.get_rng_state().DetachFromDisposeScope();

        public WoundBack(byte[] state)
        {
            using var earlier = tensor(state);
            using var generator = Generator.Default;
            RandomState.Set(generator, earlier);
        }

        public void Dispose()
        {
            using var generator = Generator.Default;
            RandomState.Set(generator, before);
            before.Dispose();
        }
    }

    /// <summary>One random int32 a row, B x 1 x 1.</summary>
    internal Tensor Keys(long rows, Device device)
    {
        if (rows != count)
            throw new InvalidOperationException(
                $"Dropout masks were asked for {count} rows, but {rows} are encoded: DropoutRows.Begin takes the rows of one call."
            );
        return keys ??= Bits(seed, first, count).view(-1, 1, 1).to(device).DetachFromDisposeScope();
    }

    /// <summary>Random int32 number i of a seed, for i from <paramref name="start"/>.</summary>
    internal static Tensor Bits(ulong seed, long start, long length)
    {
        var bits = new int[length];
        for (var i = 0; i < bits.Length; i++)
            bits[i] = unchecked((int)Seed.Mix(seed ^ Seed.Mix((ulong)(start + i))));
        return tensor(bits);
    }

    /// <summary>Ends the scope; the one around it, or the engine's generator, counts again.</summary>
    public void Dispose()
    {
        if (current == this)
            current = outer;
        keys?.Dispose();
        keys = null;
    }
}
