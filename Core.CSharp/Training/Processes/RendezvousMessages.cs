using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Research.Training.Processes;

/// <summary>What a process claims to be when it contacts rank 0, and the port on which it waits for its neighbour.</summary>
readonly record struct MemberClaim(int World, int Rank, int Port)
{
    public const int Bytes = 12;

    public byte[] Write()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, World);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Rank);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Port);
        return bytes;
    }

    public static MemberClaim Read(ReadOnlySpan<byte> bytes) =>
        new(
            BinaryPrimitives.ReadInt32LittleEndian(bytes),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..])
        );
}

/// <summary>What a process claims to be when it contacts its neighbour in the ring.</summary>
readonly record struct NeighbourClaim(int Rank)
{
    public const int Bytes = 4;

    public byte[] Write()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Rank);
        return bytes;
    }

    public static NeighbourClaim Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadInt32LittleEndian(bytes));
}

/// <summary>What rank 0 answers when all have joined: the group's random name and where the rank above listens; or why it refuses.</summary>
readonly record struct Welcome(Guid Group, IPEndPoint? Above, string? Refusal)
{
    public const int Bytes = 16 + 16 + 4 + RefusalBytes;
    const int RefusalBytes = 256;

    public byte[] Write()
    {
        var bytes = new byte[Bytes];
        Group.TryWriteBytes(bytes);
        Above?.Address.MapToIPv6().TryWriteBytes(bytes.AsSpan(16), out _);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(32), Above?.Port ?? 0);
        Encoding.UTF8.GetBytes(Refusal ?? "", bytes.AsSpan(36));
        return bytes;
    }

    /// <exception cref="InvalidDataException">The port is none.</exception>
    public static Welcome Read(ReadOnlySpan<byte> bytes)
    {
        var refusal = Encoding.UTF8.GetString(bytes[36..]).TrimEnd('\0');
        if (refusal.Length > 0)
            return new(default, null, refusal);
        var address = new IPAddress(bytes[16..32]);
        var port = BinaryPrimitives.ReadInt32LittleEndian(bytes[32..]);
        return port is < 1 or > IPEndPoint.MaxPort
            ? throw new InvalidDataException($"the rank above is said to listen on port {port}")
            : new(new(bytes[..16]), new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port), null);
    }
}
