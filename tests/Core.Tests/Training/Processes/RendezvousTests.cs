using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Research.Randomness;
using Research.Training.Processes;
using TorchSharp;
using Xunit;
using static Core.Tests.Training.Processes.Groups;
using static TorchSharp.torch;

namespace Core.Tests.Training.Processes;

/// <summary>What strangers, impostors and recorded messages do to a group that forms.</summary>
public sealed partial class RendezvousTests
{
    const string Key = "4f6a0d";

    static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    static ProcessGroupOptions Keyed(int rank, int port, string key = Key) => Options(rank, 2, port) with { Key = key };

    /// <summary>What both ranks of a group sum, once it has formed on the port.</summary>
    static float[] Sums(int port, TimeSpan? joinTimeout = null)
    {
        var outcomes = Members(
            2,
            rank =>
            {
                using var group = ProcessGroup.Join(Keyed(rank, port) with { JoinTimeout = joinTimeout ?? patience });
                using var scope = NewDisposeScope();
                return group.AllReduceSum(torch.ones(1)).item<float>();
            }
        );
        foreach (var outcome in outcomes)
            Assert.Null(outcome.Error);
        return [.. outcomes.Select(o => o.Result)];
    }

    static Socket Connected(int port)
    {
        for (var tries = 0; ; tries++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(IPAddress.Loopback, port);
                return socket;
            }
            catch (SocketException) when (tries < 1000)
            {
                socket.Dispose();
                Thread.Sleep(10);
            }
        }
    }

    static Socket Listening(out int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        return socket;
    }

    /// <summary>Rank 0 waits, strangers connect and stay, then rank 1 comes.</summary>
    static void MeetsBeside(int strangers, Action<Socket> speak)
    {
        var port = FreePort();
        using var seated = new ManualResetEventSlim();
        var limit = TimeSpan.FromSeconds(20);
        var sockets = new List<Socket>();
        var outcomes = Members(
            3,
            member =>
            {
                if (member == 2)
                {
                    for (var i = 0; i < strangers; i++)
                    {
                        sockets.Add(Connected(port));
                        speak(sockets[^1]);
                    }
                    seated.Set();
                    return 0;
                }
                if (member == 1)
                    seated.Wait(patience);
                var clock = Stopwatch.StartNew();
                using var group = ProcessGroup.Join(Keyed(member, port) with { JoinTimeout = limit });
                using var scope = NewDisposeScope();
                Assert.Equal(2f, group.AllReduceSum(torch.ones(1)).item<float>());
                return member == 1 ? clock.Elapsed.TotalSeconds : 0;
            }
        );
        sockets.ForEach(s => s.Dispose());
        foreach (var outcome in outcomes)
            Assert.Null(outcome.Error);
        Assert.True(outcomes[1].Result < 4, $"rank 1 met rank 0 after {outcomes[1].Result:f1} s");
    }

    [Fact]
    public void Connections_that_say_nothing_keep_nobody_waiting() => MeetsBeside(20, _ => { });

    [Fact]
    public void More_of_them_than_are_kept_do_not_either() =>
        MeetsBeside(HandshakeListener.MostUnproven + 40, _ => { });

    [Fact]
    public void Those_that_stop_in_the_middle_or_talk_on_do_not_either()
    {
        var random = new SeededRandom(3);
        MeetsBeside(
            20,
            socket =>
            {
                var opening = new byte[random.NextInt(2 * Handshake.OpeningBytes)];
                "RESHPRG2"u8[..Math.Min(8, opening.Length)].CopyTo(opening);
                socket.Send(opening);
            }
        );
        MeetsBeside(
            5,
            socket =>
            {
                socket.SendTimeout = 50;
                try
                {
                    for (var i = 0; i < 100; i++) // more than any buffer takes, if nobody hangs up
                        socket.Send(new byte[1 << 20]);
                }
                catch (SocketException) { }
            }
        );
    }

    [Fact]
    public void The_time_limit_holds_though_strangers_keep_coming()
    {
        var port = FreePort();
        using var over = new ManualResetEventSlim();
        var clock = Stopwatch.StartNew();
        var outcomes = Members(
            2,
            member =>
            {
                if (member == 0)
                    try
                    {
                        ProcessGroup.Join(Keyed(0, port) with { JoinTimeout = TimeSpan.FromSeconds(1) }).Dispose();
                    }
                    finally
                    {
                        over.Set();
                    }
                while (!over.Wait(1))
                {
                    using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    try
                    {
                        socket.Connect(IPAddress.Loopback, port);
                        socket.Send("RESHPRG2 and something that is no nonce but long enough"u8);
                    }
                    catch (SocketException) { }
                }
                return 0;
            }
        );
        var error = Assert.IsType<TimeoutException>(outcomes[0].Error).Message;
        Assert.Contains("rank 1 of 2 did not come", error);
        Assert.Contains("did not prove that they have the group's key (RESEARCH_GROUP_KEY)", error);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"rank 0 gave up after {clock.Elapsed}");
    }

    [Fact]
    public void An_impostor_in_rank_0_s_place_sees_one_nonce_and_is_named()
    {
        var seen = new List<byte[]>();
        for (var i = 0; i < 2; i++)
        {
            using var impostor = Listening(out var port);
            var outcomes = Members(
                2,
                member =>
                {
                    if (member == 1)
                        return ProcessGroup.Join(Keyed(1, port)).Rank;
                    using var victim = impostor.Accept();
                    var answer = new byte[Handshake.ChallengeBytes]; // as rank 0's, by one that does not have the key
                    "RESHPRG2"u8.CopyTo(answer);
                    victim.Send(answer);
                    using var all = new MemoryStream();
                    using var stream = new NetworkStream(victim);
                    stream.CopyTo(all);
                    lock (seen)
                        seen.Add(all.ToArray());
                    return 0;
                }
            );
            Assert.Null(outcomes[0].Error);
            var error = Assert.IsType<IOException>(outcomes[1].Error).Message;
            Assert.Contains($"what listens at 127.0.0.1:{port} does not have this process's key", error);
            Assert.Contains("another program holds its port", error);
            Assert.DoesNotContain(Key, error);
        }
        Assert.All(seen, bytes => Assert.Equal(Handshake.OpeningBytes, bytes.Length));
        Assert.NotEqual(seen[0], seen[1]);
        Assert.All(seen, bytes => Assert.Equal("RESHPRG2", Encoding.ASCII.GetString(bytes, 0, 8)));
    }

    [Fact]
    public void What_listens_and_says_nothing_or_something_else_is_named()
    {
        using var mute = Listening(out var port);
        var silent = Assert.Throws<TimeoutException>(() =>
            ProcessGroup.Join(Keyed(1, port) with { JoinTimeout = TimeSpan.FromMilliseconds(400) })
        );
        Assert.Contains("did not answer as rank 0 does", silent.Message);
        using var other = Listening(out var web);
        var outcomes = Members(
            2,
            member =>
            {
                if (member == 1)
                    return ProcessGroup.Join(Keyed(1, web)).Rank;
                using var victim = other.Accept();
                victim.Send(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\n\r\n" + new string('.', 100)));
                victim.Receive(new byte[100]);
                return 0;
            }
        );
        Assert.Contains("is no rank 0 of a group", Assert.IsType<IOException>(outcomes[1].Error).Message);
    }

    [Theory]
    [InlineData("other")]
    [InlineData("")]
    public void A_wrong_key_is_an_error_of_both(string wrong)
    {
        foreach (var (first, second) in new[] { (Key, wrong), (wrong, Key) })
        {
            var port = FreePort();
            var outcomes = Members(
                2,
                rank =>
                    ProcessGroup
                        .Join(
                            Keyed(rank, port, rank == 0 ? first : second) with
                            {
                                JoinTimeout = TimeSpan.FromSeconds(2),
                            }
                        )
                        .Rank
            );
            Assert.Contains("RESEARCH_GROUP_KEY", Assert.IsType<TimeoutException>(outcomes[0].Error).Message);
            var error = Assert.IsType<IOException>(outcomes[1].Error).Message;
            Assert.Contains("does not have this process's key (RESEARCH_GROUP_KEY)", error);
        }
    }

    [Fact]
    public void Claims_and_lengths_beyond_all_bounds_are_refused_before_anything_is_made_of_them()
    {
        var port = FreePort();
        using var refused = new ManualResetEventSlim();
        var outcomes = Members(
            3,
            member =>
            {
                if (member == 2)
                {
                    foreach (
                        var claim in new MemberClaim[]
                        {
                            new(int.MaxValue, int.MaxValue, 1),
                            new(2, int.MinValue, 1),
                            new(2, int.MaxValue, 1),
                            new(2, 1, int.MaxValue),
                        }
                    )
                    {
                        using var insider = Handshake
                            .Connect(Connected(port), Encoding.UTF8.GetBytes(Key), claim.Write(), default)
                            .Result;
                        var answer = Welcome.Read(insider.Receive(Role.Listener, Welcome.Bytes, default).Result);
                        Assert.NotNull(answer.Refusal);
                    }
                    refused.Set();
                    return 0;
                }
                if (member == 1)
                    refused.Wait(patience);
                using var group = ProcessGroup.Join(Keyed(member, port));
                return 0;
            }
        );
        Assert.All(outcomes, o => Assert.Null(o.Error));

        using var scope = NewDisposeScope();
        var call = CollectiveCall.Of(7, CollectiveKind.AllGather, torch.zeros(3, 4));
        var bytes = call.Write();
        Assert.Equal(call.ToString(), CollectiveCall.Read(bytes)!.ToString());
        foreach (var dimensions in new[] { -1, 9, int.MaxValue, int.MinValue })
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), dimensions);
            Assert.Null(CollectiveCall.Read(bytes));
        }
    }

    [Fact]
    public void A_group_forms_again_on_a_port_that_one_has_just_left()
    {
        var port = FreePort();
        for (var i = 0; i < 5; i++)
            Assert.Equal([2f, 2f], Sums(port));
    }
}
