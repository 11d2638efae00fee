using System.Net.Sockets;
using System.Security.Cryptography;

namespace Research.Training.Processes;

/// <summary>Whole messages on a socket, and what proves whose they are.</summary>
static class Wire
{
    public static async Task Send(Socket socket, byte[] message, CancellationToken cancellation)
    {
        for (var sent = 0; sent < message.Length; )
            sent += await socket.SendAsync(message.AsMemory(sent), cancellation);
    }

    /// <summary>So many bytes, never one more.</summary>
    public static async Task<byte[]> Receive(Socket socket, int size, CancellationToken cancellation)
    {
        var message = new byte[size];
        for (var received = 0; received < size; )
        {
            var count = await socket.ReceiveAsync(message.AsMemory(received), cancellation);
            received += count > 0 ? count : throw new EndOfStreamException("the connection was closed");
        }
        return message;
    }

    public static byte[] Hmac(byte[] key, byte[] message) => HMACSHA256.HashData(key, message);

    /// <summary>In a time that does not depend on where they differ.</summary>
    public static bool Equal(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) =>
        CryptographicOperations.FixedTimeEquals(a, b);
}
