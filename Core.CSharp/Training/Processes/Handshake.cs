using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace Research.Training.Processes;

/// <summary>
/// Challenge and response on a new connection. Each side draws a nonce and proves by HMAC-SHA256 over both nonces and its role that it has
/// the secret, which is never sent; a recorded handshake proves nothing later.
/// <list type="number">
/// <item>connector: magic, nonce (40 bytes)</item>
/// <item>listener: magic, nonce, proof (72 bytes)</item>
/// <item>connector: claim, proof that covers it (the claim's size + 32 bytes)</item>
/// </list>
/// The listener proves itself first: whoever holds the port in rank 0's place sees one random nonce, against which not even a guess of the
/// key can be tried. All sizes are fixed, so nothing is allocated on a stranger's word.
/// </summary>
static class Handshake
{
    public const int NonceBytes = 32;
    public const int OpeningBytes = 8 + NonceBytes;
    public const int ChallengeBytes = OpeningBytes + AuthenticatedConnection.TagBytes;

    static ReadOnlySpan<byte> Magic => "RESHPRG2"u8; // the last character counts versions of the messages

    /// <summary>
    /// The connector's side. The claim, what the connector says of itself, is sent only once the listener has proved that it has the secret.
    /// The socket is the returned connection's, or closed.
    /// </summary>
    /// <exception cref="AuthenticationException">The listener does not have the secret.</exception>
    /// <exception cref="InvalidDataException">It speaks of other things.</exception>
    /// <exception cref="EndOfStreamException">It closed the connection.</exception>
    /// <exception cref="SocketException">The connection broke.</exception>
    public static async Task<AuthenticatedConnection> Connect(
        Socket socket,
        byte[] secret,
        byte[] claim,
        CancellationToken cancellation
    )
    {
        try
        {
            var opening = Opening();
            await Wire.Send(socket, opening, cancellation);
            var challenge = await Wire.Receive(socket, ChallengeBytes, cancellation);
            RequireMagic(challenge);
            var nonces = Nonces(opening, challenge);
            if (!Wire.Equal(challenge.AsSpan(OpeningBytes), Proof(secret, nonces)))
                throw new AuthenticationException("the listener does not have the secret");
            var connection = new AuthenticatedConnection(socket, SessionKey(secret, nonces));
            await connection.Send(Role.Connector, claim, cancellation);
            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The listener's side. The socket is the returned connection's, or closed.</summary>
    /// <inheritdoc cref="Connect" path="/exception"/>
    public static async Task<(AuthenticatedConnection Connection, byte[] Claim)> Accept(
        Socket socket,
        byte[] secret,
        int claimBytes,
        CancellationToken cancellation
    )
    {
        try
        {
            var opening = await Wire.Receive(socket, OpeningBytes, cancellation);
            RequireMagic(opening);
            var challenge = Opening();
            var nonces = Nonces(opening, challenge);
            await Wire.Send(socket, [.. challenge, .. Proof(secret, nonces)], cancellation);
            var connection = new AuthenticatedConnection(socket, SessionKey(secret, nonces));
            return (connection, await connection.Receive(Role.Connector, claimBytes, cancellation));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    static byte[] Opening() => [.. Magic, .. RandomNumberGenerator.GetBytes(NonceBytes)];

    static void RequireMagic(byte[] message)
    {
        if (!message.AsSpan().StartsWith(Magic))
            throw new InvalidDataException("no message of a group of processes");
    }

    static byte[] Nonces(byte[] opening, byte[] challenge) =>
        [.. opening.AsSpan(8, NonceBytes), .. challenge.AsSpan(8, NonceBytes)];

    static byte[] Proof(byte[] secret, byte[] nonces) => Wire.Hmac(secret, [.. Magic, .. "listener"u8, .. nonces]);

    static byte[] SessionKey(byte[] secret, byte[] nonces) => Wire.Hmac(secret, [.. Magic, .. "session"u8, .. nonces]);
}
