using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Research.Training.Processes;

/// <summary>What a process tells rank 0 first. All messages have a fixed size, so that nothing is allocated on a stranger's word.</summary>
readonly record struct Hello(int World, int Rank, int Port, Guid Key)
{
    public const int Bytes = 36;
    public const ulong Magic = 0x3147_5250_4853_4552; // "RESHPRG1": the last character counts versions of these messages

    public byte[] Write()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), World);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Rank);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), Port);
        Key.TryWriteBytes(bytes.AsSpan(20));
        return bytes;
    }

    /// <summary>What stands for a key in the message.</summary>
    public static Guid Digest(string key) => new(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16));

    /// <summary>Null where it is no such message.</summary>
    public static Hello? Read(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic
            ? null
            : new(
                BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
                BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
                BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
                new(bytes[20..36])
            );
}

/// <summary>What rank 0 answers when all have come: the group's random name and where the rank above listens; or why it refuses.</summary>
readonly record struct Welcome(Guid Group, IPEndPoint? Above, string? Refusal)
{
    public const int Bytes = 8 + 16 + 16 + 4 + RefusalBytes;
    const int RefusalBytes = 256;

    public byte[] Write()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Hello.Magic);
        Group.TryWriteBytes(bytes.AsSpan(8));
        Above?.Address.MapToIPv6().TryWriteBytes(bytes.AsSpan(24), out _);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40), Above?.Port ?? 0);
        var text = Encoding.UTF8.GetBytes(Refusal ?? "");
        text.AsSpan(0, Math.Min(text.Length, RefusalBytes)).CopyTo(bytes.AsSpan(44));
        return bytes;
    }

    /// <summary>Null where it is no such message.</summary>
    public static Welcome? Read(ReadOnlySpan<byte> bytes)
    {
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Hello.Magic)
            return null;
        var refusal = Encoding.UTF8.GetString(bytes[44..]).TrimEnd('\0');
        if (refusal.Length > 0)
            return new(default, null, refusal);
        var address = new IPAddress(bytes[24..40]);
        var port = BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]);
        return port is < 1 or > IPEndPoint.MaxPort
            ? null
            : new(new(bytes[8..24]), new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port), null);
    }
}

/// <summary>What a process says to the rank above it, which knows the group's name too.</summary>
readonly record struct Neighbour(Guid Group, int Rank)
{
    public const int Bytes = 20;

    public byte[] Write()
    {
        var bytes = new byte[Bytes];
        Group.TryWriteBytes(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), Rank);
        return bytes;
    }

    public static Neighbour Read(ReadOnlySpan<byte> bytes) =>
        new(new(bytes[..16]), BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]));
}
