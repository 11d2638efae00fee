using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Research.Training.Processes;

/// <summary>
/// Listens, and hands out the connections that prove that they have a secret. Handshakes go on side by side, so one that says nothing, or
/// says it slowly, keeps nobody waiting. At most <see cref="MostUnproven"/> are under way: a further connection ends the oldest of them.
/// Of each, no more than a handshake's bytes are read, and all end with the listener.
/// </summary>
sealed class HandshakeListener : IDisposable
{
    public const int MostUnproven = 128;

    readonly Socket listener;
    readonly byte[] secret;
    readonly int claimBytes;
    readonly CancellationTokenSource closed = new();
    readonly LinkedList<Socket> unproven = [];
    readonly Channel<(AuthenticatedConnection Connection, byte[] Claim)> proven = Channel.CreateUnbounded<(
        AuthenticatedConnection,
        byte[]
    )>();
    int refused;

    /// <param name="listener">A listening socket, this object's from now on.</param>
    /// <param name="secret">What every connection has to prove that it has.</param>
    /// <param name="claimBytes">The size of what a connection says of itself.</param>
    public HandshakeListener(Socket listener, byte[] secret, int claimBytes)
    {
        (this.listener, this.secret, this.claimBytes) = (listener, secret, claimBytes);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _ = Task.Run(AcceptAll);
    }

    public int Port { get; }

    /// <summary>How many connections ended without the proof.</summary>
    public int Refused => Volatile.Read(ref refused);

    /// <summary>The next connection that has given the proof, the caller's from now on, and what it claims to be.</summary>
    /// <exception cref="SocketException">The system hands out no more connections.</exception>
    public async Task<(AuthenticatedConnection Connection, byte[] Claim)> Next(CancellationToken cancellation)
    {
        try
        {
            return await proven.Reader.ReadAsync(cancellation);
        }
        catch (ChannelClosedException e) when (e.InnerException is SocketException why)
        {
            throw why;
        }
    }

    async Task AcceptAll()
    {
        try
        {
            while (true)
                try
                {
                    _ = Greet(await listener.AcceptAsync(closed.Token));
                }
                catch (SocketException e)
                    when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset) { } // it left before its turn
        }
        catch (Exception e)
        {
            proven.Writer.TryComplete(e);
        }
    }

    async Task Greet(Socket socket)
    {
        var place = Admit(socket);
        try
        {
            var accepted = await Handshake.Accept(socket, secret, claimBytes, closed.Token);
            if (!proven.Writer.TryWrite(accepted))
                accepted.Connection.Dispose();
        }
        catch (Exception) // whatever a stranger does is its own affair
        {
            Interlocked.Increment(ref refused);
        }
        finally
        {
            lock (unproven)
                if (place.List is not null)
                    unproven.Remove(place);
        }
    }

    LinkedListNode<Socket> Admit(Socket socket)
    {
        lock (unproven)
        {
            if (unproven.Count == MostUnproven)
            {
                unproven.First!.Value.Dispose();
                unproven.RemoveFirst();
            }
            return unproven.AddLast(socket);
        }
    }

    /// <summary>Listens no more, and ends every connection that was not handed out.</summary>
    public void Dispose()
    {
        closed.Cancel();
        listener.Dispose();
        proven.Writer.TryComplete();
        while (proven.Reader.TryRead(out var left))
            left.Connection.Dispose();
    }
}
