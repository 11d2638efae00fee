using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;

namespace Research.Training.Processes;

/// <summary>
/// How the processes of a group find each other. Rank 0 listens where all know; every other rank listens on a port of the system's choice,
/// tells rank 0 which, and hears from it where the rank above it listens, and the group's random name. Then each connects to the rank
/// above it, by a secret that the key and the name give. Both sides of every connection prove that they have the secret
/// (<see cref="Handshake"/>), and everything that follows carries a tag. Who cannot prove it is passed over; the time limit holds for all.
/// </summary>
sealed class Rendezvous(ProcessGroupOptions options, CancellationToken cancellation)
{
    static readonly TimeSpan pause = TimeSpan.FromMilliseconds(20); // before the next try to reach rank 0
    readonly byte[] key = Encoding.UTF8.GetBytes(options.Key);
    Func<string> late = () => ""; // what to say once the time is over

    string Place => $"{options.Address}:{options.Port}";

    int RankAbove => (options.Rank + 1) % options.World;

    int RankBelow => (options.Rank + options.World - 1) % options.World;

    /// <exception cref="TimeoutException">Not all came in time; the message names who is missing.</exception>
    /// <exception cref="IOException">The port is taken, the host unknown, rank 0 refuses this process, or another one went away.</exception>
    public RingLink Join(Action<int>? listening)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        time.CancelAfter(options.JoinTimeout);
        var token = time.Token;
        try
        {
            if (options.Rank > 0)
                return Task.Run(() => Come(token)).GetAwaiter().GetResult();
            using var door = new HandshakeListener(Listen(Resolve(), options.Port), key, MemberClaim.Bytes);
            listening?.Invoke(door.Port);
            return Task.Run(() => Gather(door, token)).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException e)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new TimeoutException(late(), e);
        }
        catch (Exception e)
            when (e is SocketException or EndOfStreamException or InvalidDataException or AuthenticationException)
        {
            throw new IOException(
                $"rank {options.Rank}: a process of the group went away before all {options.World} had met at {Place} ({e.Message}); start all of them again.",
                e
            );
        }
    }

    /// <summary>Rank 0's part.</summary>
    async Task<RingLink> Gather(HandshakeListener door, CancellationToken token)
    {
        var group = Guid.NewGuid();
        using var ring = new HandshakeListener(Listen(Resolve(), 0), RingSecret(group), NeighbourClaim.Bytes);
        var members = new (AuthenticatedConnection Connection, IPEndPoint Listens)?[options.World];
        late = () => NotAllCame(Missing(members), door.Refused);
        try
        {
            while (Missing(members).Length > 0)
            {
                var (connection, bytes) = await door.Next(token);
                var claim = MemberClaim.Read(bytes);
                if (Refusal(claim, members) is { } refusal)
                    await Refuse(connection, refusal, token);
                else
                    members[claim.Rank] = (connection, new(connection.RemoteAddress, claim.Port));
            }
            door.Dispose();
            for (var rank = 1; rank < options.World; rank++)
            {
                var connection = members[rank]!.Value.Connection;
                var above =
                    rank + 1 < options.World
                        ? members[rank + 1]!.Value.Listens
                        : new(connection.LocalAddress, ring.Port);
                await connection.Send(Role.Listener, new Welcome(group, above, null).Write(), token);
            }
            return await Meet(ring, group, members[1]!.Value.Listens, token);
        }
        finally
        {
            foreach (var member in members)
                member?.Connection.Dispose();
        }
    }

    /// <summary>Every other rank's part.</summary>
    async Task<RingLink> Come(CancellationToken token)
    {
        var socket = await Reach(new(Resolve(), options.Port), token);
        // The ring's secret is not known yet, but a neighbour that knows it may come first: it waits in the socket's queue.
        using var waiting = Listen(((IPEndPoint)socket.LocalEndPoint!).Address, 0);
        var claim = new MemberClaim(options.World, options.Rank, ((IPEndPoint)waiting.LocalEndPoint!).Port);
        using var connection = await Prove(socket, claim, token);
        var welcome = await AwaitWelcome(connection, token);
        if (welcome.Refusal is { } refusal)
            throw new IOException($"rank {options.Rank} was refused by rank 0 at {Place}: {refusal}");
        using var ring = new HandshakeListener(waiting, RingSecret(welcome.Group), NeighbourClaim.Bytes);
        return await Meet(ring, welcome.Group, welcome.Above!, token);
    }

    async Task<AuthenticatedConnection> Prove(Socket socket, MemberClaim claim, CancellationToken token)
    {
        late = () =>
            $"rank {options.Rank}: what listens at {Place} did not answer as rank 0 does within {options.JoinTimeout}: another program holds the port; correct MASTER_ADDR and MASTER_PORT.";
        try
        {
            return await Handshake.Connect(socket, key, claim.Write(), token);
        }
        catch (AuthenticationException e)
        {
            throw new IOException(
                $"rank {options.Rank}: what listens at {Place} does not have this process's key ({ProcessGroupOptions.KeyVariable}): rank 0 was started with another, or another program holds its port. The key was not shown to it.",
                e
            );
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException or InvalidDataException)
        {
            throw new IOException(
                $"rank {options.Rank}: what listens at {Place} is no rank 0 of a group, or went away ({e.Message}); see what rank 0 wrote, or correct MASTER_ADDR and MASTER_PORT.",
                e
            );
        }
    }

    async Task<Welcome> AwaitWelcome(AuthenticatedConnection connection, CancellationToken token)
    {
        late = () =>
            $"rank {options.Rank}: not all {options.World} processes came to {Place} within {options.JoinTimeout}; rank 0 says which.";
        try
        {
            return Welcome.Read(await connection.Receive(Role.Listener, Welcome.Bytes, token));
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException)
        {
            throw new IOException(
                $"rank {options.Rank}: rank 0 at {Place} (MASTER_ADDR, MASTER_PORT) went away before all {options.World} processes had come ({e.Message}); see what it wrote.",
                e
            );
        }
    }

    /// <summary>Connects to the rank above while it waits for the one below.</summary>
    async Task<RingLink> Meet(HandshakeListener listener, Guid group, IPEndPoint above, CancellationToken token)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(token);
        var right = ConnectAbove(group, above, both.Token);
        var left = AcceptBelow(listener, both.Token);
        late = () =>
            left.IsCompletedSuccessfully
                ? $"rank {RankAbove} did not answer rank {options.Rank} at {above} within {options.JoinTimeout}: see what it wrote."
                : $"rank {RankBelow} did not connect to rank {options.Rank} within {options.JoinTimeout}: see what it wrote.";
        try
        {
            if (!(await Task.WhenAny(right, left)).IsCompletedSuccessfully)
                await both.CancelAsync();
            await Task.WhenAll(right, left);
            return new(left.Result, right.Result, options.Rank, options.World, options.Timeout);
        }
        catch
        {
            await both.CancelAsync();
            foreach (var side in new[] { right, left })
                if (side.IsCompletedSuccessfully)
                    side.Result.Dispose();
            throw;
        }
    }

    async Task<AuthenticatedConnection> ConnectAbove(Guid group, IPEndPoint above, CancellationToken token)
    {
        var socket = await Connect(above, token);
        return await Handshake.Connect(socket, RingSecret(group), new NeighbourClaim(options.Rank).Write(), token);
    }

    async Task<AuthenticatedConnection> AcceptBelow(HandshakeListener listener, CancellationToken token)
    {
        while (true)
        {
            var (connection, claim) = await listener.Next(token);
            if (NeighbourClaim.Read(claim).Rank == RankBelow)
                return connection;
            connection.Dispose();
        }
    }

    /// <summary>Of this group alone, though others may have the same key.</summary>
    byte[] RingSecret(Guid group) => Wire.Hmac(key, [.. "ring"u8, .. group.ToByteArray()]);

    string? Refusal(MemberClaim claim, (AuthenticatedConnection, IPEndPoint)?[] members) =>
        claim.World != options.World
            ? $"it is one of {claim.World} processes (WORLD_SIZE), but the group has {options.World}"
        : claim.Rank < 1 || claim.Rank >= options.World ? $"ranks (RANK) other than rank 0 are 1 to {options.World - 1}"
        : members[claim.Rank] is not null ? "another process came with the same rank (RANK)"
        : claim.Port is < 1 or > IPEndPoint.MaxPort ? $"its port is {claim.Port}"
        : null;

    static async Task Refuse(AuthenticatedConnection connection, string refusal, CancellationToken token)
    {
        try
        {
            await connection.Send(Role.Listener, new Welcome(default, null, refusal).Write(), token);
        }
        catch (SocketException) { } // it does not wait to hear why
        finally
        {
            connection.Dispose();
        }
    }

    string NotAllCame(int[] missing, int refused) =>
        $"rank{(missing.Length > 1 ? "s" : "")} {string.Join(", ", missing)} of {options.World} did not come to {Place} within {options.JoinTimeout}: see what it wrote, or start it with the same MASTER_ADDR, MASTER_PORT and WORLD_SIZE."
        + (
            refused == 0
                ? ""
                : $" Connections that did not prove that they have the group's key ({ProcessGroupOptions.KeyVariable}): {refused}."
        );

    static int[] Missing((AuthenticatedConnection, IPEndPoint)?[] members) =>
        [.. Enumerable.Range(1, members.Length - 1).Where(r => members[r] is null)];

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

    /// <summary>Tries until somebody listens there.</summary>
    async Task<Socket> Reach(IPEndPoint place, CancellationToken token)
    {
        var why = "nothing answered";
        late = () =>
            $"rank {options.Rank} reached nobody at {place} within {options.JoinTimeout} ({why}): start rank 0 there, or correct MASTER_ADDR and MASTER_PORT.";
        while (true)
        {
            try
            {
                return await Connect(place, token);
            }
            catch (SocketException e)
            {
                why = e.Message;
                await Task.Delay(pause, token);
            }
        }
    }

    static async Task<Socket> Connect(IPEndPoint place, CancellationToken token)
    {
        var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(place, token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
