using System.Buffers.Binary;
using static TorchSharp.torch;

namespace Research.Training.Processes;

/// <summary>The collective operations.</summary>
enum CollectiveKind
{
    AllGather = 1,
    AllReduceSum = 2,
}

/// <summary>
/// A collective operation as every process must call it: its number in the sequence, which it is, and the tensor's type and shape.
/// Neighbours compare theirs before any data.
/// </summary>
sealed record CollectiveCall(long Number, CollectiveKind Kind, ScalarType Type, long[] Shape)
{
    public const int Bytes = 8 + 4 + 4 + 4 + 8 * MostDimensions;
    const int MostDimensions = 8;

    public static CollectiveCall Of(long number, CollectiveKind kind, Tensor tensor) =>
        tensor.dim() <= MostDimensions
            ? new(number, kind, tensor.dtype, tensor.shape)
            : throw new ArgumentException(
                $"{kind}: a tensor of {tensor.dim()} dimensions; at most {MostDimensions} can be exchanged."
            );

    public byte[] Write()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Number);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), (int)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), (int)Type);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), Shape.Length);
        for (var i = 0; i < Shape.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(20 + 8 * i), Shape[i]);
        return bytes;
    }

    /// <summary>Null where the bytes are no call: no shape is made of a length out of range.</summary>
    public static CollectiveCall? Read(ReadOnlySpan<byte> bytes)
    {
        var dimensions = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]);
        if (dimensions is < 0 or > MostDimensions)
            return null;
        var shape = new long[dimensions];
        for (var i = 0; i < dimensions; i++)
            shape[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(20 + 8 * i)..]);
        return new(
            BinaryPrimitives.ReadInt64LittleEndian(bytes),
            (CollectiveKind)BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            (ScalarType)BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            shape
        );
    }

    /// <summary>"AllGather of Float32 [3, 4] as call 7".</summary>
    public override string ToString() => $"{Kind} of {Type} [{string.Join(", ", Shape)}] as call {Number}";
}
