using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace Research.Training.Processes;

/// <summary>Who speaks on a connection.</summary>
enum Role : byte
{
    Connector = 1,
    Listener = 2,
}

/// <summary>
/// A connection whose ends share a key of this connection alone (see <see cref="Handshake"/>). Each side sends at most one message this way,
/// with an HMAC-SHA256 tag over its role and the message; a ring's data have tags of their own (<see cref="MessageTags"/>).
/// </summary>
sealed class AuthenticatedConnection(Socket socket, byte[] key) : IDisposable
{
    public const int TagBytes = HMACSHA256.HashSizeInBytes;

    /// <summary>The connection itself, for those who tag their messages themselves.</summary>
    public Socket Socket => socket;

    public IPAddress LocalAddress => ((IPEndPoint)socket.LocalEndPoint!).Address;

    public IPAddress RemoteAddress => ((IPEndPoint)socket.RemoteEndPoint!).Address;

    /// <summary>The tags of the data that the connector sends from now on; one for each end.</summary>
    public MessageTags DataTags() => new(Wire.Hmac(key, [.. "data"u8]));

    /// <exception cref="SocketException">The connection broke.</exception>
    public Task Send(Role sender, byte[] message, CancellationToken cancellation) =>
        Wire.Send(socket, [.. message, .. Tag(sender, message)], cancellation);

    /// <summary>The other side's message; its size is given without the tag.</summary>
    /// <exception cref="AuthenticationException">The tag is wrong.</exception>
    /// <exception cref="EndOfStreamException">The other side closed the connection.</exception>
    /// <exception cref="SocketException">The connection broke.</exception>
    public async Task<byte[]> Receive(Role sender, int size, CancellationToken cancellation)
    {
        var bytes = await Wire.Receive(socket, size + TagBytes, cancellation);
        var message = bytes[..size];
        return Wire.Equal(bytes.AsSpan(size), Tag(sender, message))
            ? message
            : throw new AuthenticationException("a message's tag is wrong");
    }

    byte[] Tag(Role sender, byte[] message) => Wire.Hmac(key, [(byte)sender, .. message]);

    public void Dispose() => socket.Dispose();
}
