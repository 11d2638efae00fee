using System.Net;
using System.Net.Sockets;
using Research.Training.Processes;
using static TorchSharp.torch;

namespace Core.Tests.Training.Processes;

/// <summary>Groups of processes whose members are threads of this one: real connections, without the start of real processes.</summary>
static class Groups
{
    /// <summary>A port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Settings of a member that lose no time where something is wrong.</summary>
    public static ProcessGroupOptions Options(int rank, int world, int port) =>
        new()
        {
            Rank = rank,
            World = world,
            Port = port,
            JoinTimeout = TimeSpan.FromSeconds(30),
            Timeout = TimeSpan.FromSeconds(60),
        };

    /// <summary>What each rank's work gives, or throws; its tensors belong to no scope.</summary>
    public static (T? Result, Exception? Error)[] Try<T>(int world, Func<ProcessGroup, T> work)
    {
        var port = new TaskCompletionSource<int>();
        return Members(
            world,
            rank =>
            {
                using var group = ProcessGroup.Join(
                    Options(rank, world, rank == 0 ? 0 : port.Task.Result),
                    listening: port.SetResult
                );
                return work(group);
            }
        );
    }

    /// <inheritdoc cref="Try"/>
    public static (T? Result, Exception? Error)[] Members<T>(int world, Func<int, T> work)
    {
        var results = new (T?, Exception?)[world];
        var threads = Enumerable
            .Range(0, world)
            .Select(rank => new Thread(() =>
            {
                try
                {
                    results[rank] = (work(rank), null);
                }
                catch (Exception e)
                {
                    results[rank] = (default, e);
                }
            }))
            .ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        return results;
    }

    /// <summary>What each rank's work gives; fails where one does.</summary>
    public static T[] Run<T>(int world, Func<ProcessGroup, T> work)
    {
        var results = Try(world, work);
        var errors = results.Select(r => r.Error).OfType<Exception>().ToArray();
        return errors.Length == 0 ? [.. results.Select(r => r.Result!)] : throw new AggregateException(errors);
    }

    /// <summary>The elements of a tensor, as float64.</summary>
    public static double[] Numbers(Tensor x) => x.to(ScalarType.Float64).reshape(-1).data<double>().ToArray();
}
