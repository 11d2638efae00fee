using System.Net;
using System.Net.Sockets;
using Research.Randomness;
using Research.Training.Processes;
using TorchSharp;
using Xunit;
using static Core.Tests.Training.Processes.Groups;
using static TorchSharp.torch;

namespace Core.Tests.Training.Processes;

public sealed class ProcessGroupTests
{
    static double[] Values(int rank, int count, ulong seed = 1)
    {
        var random = new SeededRandom(seed + (ulong)rank);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)];
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 1)] // fewer elements than ranks
    [InlineData(3, 2)]
    [InlineData(4, 0)]
    [InlineData(5, 1003)]
    [InlineData(2, 100_000)] // more than the sockets hold: both sides send and receive at once
    public void Sums_are_the_sums_and_the_same_to_the_bit_on_every_rank(int world, int count)
    {
        foreach (var type in new[] { ScalarType.Float64, ScalarType.Float32, ScalarType.BFloat16, ScalarType.Int64 })
        {
            var sums = Run(
                world,
                group =>
                {
                    using var scope = NewDisposeScope();
                    var local = (torch.tensor(Values(group.Rank, count), [count]) * 100).to(type);
                    return Numbers(group.AllReduceSum(local));
                }
            );
            var expected = Enumerable.Range(0, count).Select(_ => 0.0).ToArray();
            for (var rank = 0; rank < world; rank++)
            {
                using var scope = NewDisposeScope();
                var part = Numbers((torch.tensor(Values(rank, count), [count]) * 100).to(type));
                expected = [.. expected.Zip(part, (a, b) => a + b)];
            }
            var tolerance = type switch
            {
                ScalarType.Float64 => 1e-12,
                ScalarType.Float32 => 1e-4,
                ScalarType.BFloat16 => 4,
                _ => 0,
            };
            foreach (var sum in sums)
            {
                Assert.True(sums[0].AsSpan().SequenceEqual(sum), $"{type}: ranks differ");
                Assert.All(sum.Zip(expected), p => Assert.Equal(p.Second, p.First, tolerance));
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Rows_are_gathered_in_the_order_of_ranks(int world)
    {
        var gathered = Run(
            world,
            group =>
            {
                using var scope = NewDisposeScope();
                var rows = torch.tensor(Values(group.Rank, 30_000), [100, 300]).t(); // strided, and larger than a socket's buffer
                var flags = torch.tensor(new[] { group.Rank == 1, true });
                var all = group.AllGather(rows);
                Assert.Equal([300 * world, 100], all.shape);
                Assert.Equal(
                    Enumerable.Range(0, world).SelectMany(r => new[] { r == 1 ? 1.0 : 0, 1 }),
                    Numbers(group.AllGather(flags))
                );
                return Numbers(all);
            }
        );
        using var scope = NewDisposeScope();
        var expected = Numbers(
            torch.cat([.. Enumerable.Range(0, world).Select(r => torch.tensor(Values(r, 30_000), [100, 300]).t())], 0)
        );
        Assert.All(gathered, all => Assert.True(expected.AsSpan().SequenceEqual(all)));
    }

    [Fact]
    public void Many_calls_in_a_row_stay_in_step_and_leave_no_tensors()
    {
        Run(
            3,
            group =>
            {
                using var scope = NewDisposeScope();
                for (var i = 0; i < 300; i++)
                {
                    using var inner = NewDisposeScope();
                    var sum = group.AllReduceSum(torch.full([2], (double)(i + group.Rank)));
                    Assert.Equal([3.0 * i + 3, 3.0 * i + 3], Numbers(sum));
                    Assert.Equal([i, i, i], Numbers(group.AllGather(torch.full([1], (double)i))));
                }
                Assert.Equal(0, scope.DisposablesCount);
                return 0;
            }
        );
    }

    [Fact]
    public void Other_calls_are_an_error_that_names_both()
    {
        var outcomes = Try(
            2,
            group =>
            {
                using var scope = NewDisposeScope();
                return group.Rank == 0
                    ? group.AllReduceSum(torch.zeros(3, 4)).numel()
                    : group.AllGather(torch.zeros(5, dtype: ScalarType.Float64)).numel();
            }
        );
        var first = Assert.IsType<InvalidOperationException>(outcomes[0].Error).Message;
        Assert.Contains("rank 0 makes AllReduceSum of Float32 [3, 4] as call 1", first);
        Assert.Contains("rank 1 makes AllGather of Float64 [5] as call 1", first);
        Assert.NotNull(outcomes[1].Error);
    }

    [Fact]
    public void A_member_that_leaves_is_named_and_the_group_is_closed()
    {
        var outcomes = Try(
            3,
            group =>
            {
                using var scope = NewDisposeScope();
                group.AllReduceSum(torch.ones(1));
                if (group.Rank == 1)
                    throw new FormatException("the second fails");
                try
                {
                    return group.AllReduceSum(torch.ones(1_000_000)).numel();
                }
                finally
                {
                    Assert.Throws<ObjectDisposedException>(() => group.AllGather(torch.ones(1)));
                }
            }
        );
        Assert.IsType<FormatException>(outcomes[1].Error);
        foreach (var rank in new[] { 0, 2 })
        {
            var error = Assert.IsType<IOException>(outcomes[rank].Error).Message;
            Assert.Matches($"rank {rank} lost rank [012] of 3", error);
            Assert.Contains("start all processes again", error);
        }
    }

    [Fact]
    public void A_member_that_does_not_answer_is_named()
    {
        var port = FreePort();
        using var done = new ManualResetEventSlim();
        var outcomes = Members(
            2,
            rank =>
            {
                using var group = ProcessGroup.Join(
                    Options(rank, 2, port) with
                    {
                        Timeout = TimeSpan.FromMilliseconds(200),
                    }
                );
                using var scope = NewDisposeScope();
                if (rank == 1)
                {
                    done.Wait(TimeSpan.FromSeconds(60));
                    return 0;
                }
                try
                {
                    return group.AllReduceSum(torch.ones(1)).numel();
                }
                finally
                {
                    done.Set();
                }
            }
        );
        Assert.Contains("waited for rank 1", Assert.IsType<IOException>(outcomes[0].Error).Message);
    }

    [Fact]
    public void Scalars_cannot_be_gathered_nor_booleans_added()
    {
        using var scope = NewDisposeScope();
        using var group = ProcessGroup.Join(new() { Rank = 0, World = 1 });
        Assert.Contains("unsqueeze", Assert.Throws<ArgumentException>(() => group.AllGather(torch.tensor(1f))).Message);
        Assert.Contains(
            "booleans",
            Assert.Throws<ArgumentException>(() => group.AllReduceSum(torch.tensor(new[] { true }))).Message
        );
    }

    [Fact]
    public void Who_is_missing_is_named()
    {
        var port = FreePort();
        var short_ = TimeSpan.FromMilliseconds(400);
        var outcomes = Members(
            2,
            rank =>
                ProcessGroup.Join(
                    Options(rank, 4, port) with
                    {
                        JoinTimeout = rank == 0 ? short_ : TimeSpan.FromSeconds(30),
                    }
                )
        );
        Assert.Contains("ranks 2, 3 of 4 did not come", Assert.IsType<TimeoutException>(outcomes[0].Error).Message);
        Assert.Contains("see what it wrote", Assert.IsType<IOException>(outcomes[1].Error).Message);
        var alone = Assert.Throws<TimeoutException>(() =>
            ProcessGroup.Join(Options(1, 2, FreePort()) with { JoinTimeout = short_ })
        );
        Assert.Contains("start rank 0 there", alone.Message);
    }

    [Fact]
    public void A_second_of_one_rank_and_one_of_another_group_are_refused_and_the_group_meets()
    {
        var port = FreePort();
        using var refused = new CountdownEvent(2);
        var outcomes = Members(
            5,
            member =>
            {
                var options = member switch
                {
                    3 => Options(1, 2, port), // of a group of two
                    4 => Options(1, 3, port), // a second rank 1
                    var rank => Options(rank, 3, port),
                };
                if (member == 2)
                    refused.Wait(TimeSpan.FromSeconds(30));
                try
                {
                    using var group = ProcessGroup.Join(options);
                    using var scope = NewDisposeScope();
                    return group.AllReduceSum(torch.ones(1)).item<float>();
                }
                catch (IOException)
                {
                    refused.Signal();
                    throw;
                }
            }
        );
        Assert.Equal((3f, 3f), (outcomes[0].Result, outcomes[2].Result));
        Assert.Contains("one of 2 processes", Assert.IsType<IOException>(outcomes[3].Error).Message);
        var (met, second) = outcomes[1].Error is null ? (outcomes[1], outcomes[4]) : (outcomes[4], outcomes[1]);
        Assert.Equal(3f, met.Result);
        Assert.Contains("same rank", Assert.IsType<IOException>(second.Error).Message);
    }

    [Fact]
    public void Strangers_on_the_port_are_passed_over()
    {
        var port = FreePort();
        using var said = new ManualResetEventSlim();
        var outcomes = Members(
            3,
            member =>
            {
                if (member == 2)
                {
                    var random = new SeededRandom(7);
                    for (var i = 0; i < 20; i++)
                        Say(port, [.. Enumerable.Range(0, i * 3).Select(_ => (byte)random.NextInt(256))]);
                    said.Set();
                    return 0;
                }
                if (member == 1)
                    said.Wait(TimeSpan.FromSeconds(30));
                using var group = ProcessGroup.Join(Options(member, 2, port));
                using var scope = NewDisposeScope();
                return group.AllReduceSum(torch.ones(1)).item<float>();
            }
        );
        Assert.Equal((2f, 2f), (outcomes[0].Result, outcomes[1].Result));
    }

    /// <summary>Waits until somebody listens.</summary>
    static void Say(int port, byte[] bytes)
    {
        for (var tries = 0; ; tries++)
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Connect(IPAddress.Loopback, port);
                socket.Send(bytes);
                return;
            }
            catch (SocketException) when (tries < 1000)
            {
                Thread.Sleep(10);
            }
    }

    [Fact]
    public void One_without_the_group_s_key_is_refused()
    {
        var port = FreePort();
        using var refused = new ManualResetEventSlim();
        var outcomes = Members(
            3,
            member =>
            {
                if (member == 1)
                    refused.Wait(TimeSpan.FromSeconds(30));
                try
                {
                    using var group = ProcessGroup.Join(
                        Options(Math.Min(member, 1), 2, port) with
                        {
                            Key = member == 2 ? "guessed" : "ours",
                        }
                    );
                    using var scope = NewDisposeScope();
                    return group.AllReduceSum(torch.ones(1)).item<float>();
                }
                catch (IOException)
                {
                    refused.Set();
                    throw;
                }
            }
        );
        Assert.Equal((2f, 2f), (outcomes[0].Result, outcomes[1].Result));
        Assert.Contains("RESEARCH_GROUP_KEY", Assert.IsType<IOException>(outcomes[2].Error).Message);
    }

    [Fact]
    public void A_key_is_not_written_into_text()
    {
        var text = (Options(1, 4, 2000) with { Key = "ours" }).ToString();
        Assert.Contains("rank 1 of 4", text);
        Assert.DoesNotContain("ours", text);
    }

    [Fact]
    public void Waiting_can_be_cancelled()
    {
        foreach (var rank in new[] { 0, 1 })
        {
            using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            Assert.ThrowsAny<OperationCanceledException>(() =>
                ProcessGroup.Join(Options(rank, 2, FreePort()), cancellation.Token)
            );
        }
    }

    [Fact]
    public void A_taken_port_and_an_unknown_host_are_errors_that_say_so()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        var error = Assert.Throws<IOException>(() => ProcessGroup.Join(Options(0, 2, port)));
        Assert.Contains($"cannot listen at 127.0.0.1:{port}", error.Message);
        Assert.Contains("MASTER_PORT", error.Message);
        var unknown = Options(0, 2, port) with { Address = "no-such-host.invalid" };
        Assert.Contains("no-such-host.invalid", Assert.Throws<IOException>(() => ProcessGroup.Join(unknown)).Message);
    }

    [Theory]
    [InlineData(0, 0, 29500, "WORLD_SIZE")]
    [InlineData(2, 2, 29500, "0 to 1")]
    [InlineData(-1, 2, 29500, "RANK")]
    [InlineData(1, 2, 0, "MASTER_PORT")]
    [InlineData(0, 2, 65536, "65536")]
    public void Settings_out_of_range_are_errors(int rank, int world, int port, string part)
    {
        var error = Assert.Throws<ArgumentException>(() => ProcessGroup.Join(Options(rank, world, port)));
        Assert.Contains(part, error.Message);
    }
}
