using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Research.Training.Processes;

/// <summary>
/// How the processes of a group find each other. Rank 0 listens where all know; every other rank listens on a port of the system's choice,
/// tells rank 0 which, and hears from it where the rank above it listens, and the group's random name. Then each connects to the rank
/// above it and shows the name. Who says anything else is not of the group, and is passed over.
/// </summary>
sealed class Rendezvous(ProcessGroupOptions options, CancellationToken cancellation)
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(5); // with one that connects and then says nothing
    static readonly TimeSpan pause = TimeSpan.FromMilliseconds(20);
    readonly Stopwatch clock = Stopwatch.StartNew();

    string Place => $"{options.Address}:{options.Port}";

    /// <exception cref="TimeoutException">Not all came in time; the message names who is missing.</exception>
    /// <exception cref="IOException">The port is taken, the host unknown, rank 0 refuses this process, or another one went away.</exception>
    public RingLink Join(Action<int>? listening)
    {
        try
        {
            return options.Rank == 0 ? Gather(listening) : Come();
        }
        catch (SocketException e)
        {
            throw new IOException(
                $"rank {options.Rank}: a process of the group went away before all {options.World} had met at {Place} ({e.Message}); start all of them again.",
                e
            );
        }
    }

    RingLink Gather(Action<int>? listening)
    {
        using var listener = Listen(Resolve(), options.Port);
        listening?.Invoke(((IPEndPoint)listener.LocalEndPoint!).Port);
        var members = new (Socket Socket, IPEndPoint Listens)?[options.World];
        try
        {
            while (Missing(members) is { Length: > 0 } missing)
            {
                var socket = Accept(
                    listener,
                    () =>
                        $"rank{(missing.Contains(',') ? "s" : "")} {missing} of {options.World} did not come to {Place}"
                );
                if (Greet(socket, members) is { } hello)
                    members[hello.Rank] = (socket, new(((IPEndPoint)socket.RemoteEndPoint!).Address, hello.Port));
                else
                    socket.Dispose();
            }
            var group = Guid.NewGuid();
            for (var rank = 1; rank < options.World; rank++)
            {
                var above = members[(rank + 1) % options.World]?.Listens ?? (IPEndPoint)listener.LocalEndPoint!;
                members[rank]!.Value.Socket.Send(new Welcome(group, above, null).Write());
            }
            return Meet(listener, group, members[1]!.Value.Listens);
        }
        finally
        {
            foreach (var member in members)
                member?.Socket.Dispose();
        }
    }

    RingLink Come()
    {
        using var first = Connect(new(Resolve(), options.Port));
        using var listener = Listen(((IPEndPoint)first.LocalEndPoint!).Address, 0);
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        first.Send(new Hello(options.World, options.Rank, port, Hello.Digest(options.Key)).Write());
        var bytes = new byte[Welcome.Bytes];
        if (!Receive(first, bytes, Left) || Welcome.Read(bytes) is not { } welcome)
            throw clock.Elapsed < options.JoinTimeout
                ? new IOException(
                    $"rank {options.Rank}: what listens at {Place} closed the connection or is no rank 0 of a group; see what rank 0 wrote, or correct MASTER_ADDR and MASTER_PORT."
                )
                : new TimeoutException(
                    $"rank {options.Rank}: not all {options.World} processes came to {Place} within {options.JoinTimeout}; rank 0 says which."
                );
        return welcome.Refusal is { } refusal
            ? throw new IOException($"rank {options.Rank} was refused by rank 0 at {Place}: {refusal}")
            : Meet(listener, welcome.Group, welcome.Above!);
    }

    /// <summary>Connects to the rank above, and waits for the one below.</summary>
    RingLink Meet(Socket listener, Guid group, IPEndPoint above)
    {
        var right = Connect(above);
        try
        {
            right.Send(new Neighbour(group, options.Rank).Write());
            var below = new Neighbour(group, (options.Rank + options.World - 1) % options.World);
            while (true)
            {
                var left = Accept(listener, () => $"rank {below.Rank} did not connect to rank {options.Rank}");
                var bytes = new byte[Neighbour.Bytes];
                if (Receive(left, bytes, patience) && Neighbour.Read(bytes) == below)
                    return new(left, right, options.Rank, options.World, options.Timeout);
                left.Dispose();
            }
        }
        catch
        {
            right.Dispose();
            throw;
        }
    }

    /// <summary>What a newcomer says of itself; null where it does not belong to the group, which it is told.</summary>
    Hello? Greet(Socket socket, (Socket, IPEndPoint)?[] members)
    {
        var bytes = new byte[Hello.Bytes];
        if (!Receive(socket, bytes, patience) || Hello.Read(bytes) is not { } hello)
            return null;
        var refusal =
            hello.Key != Hello.Digest(options.Key) ? $"its key ({ProcessGroupOptions.KeyVariable}) is not the group's"
            : hello.World != options.World
                ? $"it is one of {hello.World} processes (WORLD_SIZE), but the group has {options.World}"
            : hello.Rank < 1 || hello.Rank >= options.World ? $"ranks (RANK) beside rank 0 are 1 to {options.World - 1}"
            : members[hello.Rank] is not null ? "another process came with the same rank (RANK)"
            : hello.Port is < 1 or > IPEndPoint.MaxPort ? $"its port is {hello.Port}"
            : null;
        if (refusal is null)
            return hello;
        try
        {
            socket.Send(new Welcome(default, null, refusal).Write());
        }
        catch (SocketException) { } // it does not wait to hear why
        return null;
    }

    static string Missing((Socket, IPEndPoint)?[] members) =>
        string.Join(", ", Enumerable.Range(1, members.Length - 1).Where(r => members[r] is null));

    TimeSpan Left =>
        options.JoinTimeout - clock.Elapsed is var left && left > TimeSpan.Zero ? left : TimeSpan.FromTicks(1);

    IPAddress Resolve()
    {
        try
        {
            var found = Dns.GetHostAddresses(options.Address);
            return found.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
        }
        catch (Exception e) when (e is SocketException or IndexOutOfRangeException)
        {
            throw new IOException(
                $"the host '{options.Address}' (MASTER_ADDR), where rank 0 listens, is unknown: {e.Message}",
                e
            );
        }
    }

    Socket Listen(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException(
                $"rank {options.Rank} cannot listen at {address}:{port} ({e.Message}): name a free port (MASTER_PORT) and an address of this machine (MASTER_ADDR).",
                e
            );
        }
    }

    Socket Accept(Socket listener, Func<string> failure)
    {
        while (!Readable(listener, Left))
            if (clock.Elapsed >= options.JoinTimeout)
                throw new TimeoutException(
                    $"{failure()} within {options.JoinTimeout}: see what it wrote, or start it with the same MASTER_ADDR, MASTER_PORT and WORLD_SIZE."
                );
        return listener.Accept();
    }

    /// <summary>Tries until somebody listens there.</summary>
    Socket Connect(IPEndPoint place)
    {
        while (true)
        {
            var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                time.CancelAfter(Left);
                socket.ConnectAsync(place, time.Token).AsTask().GetAwaiter().GetResult();
                return socket;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                cancellation.ThrowIfCancellationRequested();
                if (clock.Elapsed >= options.JoinTimeout)
                    throw new TimeoutException(
                        $"rank {options.Rank} reached nobody at {place} within {options.JoinTimeout} ({e.Message}): start rank 0 there, or correct MASTER_ADDR and MASTER_PORT.",
                        e
                    );
                Thread.Sleep(pause);
            }
        }
    }

    /// <summary>Whether so many bytes came in time.</summary>
    bool Receive(Socket socket, Span<byte> bytes, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        while (bytes.Length > 0)
        {
            var left = time - clock.Elapsed;
            if (left <= TimeSpan.Zero)
                return false;
            if (!Readable(socket, left))
                continue;
            try
            {
                if (socket.Receive(bytes) is var count and > 0)
                    bytes = bytes[count..];
                else
                    return false;
            }
            catch (SocketException)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Whether something comes within a short while, at most the given one.</summary>
    bool Readable(Socket socket, TimeSpan most)
    {
        cancellation.ThrowIfCancellationRequested();
        return socket.Poll(most < pause ? most : pause, SelectMode.SelectRead);
    }
}
