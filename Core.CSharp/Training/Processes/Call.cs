using System.Buffers.Binary;
using static TorchSharp.torch;

namespace Research.Training.Processes;

/// <summary>What processes can do together.</summary>
enum CallKind
{
    AllGather = 1,
    AllReduceSum = 2,
}

/// <summary>One call as every process must make it: the how manieth, which, and of what tensor. Neighbours compare theirs before any data.</summary>
sealed record Call(long Number, CallKind Kind, ScalarType Type, long[] Shape)
{
    public const int Bytes = 8 + 4 + 4 + 4 + 8 * MostDimensions;
    const int MostDimensions = 8;

    public static Call Of(long number, CallKind kind, Tensor tensor) =>
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

    public static Call Read(ReadOnlySpan<byte> bytes)
    {
        var shape = new long[Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]), 0, MostDimensions)];
        for (var i = 0; i < shape.Length; i++)
            shape[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(20 + 8 * i)..]);
        return new(
            BinaryPrimitives.ReadInt64LittleEndian(bytes),
            (CallKind)BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            (ScalarType)BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            shape
        );
    }

    /// <summary>"AllGather of Float32 [3, 4] as call 7".</summary>
    public override string ToString() => $"{Kind} of {Type} [{string.Join(", ", Shape)}] as call {Number}";
}
