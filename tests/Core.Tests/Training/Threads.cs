using Research.Objectives;
using static TorchSharp.torch;

namespace Core.Tests.Training;

/// <summary>Processes as threads of this one.</summary>
sealed class Threads(int world) : IDisposable
{
    readonly Barrier barrier = new(world);
    readonly Tensor?[] given = new Tensor?[world];

    public ICollective Rank(int rank) => new Member(this, rank, world);

    Tensor Exchange(int rank, Tensor local, Func<Tensor[], Tensor> combine)
    {
        given[rank] = local;
        Wait();
        var result = combine([.. given.Select(g => g!)]);
        Wait();
        return result;
    }

    void Wait()
    {
        if (!barrier.SignalAndWait(TimeSpan.FromSeconds(60)))
            throw new TimeoutException("another process did not come");
    }

    public void Dispose() => barrier.Dispose();

    sealed class Member(Threads all, int rank, int world) : ICollective
    {
        public int Rank => rank;
        public int World => world;

        public Tensor AllGather(Tensor local) => all.Exchange(rank, local, parts => cat(parts, 0));

        public Tensor AllReduceSum(Tensor local) =>
            all.Exchange(
                rank,
                local,
                parts => parts.Aggregate((Tensor?)null, (sum, p) => sum is null ? p.clone() : sum + p)!
            );
    }
}
