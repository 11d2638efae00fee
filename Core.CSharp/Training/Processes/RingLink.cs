using System.Net.Sockets;
using static TorchSharp.torch;

namespace Research.Training.Processes;

/// <summary>
/// A process's place in the ring: what it sends goes to the rank above, what it receives comes from the rank below. Every message has a tag
/// (<see cref="MessageTags"/>): 1.8 ns of processor time a parameter and all-reduce, half again what the all-reduce takes without.
/// </summary>
sealed class RingLink : IDisposable
{
    const int Piece = 1 << 26; // bytes of a tensor at a time, which keeps spans short of 2 GiB
    const int AtOnce = 1 << 16; // what the sockets' buffers surely take, so that no other thread is needed
    const int MessageBytes = 1 << 18; // with a tag of its own; what fits into a processor's cache is tagged fastest
    const int Short = 1 << 12; // travels in one piece with its tag

    readonly Socket left;
    readonly Socket right;
    readonly MessageTags leftTags;
    readonly MessageTags rightTags;
    readonly byte[] arriving = new byte[Short + MessageTags.Bytes];
    readonly byte[] leaving = new byte[Short + MessageTags.Bytes];
    readonly int rank;
    readonly int world;

    /// <summary>A place between two connections, which are this link's from now on.</summary>
    public RingLink(AuthenticatedConnection left, AuthenticatedConnection right, int rank, int world, TimeSpan timeout)
    {
        (this.left, this.right, this.rank, this.world) = (left.Socket, right.Socket, rank, world);
        (leftTags, rightTags) = (left.DataTags(), right.DataTags());
        foreach (var socket in new[] { this.left, this.right })
        {
            socket.NoDelay = true;
            socket.SendBufferSize = socket.ReceiveBufferSize = 1 << 20;
            socket.SendTimeout = socket.ReceiveTimeout = (int)timeout.TotalMilliseconds;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true); // a machine that vanishes says nothing
        }
    }

    /// <summary>The rank that this one receives from.</summary>
    public int Left => (rank + world - 1) % world;

    /// <summary>The rank that this one sends to.</summary>
    public int Right => (rank + 1) % world;

    /// <summary>Sends and receives at once; both tensors are contiguous, of one dimension and on the CPU, and may differ in length.</summary>
    public void Exchange(Tensor outgoing, Tensor incoming)
    {
        if (outgoing.numel() * outgoing.element_size() <= AtOnce)
        {
            Send(outgoing);
            Receive(incoming);
            return;
        }
        var sending = Task.Run(() => Send(outgoing));
        try
        {
            Receive(incoming);
        }
        catch
        {
            Dispose(); // or the sender would wait for its timeout
            Wait(sending);
            throw;
        }
        sending.GetAwaiter().GetResult();
    }

    /// <summary>Sends and receives a few bytes, as many as the other way.</summary>
    public void Exchange(ReadOnlySpan<byte> outgoing, Span<byte> incoming)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(outgoing.Length, AtOnce);
        Send(outgoing);
        Receive(incoming);
    }

    void Send(Tensor tensor)
    {
        foreach (var (start, count) in Pieces(tensor))
        {
            using var piece = tensor.narrow(0, start, count);
            Send(piece.bytes);
        }
    }

    void Receive(Tensor tensor)
    {
        foreach (var (start, count) in Pieces(tensor))
        {
            using var piece = tensor.narrow(0, start, count);
            Receive(piece.bytes);
        }
    }

    static IEnumerable<(long Start, long Count)> Pieces(Tensor tensor)
    {
        var (all, most) = (tensor.numel(), Piece / tensor.element_size());
        for (long start = 0; start < all; start += most)
            yield return (start, Math.Min(most, all - start));
    }

    void Send(ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length > 0; bytes = bytes[Math.Min(MessageBytes, bytes.Length)..])
        {
            var message = bytes[..Math.Min(MessageBytes, bytes.Length)];
            var together = message.Length <= Short ? message.Length : 0;
            var tag = leaving.AsSpan(together, MessageTags.Bytes);
            rightTags.Write(message, tag);
            if (together > 0)
                message.CopyTo(leaving);
            else
                SendWhole(message);
            SendWhole(leaving.AsSpan(0, together + MessageTags.Bytes));
        }
    }

    void Receive(Span<byte> bytes)
    {
        for (; bytes.Length > 0; bytes = bytes[Math.Min(MessageBytes, bytes.Length)..])
        {
            var message = bytes[..Math.Min(MessageBytes, bytes.Length)];
            var together = message.Length <= Short ? message.Length : 0;
            if (together == 0)
                ReceiveWhole(message);
            ReceiveWhole(arriving.AsSpan(0, together + MessageTags.Bytes));
            arriving.AsSpan(0, together).CopyTo(message);
            if (!leftTags.IsRight(message, arriving.AsSpan(together, MessageTags.Bytes)))
                throw new IOException(
                    $"rank {rank} received data with a wrong tag in the place of rank {Left}'s: they were changed on the way, or another program sent them. Start all processes again, in a network that you trust: they resume from the last checkpoint."
                );
        }
    }

    void SendWhole(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0)
                bytes = bytes[right.Send(bytes)..];
        }
        catch (SocketException e)
        {
            throw Lost(Right, e);
        }
    }

    void ReceiveWhole(Span<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0)
            {
                var count = left.Receive(bytes);
                if (count == 0)
                    throw Lost(Left, null);
                bytes = bytes[count..];
            }
        }
        catch (SocketException e)
        {
            throw Lost(Left, e);
        }
    }

    IOException Lost(int other, SocketException? e) =>
        new(
            e?.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock
                ? $"rank {rank} waited for rank {other} longer than the group's Timeout of {TimeSpan.FromMilliseconds(left.ReceiveTimeout)}: see what that process does."
                : $"rank {rank} lost rank {other} of {world}: that process ended, or lost another ({e?.Message ?? "the connection was closed"}). See what it wrote last, and start all processes again: they resume from the last checkpoint.",
            e
        );

    static void Wait(Task sending)
    {
        try
        {
            sending.Wait();
        }
        catch (AggregateException) { } // the receiver's error is the one to hear of
    }

    /// <summary>Closes both connections.</summary>
    public void Dispose()
    {
        left.Dispose();
        right.Dispose();
        leftTags.Dispose();
        rightTags.Dispose();
    }
}
