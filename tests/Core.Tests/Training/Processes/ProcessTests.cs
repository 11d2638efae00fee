using System.Diagnostics;
using Research.Engine;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Core.Tests.Training.Processes;

/// <summary>Real processes that train together, as torchrun would start them.</summary>
public sealed class ProcessTests
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(120);

    /// <summary>Processes of one group; all are ended with it.</summary>
    sealed class Started : IDisposable
    {
        readonly Process[] processes;
        readonly Task<string>[] errors;

        public Started(int world, string folder)
        {
            var port = Groups.FreePort();
            processes = [.. Enumerable.Range(0, world).Select(rank => Start(rank, world, port, folder))];
            errors = [.. processes.Select(p => p.StandardError.ReadToEndAsync())];
        }

        static Process Start(int rank, int world, int port, string folder)
        {
            var start = new ProcessStartInfo("dotnet")
            {
                ArgumentList = { typeof(ProcessTests).Assembly.Location, folder },
                RedirectStandardError = true,
            };
            start.Environment["RANK"] = $"{rank}";
            start.Environment["WORLD_SIZE"] = $"{world}";
            start.Environment["MASTER_PORT"] = $"{port}";
            start.Environment["OMP_NUM_THREADS"] = "1";
            return Process.Start(start)!;
        }

        public void Kill(int rank) => processes[rank].Kill();

        /// <summary>The exit code and what was written to standard error.</summary>
        public (int Code, string Error) End(int rank)
        {
            Assert.True(processes[rank].WaitForExit(patience), $"rank {rank} did not end within {patience}");
            return (processes[rank].ExitCode, errors[rank].Result);
        }

        public void Dispose()
        {
            foreach (var process in processes)
            {
                if (!process.HasExited)
                    process.Kill();
                process.Dispose();
            }
        }
    }

    static void Complete(int world, string folder)
    {
        using var group = new Started(world, folder);
        for (var rank = 0; rank < world; rank++)
            Assert.Equal((0, ""), group.End(rank));
    }

    static void AssertEqual(string a, string b, double tolerance)
    {
        using var scope = NewDisposeScope();
        var (left, right) = (Safetensors.Load(a), Safetensors.Load(b));
        Assert.Equal(left.Keys.Order(), right.Keys.Order());
        foreach (var (name, tensor) in left)
        {
            var error = (tensor - right[name]).abs().max().to(ScalarType.Float64).item<double>();
            Assert.True(error <= tolerance, $"{name} is off by {error:g3}");
        }
    }

    static string Weights(TemporaryFolder folder, int rank) =>
        Path.Combine(folder.Path, string.Format(null, MemberProcess.Weights, rank));

    [Fact]
    public void They_train_one_model_and_resume_exactly_when_one_of_them_is_killed()
    {
        using TemporaryFolder whole = new(),
            killed = new();
        Complete(2, whole.Path);
        AssertEqual(Weights(whole, 0), Weights(whole, 1), 0);

        File.WriteAllText(Path.Combine(killed.Path, MemberProcess.Slow), "");
        using (var group = new Started(2, killed.Path))
        {
            var clock = Stopwatch.StartNew();
            while (!File.Exists(Path.Combine(killed.Path, string.Format(null, MemberProcess.Progress, 5))))
            {
                Assert.True(clock.Elapsed < patience, "the group did not come to step 5");
                Thread.Sleep(20);
            }
            group.Kill(1);
            var (code, error) = group.End(0);
            Assert.Equal(1, code);
            Assert.Contains("rank 0 lost rank 1 of 2", error);
            Assert.Contains("resume from the last checkpoint", error);
        }
        Assert.False(File.Exists(Weights(killed, 0)));
        File.Delete(Path.Combine(killed.Path, MemberProcess.Slow));
        Complete(2, killed.Path);
        AssertEqual(Weights(whole, 0), Weights(killed, 0), 0);
        AssertEqual(Weights(whole, 0), Weights(killed, 1), 0);
    }
}
