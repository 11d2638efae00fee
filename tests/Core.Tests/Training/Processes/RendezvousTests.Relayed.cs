using System.Net.Sockets;
using System.Text;
using Research.Training.Processes;
using TorchSharp;
using Xunit;
using static Core.Tests.Training.Processes.Groups;
using static TorchSharp.torch;

namespace Core.Tests.Training.Processes;

/// <summary>Through a relay that records and changes: nothing of it is taken for the other side.</summary>
public sealed partial class RendezvousTests
{
    /// <summary>Everything that went each way through a relay in front of the port.</summary>
    sealed class Relay : IDisposable
    {
        readonly Socket listener;
        readonly List<Task> copies = [];
        public readonly MemoryStream FromConnector = new();
        public readonly MemoryStream FromListener = new();
        public readonly int Port;

        /// <param name="target">The port behind the relay.</param>
        /// <param name="flip">The byte of what the connector says that is changed on the way.</param>
        public Relay(int target, int flip = -1)
        {
            listener = Listening(out Port);
            copies.Add(
                Task.Run(() =>
                {
                    var front = listener.Accept();
                    var back = Connected(target);
                    var answers = Task.Run(() => Copy(back, front, FromListener, -1));
                    Copy(front, back, FromConnector, flip);
                    answers.Wait();
                    front.Dispose();
                    back.Dispose();
                })
            );
        }

        static void Copy(Socket from, Socket to, MemoryStream record, int flip)
        {
            var bytes = new byte[1 << 16];
            try
            {
                while (from.Receive(bytes) is var count and > 0)
                {
                    var place = flip - (int)record.Length;
                    if (place >= 0 && place < count)
                        bytes[place] ^= 1;
                    record.Write(bytes, 0, count);
                    to.Send(bytes.AsSpan(0, count));
                }
                to.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException) { }
        }

        public void Wait() => Assert.True(Task.WaitAll([.. copies], patience));

        public void Dispose() => listener.Dispose();
    }

    [Fact]
    public void A_recorded_member_is_refused_and_so_is_a_recorded_rank_0()
    {
        var port = FreePort();
        using var relay = new Relay(port);
        var outcomes = Members(
            2,
            rank =>
            {
                using var group = ProcessGroup.Join(Keyed(rank, rank == 0 ? port : relay.Port));
                return 0;
            }
        );
        Assert.All(outcomes, o => Assert.Null(o.Error));
        relay.Wait();
        var (member, rank0) = (relay.FromConnector.ToArray(), relay.FromListener.ToArray());
        Assert.Equal(Handshake.OpeningBytes + MemberClaim.Bytes + AuthenticatedConnection.TagBytes, member.Length);
        Assert.Equal(Handshake.ChallengeBytes + Welcome.Bytes + AuthenticatedConnection.TagBytes, rank0.Length);

        // The recorded member, to a rank 0 with the same key: it does not get rank 1's place.
        var second = FreePort();
        using var replayed = new ManualResetEventSlim();
        var again = Members(
            3,
            member_ =>
            {
                if (member_ == 2)
                {
                    using var thief = Connected(second);
                    thief.Send(member);
                    using var all = new MemoryStream();
                    using var stream = new NetworkStream(thief);
                    try
                    {
                        stream.CopyTo(all);
                    }
                    catch (IOException) { }
                    replayed.Set();
                    return all.Length;
                }
                if (member_ == 1)
                    replayed.Wait(patience);
                using var group = ProcessGroup.Join(Keyed(member_, second));
                return 0;
            }
        );
        Assert.All(again, o => Assert.Null(o.Error));
        Assert.True(again[2].Result <= Handshake.ChallengeBytes, "the recorded member was welcomed");

        // The recorded rank 0, to a member with the same key.
        using var impostor = Listening(out var third);
        var victims = Members(
            2,
            side =>
            {
                if (side == 1)
                    return ProcessGroup.Join(Keyed(1, third)).Rank;
                using var victim = impostor.Accept();
                victim.Send(rank0);
                victim.Receive(new byte[1000]);
                return 0;
            }
        );
        Assert.Contains("does not have this process's key", Assert.IsType<IOException>(victims[1].Error).Message);
    }

    [Theory]
    [InlineData(Handshake.OpeningBytes - 1)] // the nonce
    [InlineData(Handshake.OpeningBytes + 4)] // the claim's rank
    [InlineData(Handshake.OpeningBytes + 8)] // its port
    public void A_handshake_changed_on_the_way_is_refused(int flip)
    {
        var port = FreePort();
        using var relay = new Relay(port, flip);
        var outcomes = Members(
            2,
            rank =>
                ProcessGroup
                    .Join(
                        Keyed(rank, rank == 0 ? port : relay.Port) with
                        {
                            JoinTimeout = TimeSpan.FromSeconds(rank == 0 ? 5 : 60),
                        }
                    )
                    .Rank
        );
        Assert.Contains("rank 1 of 2 did not come", Assert.IsType<TimeoutException>(outcomes[0].Error).Message);
        Assert.IsType<IOException>(outcomes[1].Error);
    }

    [Theory]
    [InlineData(0)] // the first message
    [InlineData(200_000)] // among the tensor's
    [InlineData(300_000 + 16)] // a later one's, or its tag
    public void Data_changed_on_the_way_are_an_error_and_never_a_sum(int flip)
    {
        var handshake = Handshake.OpeningBytes + NeighbourClaim.Bytes + AuthenticatedConnection.TagBytes;
        var (left, right) = (Pair(-1), Pair(handshake + flip));
        using RingLink first = new(left.Listener, right.Connector, 0, 2, patience),
            second = new(right.Listener, left.Connector, 1, 2, patience);
        var links = new[] { first, second };
        var received = Members(
            2,
            rank =>
            {
                using var scope = NewDisposeScope();
                var (sent, come) = (torch.full([100_000], rank + 1f), torch.zeros(100_000));
                links[rank].Exchange(sent, come);
                return Numbers(come).Distinct().ToArray();
            }
        );
        Assert.True(received[0].Error is IOException || received[0].Result is [2.0]); // it may see the other's end
        Assert.Contains(
            "rank 1 received data with a wrong tag in the place of rank 0's",
            Assert.IsType<IOException>(received[1].Error).Message
        );
    }

    /// <summary>The two ends of a connection through a relay.</summary>
    static (AuthenticatedConnection Connector, AuthenticatedConnection Listener) Pair(int flip)
    {
        var secret = Encoding.UTF8.GetBytes(Key);
        using var listening = new HandshakeListener(Listening(out _), secret, NeighbourClaim.Bytes);
        using var relay = new Relay(listening.Port, flip);
        var connector = Handshake.Connect(Connected(relay.Port), secret, new NeighbourClaim(1).Write(), default);
        var (listener, claim) = listening.Next(default).Result;
        Assert.Equal(1, NeighbourClaim.Read(claim).Rank);
        return (connector.Result, listener);
    }

    [Fact]
    public void Data_repeated_left_out_or_of_another_connection_have_a_wrong_tag()
    {
        byte[] key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)],
            message = [1, 2, 3];
        using MessageTags sender = new(key),
            receiver = new(key),
            late = new(key),
            stranger = new([.. key.Reverse()]);
        byte[] first = new byte[MessageTags.Bytes],
            second = new byte[MessageTags.Bytes];
        sender.Write(message, first);
        sender.Write(message, second);
        Assert.NotEqual(first, second);
        Assert.True(receiver.IsRight(message, first));
        Assert.False(receiver.IsRight(message, first)); // repeated
        Assert.False(late.IsRight(message, second)); // the first was left out
        Assert.False(stranger.IsRight(message, first));
    }
}
